"""Routes of retention: the rules, and the cases whose last day is near or past."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from forkant_contracts.codes import CaseState
from forkant_kit.auth import Principal
from forkant_kit.policy import requires
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import paging
from case_service.api.calls import Call, reading
from case_service.api.description import operation_id
from case_service.api.views.retention import (
    RetentionReviewLine,
    RetentionReviewPage,
    RetentionRules,
    RetentionRuleView,
)
from case_service.domain.erasing import obstacles
from case_service.domain.moments import local_day
from case_service.domain.retention import REVIEWED_BEFORE
from case_service.retention_rules import rules_in_force
from case_service.store import retention as store

router = APIRouter(prefix="/v1", tags=["protection"], generate_unique_id_function=operation_id)

_Within = Annotated[int, Query(ge=0, le=366, description="How many days ahead the last day may be.")]


@router.get("/retention-rules", summary="Read the retention rules")
async def retention_rules(_principal: Annotated[Principal, requires("reference.read")]) -> RetentionRules:
    """Read by which rules it is worked out until when a case is kept, each with what it rests on."""
    rules = rules_in_force()
    items = [
        RetentionRuleView(
            code=rule.code,
            when={condition: sorted(codes) for condition, codes in rule.when.items()},
            counts_from=rule.counts_from,
            months=rule.months,
            source=rule.source,
        )
        for rule in rules.rules
    ]
    return RetentionRules(version=rules.version, items=items)


@router.get("/retention-reviews", response_model=RetentionReviewPage, summary="List cases to erase or to look at")
async def list_retention_reviews(
    call: Annotated[Call, reading("case.review_retention")],
    within_days: _Within = REVIEWED_BEFORE.days,
    limit: paging.Limit = 50,
    cursor: paging.Cursor = None,
) -> Response:
    """List the unit's cases whose last day is near or past, the first due first, and what stands in the way."""
    today = local_day(call.context.now)
    name = f"retention-reviews|{within_days}"

    async def work(conn: AsyncConnection) -> Sequence[RowMapping]:
        rows = await store.to_review(
            conn,
            call.context.scope,
            until=today + timedelta(days=within_days),
            after=_position(paging.position_of(call, name, cursor)),
            limit=limit + 1,
        )
        await call.audit_read(conn, action="case.list_retention_reviews", ids=(row["id"] for row in rows[:limit]))
        return rows

    rows = await call.read(work)
    last = rows[limit - 1] if len(rows) > limit else None
    following = None if last is None else paging.cursor_at(call, name, [str(last["retention_until"]), str(last["id"])])
    items = [_line(row, actor=call.context.subject, today=today) for row in rows[:limit]]
    return paging.page(call, RetentionReviewPage(items=items, next=following), following)


def _position(position: Any) -> tuple[date, UUID] | None:
    return None if position is None else (date.fromisoformat(position[0]), UUID(position[1]))


def _line(row: RowMapping, *, actor: str, today: date) -> RetentionReviewLine:
    found = obstacles(
        state=CaseState(row["state"]),
        until=row["retention_until"],
        held=row["held"],
        decided_by=row["archive_decided_by"],
        actor=actor,
        day=today,
    )
    return RetentionReviewLine.model_validate({**row, "obstacles": found})
