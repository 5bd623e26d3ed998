"""A look: what is known here of some cases or concerns at a moment, and what to think of it beside an answer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from forkant_contracts.recount import RecountedCase
from forkant_kit.freshness import read_freshness
from sqlalchemy.ext.asyncio import AsyncConnection

from indicator_service import generations
from indicator_service.aggregation.facts import NO_CASE, NO_CONCERN, Fact
from indicator_service.self_audit import store
from indicator_service.self_audit.asking import Page
from indicator_service.self_audit.expecting import expected_case, expected_concern
from indicator_service.self_audit.judging import Answered, Judgement, Look, Versions, judge
from indicator_service.store import load_cases, load_concerns

WaitedFor = dict[tuple[str, str], Answered]
"""By kind and key, the oldest answer that a fact has not been seen to reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Facts and gates, and how far the stream had been applied before they were read."""

    facts: Mapping[UUID, Fact]
    versions: Mapping[UUID, Versions]
    watermark: datetime | None

    @classmethod
    async def read(
        cls,
        conn: AsyncConnection,
        kind: str,
        ids: Collection[UUID],
        *,
        after: UUID | None = None,
        until: UUID | None = None,
    ) -> "Seen":
        """Read the facts of some ids, and those between two ids besides."""
        generation = await generations.live(conn)
        freshness = await read_freshness(conn, group=generations.group_of(generation))
        wanted = set(ids)
        if after is not None:
            wanted |= await store.between(conn, kind, after=after, until=until, generation=generation)
        load = load_cases if kind == "case" else load_concerns
        return cls(
            facts=await load(conn, wanted, generation=generation),
            versions=await store.versions(conn, kind, wanted, generation=generation),
            watermark=freshness.watermark,
        )


def judged_all(
    kind: str, page: Page, seen: Seen, *, before: Mapping[UUID, Versions] | None, waited_for: WaitedFor
) -> dict[str, Judgement | None]:
    """Return what to think of everything that was asked about or found; ``before`` is what was known before asking."""
    expected: dict[UUID, Fact] = {
        each.id: expected_case(each) if isinstance(each, RecountedCase) else expected_concern(each)
        for each in page.items
    }
    none = NO_CASE if kind == "case" else NO_CONCERN
    return {
        str(key): judge(
            Look(
                expected=expected.get(key),
                before=None if before is None else before.get(key, Versions()),
                found=seen.facts.get(key, none),
                gate=seen.versions.get(key, Versions()).gate,
                as_of=page.as_of,
                watermark=seen.watermark,
                waited_for=waited_for.get((kind, str(key))),
            )
        )
        for key in {*expected, *seen.facts, *(before or ())}
    }
