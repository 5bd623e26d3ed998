"""Answers of hundreds of figures: written by hand, as their models describe them."""

from datetime import UTC, date, datetime

import pytest
from asyncpg.pgproto.pgproto import UUID
from forkant_contracts.codes import TargetBand
from indicator_service.aggregation.calendar import month_period
from indicator_service.aggregation.cited import CitedTarget
from indicator_service.aggregation.figure import SUPPRESSED, Figure, FurtherFigures, Imports, IndicatorFigures
from indicator_service.aggregation.imported import Covers, Missing
from indicator_service.api.breakdown_documents import BreakdownRow, rows_of
from indicator_service.api.models import Units
from indicator_service.api.series_documents import Point, SeriesLine, lines_of
from indicator_service.api.written import with_list
from indicator_service.definitions import Text
from indicator_service.definitions.series import ImportKind
from pydantic import TypeAdapter

DAY, ID = date(2026, 3, 1), UUID("00000000-0000-0000-0000-000000000007")
"""As ids come from the database: not of the very type that Python has."""
TEXT = Text(nb="«Æ»", nn="å", en="a")
IMPORTED = Imports(
    imports=(ID,),
    covers=Covers(first_day=DAY, last_day=DAY),
    missing=(
        Missing(
            kind=next(iter(ImportKind)), reason="not_yet_complete", periods=("2026",), units=("oslo",), complete_on=DAY
        ),
    ),
)
TARGET = CitedTarget(
    id=ID, version=2, unit="oslo", goal=0.5, near=1.0, valid_from=DAY, valid_until=None, status="judged",
    band=next(iter(TargetBand)),
)  # fmt: skip


def figures(**fields):
    few = {"numerator": Figure(3), "denominator": SUPPRESSED, "value": Figure(1.0)}
    fixed = {"number": 10, "key": "k", "kind": "share", "name": TEXT, "measurement_unit": "share"}
    return IndicatorFigures(**fixed, definition_version=1, direction="higher", minimum_n=5, **{**few, **fields})


FURTHER = FurtherFigures(name=TEXT, numerator=Figure(1), denominator=Figure(2), value=Figure(0.5), imported=IMPORTED)
EVERY = [
    figures(),
    figures(numerator=None, value=Figure(None), median=Figure(3), p90=SUPPRESSED, counted=False),
    figures(extra={"effect_harm": Figure(0)}, target=TARGET, prioritised=True),
    figures(imported=IMPORTED, further={"twelve": FURTHER}, value=Figure(0.1234)),
]


@pytest.mark.parametrize("found", EVERY)
def test_a_point_is_written_as_its_model_describes_it(found):
    period = month_period(DAY, today=date(2026, 3, 10))
    lines = lines_of([("oslo", [Point(period=period, figures=found)])])
    written = with_list(Units(units=()), lines).removeprefix(b'{"units":').removesuffix(b"}")
    described = TypeAdapter(tuple[SeriesLine, ...])
    assert described.dump_json(described.validate_json(written, by_alias=True, extra="forbid")) == written


@pytest.mark.parametrize("found", EVERY)
def test_a_category_is_written_as_its_model_describes_it(found):
    rows = rows_of([("oslo", [("drugs", found), ("theft", found)])])
    written = with_list(Units(units=()), rows).removeprefix(b'{"units":').removesuffix(b"}")
    described = TypeAdapter(tuple[BreakdownRow, ...])
    assert described.dump_json(described.validate_json(written, extra="forbid")) == written


def test_a_list_that_is_not_the_last_or_not_empty_is_refused():
    class Other(Units):
        after: datetime = datetime(2026, 3, 1, tzinfo=UTC)

    with pytest.raises(ValueError, match="last field"):
        with_list(Other(units=()), [])
