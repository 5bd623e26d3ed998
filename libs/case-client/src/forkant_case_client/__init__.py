"""Typed client of the case service: every operation of its API as a method, every body and answer as a model.

``operations`` and ``models`` are generated from the service's API description; see the README.
"""

from forkant_case_client.answers import Answer, Part, RefusedError
from forkant_case_client.operations import CaseService
from forkant_case_client.transport import Token, Transport

__all__ = ["Answer", "CaseService", "Part", "RefusedError", "Token", "Transport"]
