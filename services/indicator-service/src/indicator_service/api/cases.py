"""Which cases, or concerns, a figure is made of: for who sees it exactly, and of these those that they may see."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from forkant_kit.auth import Principal
from forkant_kit.paging import decode_cursor, encode_cursor, link_to
from forkant_kit.policy import requires
from forkant_kit.problems import PROBLEM_RESPONSES, ProblemError

from indicator_service import audit_names
from indicator_service.aggregation.contributions import metrics_behind
from indicator_service.aggregation.tally import NATIONAL
from indicator_service.api.cases_documents import CasesBehind, ContributingCase
from indicator_service.api.cases_reading import CasesAsked, Position, read_cases
from indicator_service.api.dependencies import Deps, Units
from indicator_service.api.models import PeriodDocument
from indicator_service.api.parameters import known_indicator, known_period, known_unit, no_such_unit
from indicator_service.api.trail import note_asked
from indicator_service.imports.examples import examples
from indicator_service.imports.refusals import Code, Refusal
from indicator_service.policy import READ_CASES_BEHIND, reader_of

router = APIRouter(prefix="/v1", tags=["figures"], responses=PROBLEM_RESPONSES, dependencies=[Depends(note_asked)])

Looks = Annotated[Principal, requires(READ_CASES_BEHIND)]
_MOST: Final = 500


@router.get("/indicators/{number}/cases", responses=examples("read_cases_behind"), response_model=CasesBehind)
async def list_cases_behind(
    *,
    request: Request,
    number: Annotated[int, Path(ge=1, le=audit_names.LAST_NUMBER)],
    principal: Looks,
    deps: Deps,
    units: Units,
    unit: Annotated[str, Query(description="A district or a special body whose exact figures the caller sees.")],
    period_name: Annotated[str, Query(alias="period", description="As of the values of the indicator.")] = "rolling_12",
    limit: Annotated[int, Query(ge=1, le=_MOST, description="Most items on a page.")] = 100,
    cursor: Annotated[str | None, Query(max_length=1024, description="`next` of the page before.")] = None,
) -> Response:
    """List the cases, or concerns, that an indicator counts, with what each adds to numerator and denominator.

    Those that the caller may not see are left out: the case service is asked each time. A page may come out short,
    and goes on at `next`.
    """
    indicator = known_indicator(number, deps.catalogue)
    period = known_period(period_name, now=deps.now())
    if known_unit(unit, units) == NATIONAL:
        raise no_such_unit()
    if not reader_of(principal, units).sees_exact(unit):
        raise Refusal(Code.CASES_NOT_SHOWN)
    version = indicator.at(period.last_day)
    if not metrics_behind(version):
        raise no_cases()
    scope = f"cases|{principal.subject}|{number}|{version.version}|{unit}|{period.name}|{period.counted_until}"
    at = Position.begin() if cursor is None else Position.read(decode_cursor(deps.cursor_secret, scope, cursor))
    asked = CasesAsked(
        number=number, version=version, unit=unit, period=period, reader=reader_of(principal, units), limit=limit
    )
    found, following, freshness = await read_cases(deps, request, asked, at)
    body = CasesBehind(
        number=number,
        unit=unit,
        period=PeriodDocument.of(period),
        definition_version=version.version,
        items=tuple(ContributingCase.of(each, asked.kind) for each in found),
        next=None if following is None else encode_cursor(deps.cursor_secret, scope, following.written()),
        as_of=freshness.now,
        watermark=freshness.watermark,
        seconds_behind=freshness.seconds_behind,
    )
    return Response(body.model_dump_json(), headers=link_to(request, body.next), media_type="application/json")


def no_cases() -> ProblemError:
    """Return the problem of a figure that no case of the platform is behind."""
    detail = "It rests on figures that are imported; no case or concern is known behind them."
    return ProblemError(422, "no-cases-behind", "No cases are behind the indicator", detail)
