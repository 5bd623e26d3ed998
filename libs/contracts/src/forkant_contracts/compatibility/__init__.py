"""Whether a change of an event breaks a reader or an event of any released version.

``rules`` holds the table of rules, ``compare`` compares two versions of one event type, ``history`` all versions ever
released with today's models. Everything here is pure: schemas go in, broken rules come out.
"""

from forkant_contracts.compatibility.compare import compare, lint
from forkant_contracts.compatibility.history import check_history
from forkant_contracts.compatibility.names import SchemaName
from forkant_contracts.compatibility.rules import RULES, Protects, Rule, Violation

__all__ = ["RULES", "Protects", "Rule", "SchemaName", "Violation", "check_history", "compare", "lint"]
