"""Writing answers of hundreds of figures: what pydantic describes, without a model of it for each point.

The heads of answers are written by their models; the long list at their end is made of plain dictionaries, by orjson.
"""

from functools import cache
from typing import Any, Final

import orjson
from pydantic import TypeAdapter

from indicator_service.aggregation.cited import CitedTarget
from indicator_service.aggregation.figure import NO_IMPORTS, FurtherFigures, Imports, IndicatorFigures
from indicator_service.api.models import Document

_IMPORTS: Final = TypeAdapter(Imports)
_FURTHER: Final = TypeAdapter(dict[str, FurtherFigures])
_TARGET: Final = TypeAdapter(CitedTarget)
_END: Final = b"[]}"


def with_list(head: Document, items: object) -> bytes:
    """Return a document as JSON whose last field, a list that is still empty, holds these items."""
    written = head.model_dump_json().encode()
    if not written.endswith(_END):
        raise ValueError("the list is not the document's last field, or not empty")
    return written[: -len(_END)] + orjson.dumps(items) + b"}"


def shown(found: IndicatorFigures) -> dict[str, Any]:
    """Return what points and categories show of an indicator's figures."""
    return {
        "numerator": found.numerator,
        "denominator": found.denominator,
        "value": found.value,
        "median": found.median,
        "p90": found.p90,
        "extra": found.extra,
        "counted": found.counted,
    }


def target_of(found: CitedTarget | None) -> orjson.Fragment | None:
    """Return the target that figures are held against: its id is the driver's, which orjson takes for no UUID."""
    return None if found is None else orjson.Fragment(_TARGET.dump_json(found))


def imports_of(found: Imports) -> orjson.Fragment:
    """Return what figures take from imports; most take nothing."""
    return _no_imports() if found is NO_IMPORTS else orjson.Fragment(_IMPORTS.dump_json(found))


def further_of(found: IndicatorFigures) -> object:
    """Return an indicator's further shares; most have none."""
    return orjson.Fragment(_FURTHER.dump_json(dict(found.further))) if found.further else {}


@cache
def _no_imports() -> orjson.Fragment:
    return orjson.Fragment(_IMPORTS.dump_json(NO_IMPORTS))
