"""Until when a case is kept, worked out anew with every change of it and when the rules change."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from forkant_kit.audit.record import Actor, Entry, record
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.domain.attempt import Decision
from case_service.domain.moments import local_day
from case_service.domain.retention import Retention, Rules, retention_of
from case_service.domain.standing import ENDED_STATES
from case_service.retention_rules import rules_in_force
from case_service.settings import SERVICE
from case_service.store import retention as store
from case_service.store.cases import Loaded

AT_A_TIME: Final = 500
"""How many cases one transaction of the worker works out anew."""
_CODES: Final = ("case_type", "age_band", "purpose_code")


def columns_of(retention: Retention) -> dict[str, object]:
    """Return what the case row says of its retention."""
    return {
        "retention_until": retention.until,
        "retention_rule": retention.rule,
        "retention_rules_version": retention.rules_version,
    }


def after_change(
    loaded: Loaded, decision: Decision, columns: Mapping[str, object], *, at: datetime
) -> dict[str, object]:
    """Return what a change makes of the end of a case and of its retention, whatever the change is.

    Args:
        loaded: the case before.
        decision: what was decided.
        columns: what the change writes besides; a code or a floor in it counts.
        at: when it happened.
    """
    state, before = decision.case.state, loaded.kept
    ends, had_ended = state in ENDED_STATES, before.state in ENDED_STATES
    ended_at = (loaded.ended_at if had_ended else at) if ends else None
    reopened_at = at if had_ended and not ends else loaded.reopened_at
    why = columns.get("close_reason") or columns.get("reject_reason") or (before.reason if had_ended else None)
    given: dict[str, Any] = {name: columns[name] for name in _CODES if name in columns}
    if "retention_floor" in columns:
        given["floor"] = columns["retention_floor"]
    kept = replace(
        before,
        **given,
        state=state,
        reason=str(why) if ends and why is not None else None,
        began_on=local_day(reopened_at or loaded.opened_at),
        ended_on=None if ended_at is None else local_day(ended_at),
    )
    moments = {"ended_at": ended_at, "reopened_at": reopened_at}
    forgotten = {} if ends else {"reject_reason": None}
    return moments | forgotten | columns_of(retention_of(rules_in_force(), kept))


async def recalculate(conn: AsyncConnection, rules: Rules) -> int:
    """Work out anew until when some cases are kept that other rules were asked about; return how many were found.

    A case that somebody changes meanwhile is left to that change, which asks the rules itself. No event tells of it and
    nobody's hold on the case is lost: nothing changed that anybody wrote.
    """
    found = await store.of_other_rules(conn, version=rules.version, limit=AT_A_TIME)
    if not found:
        return 0
    changed = await store.set_all(conn, [(case, retention_of(rules, case.kept)) for case in found])
    by_unit: dict[str, list[UUID]] = defaultdict(list)
    for case in found:
        if case.id in changed:
            by_unit[case.unit].append(case.id)
    await _audit(conn, by_unit)
    return len(found)


async def _audit(conn: AsyncConnection, by_unit: Mapping[str, Sequence[UUID]]) -> None:
    for unit, ids in sorted(by_unit.items()):
        entry = Entry(action="case.recalculate_retention", object_kind="case", object_ids=ids)
        await record(conn, Actor(subject=SERVICE, client_id=SERVICE, unit=unit, roles=()), entry)
