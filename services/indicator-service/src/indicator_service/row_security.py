"""What the database is told of the caller, for row-level security below :mod:`indicator_service.policy`."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from forkant_kit.rls.stance import Stance

from indicator_service.aggregation.snapshot import Reader
from indicator_service.steering.context import Context

FREE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "alembic_version": "names a revision, which may be read and not changed",
        "consumer_offset": "how far topics are read: counts of records and moments, which an API only reads",
        "metric_change": (
            "in which district figures changed, and no figure: every stream is told; an API reads, and adds when it "
            "changes what figures rest on"
        ),
        "generation": "numbers and states of projections, and no figure: answers go by the live one; an API only reads",
        "uncounted_metric": "names of metrics and no figure: answers say what is not counted yet; an API only reads",
        "unit_change": (
            "what became of units, which everybody may know, and no figure; the worker adds, and an API only reads"
        ),
        "watch_round": "how far the figures were judged, without one; the worker's alone",
        "plan_watch": "which units were told of a missing or ending plan, no secret; the worker's alone",
        "plan_round": "until which day plans were looked at; the worker's alone",
        "self_audit": "how far the self-audit has come, and how many it compared, of no unit; an API only reads",
        "outbox": "events under way to Kafka; an API puts some there and never looks, the rest is the worker's alone",
        "relay_lease": "no data of figures; the worker's alone",
        "relay_member": "no data of figures; the worker's alone",
        "audit_entry": "only grows; which of it is shown is the audit route's to say, since an auditor may ask for all",
        "audit_link": "hashes alone; only grows",
        "audit_chain": "a hash and a position; only goes on",
        "audit_checkpoint": "hashes and counts of months that went; nobody but their function writes",
    }
)
"""Tables without row-level security, each with the reason why it needs none."""

EVERY_DISTRICT: Final = Stance({"districts": "all"})
"""Of a transaction that needs all figures: what is hidden of one district depends on the others."""


def importing(*, subject: str, unit: str, national: bool) -> Stance:
    """Return what the transaction of an import tells the database.

    Args:
        subject: whose answers to idempotency keys are there.
        unit: whose figures may be imported.
        national: whether those of every unit may be.
    """
    districts = "all" if national else "own"
    return Stance({"districts": districts, "unit": unit, "imports": "on", "subject": subject})


def stance(reader: Reader, *, units: Collection[str] | None) -> Stance:
    """Return what a caller's transaction tells the database.

    Args:
        reader: who asks.
        units: whose figures the answer is made from; None: of all. The database shows the reader's own alone when these
            are all.
    """
    own = units is not None and set(units) <= {reader.unit}
    return Stance({"districts": "own", "unit": reader.unit}) if own else EVERY_DISTRICT


def steering_stance(context: Context) -> Stance:
    """Return what the transaction of somebody who steers, or reads targets and plans, tells the database.

    What one may change is the policy table's to say; the database holds leads to their own unit.
    """
    return Stance(
        {
            "districts": "all" if context.national else "own",
            "unit": context.unit,
            "subject": context.subject,
            "steers": "all" if context.national else "own",
        }
    )


def looking_behind(reader: Reader, *, unit: str) -> Stance:
    """Return what the transaction of somebody who looks behind the figures of a unit tells the database."""
    return Stance({**stance(reader, units=[unit]).settings, "looks_behind": "on"})


def comparing_stance(context: Context) -> Stance:
    """Return what the transaction of a comparison tells the database: it rests on the figures of all units.

    What of it the caller is shown, the answer says; what they may steer is as elsewhere.
    """
    return Stance({**steering_stance(context).settings, "districts": "all"})
