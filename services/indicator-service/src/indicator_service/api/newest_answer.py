"""Answering with the newest figures of a unit as the hub has them, unless somebody asks for computed ones.

What the hub has is brought up to the newest change for each answer, so that it is never older than what anybody was
shown before. But it goes by changes: a cell that was spoilt without one is seen only by who reads the cells. Whoever
checks figures therefore sends ``Cache-Control: no-cache``, and the answer is made from the database alone.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Header, Response
from forkant_kit.audit.record import Trail

from indicator_service.aggregation.snapshot import Reader
from indicator_service.api.dependencies import Dependencies
from indicator_service.api.trail import figures_entry

_COMPUTED: Final = frozenset({"no-cache", "no-store", "max-age=0"})

AskedCache = Annotated[
    str | None,
    Header(
        alias="Cache-Control",
        description="With `no-cache` (RFC 9111, 5.2.1.4) the figures are computed from the database for this answer, "
        "which takes longer and is for whoever checks them. Else the newest ones of a unit may be those that were "
        "written for the streams, brought up to the newest change; the answer then has an `Age`.",
        examples=["no-cache"],
    ),
]
AGE: Final[dict[str, Any]] = {
    "Age": {
        "description": "Seconds since the figures were last seen to include every change, when they were not computed "
        "for this answer. `watermark` and `seconds_behind` are then at most a second older than `as_of`.",
        "schema": {"type": "integer", "minimum": 0},
    }
}
"""The header of the API description."""


def asks_for_computed(cache_control: str | None) -> bool:
    """Whether a request says that its answer is to be computed."""
    directives = {each.strip().lower() for each in (cache_control or "").split(",")}
    return not directives.isdisjoint(_COMPUTED)


async def newest_answer(
    deps: Dependencies, reader: Reader, unit: str, *, trail: Trail, shows: Sequence[UUID]
) -> Response:
    """Return the figures of the last twelve months of a unit that there is, after it is written down who reads them.

    Raises:
        ProblemError: 503 ``audit-unavailable``.
    """
    await deps.readings.record(trail, figures_entry(shows))
    document, fresh = deps.hub.document((unit, reader.sees_exact(unit))), deps.hub.fresh().model_dump_json()
    return Response(
        f"{fresh[:-1]},{document}}}", media_type="application/json", headers={"Age": f"{deps.hub.age():.0f}"}
    )
