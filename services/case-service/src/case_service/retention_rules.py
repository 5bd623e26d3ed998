"""The retention rules in force, from the data that come with the service.

A file never changes once it is released: other rules come as a new file with the next version, and the worker then
works out anew until when every case is kept.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Final

from case_service.domain.retention import Rules

_IN_FORCE: Final = 1


@cache
def rules_in_force() -> Rules:
    """Return the rules; the file is read once for a process."""
    document = files("case_service").joinpath(f"data/retention-rules-{_IN_FORCE}.json").read_text("utf-8")
    return Rules.of(json.loads(document))
