"""The newest figures of all units as they were read at once, and the documents that are written from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pydantic import TypeAdapter

from indicator_service.aggregation.calendar import Period
from indicator_service.aggregation.figures import NOTHING_HIDDEN, Mask, UnitFigures
from indicator_service.aggregation.register import Register
from indicator_service.aggregation.snapshot import Snapshot, take_snapshot, with_settled
from indicator_service.aggregation.structure import Structure
from indicator_service.aggregation.suppression import Rank
from indicator_service.aggregation.tally import Tally
from indicator_service.api.models import PeriodDocument
from indicator_service.api.structure_documents import document_of
from indicator_service.definitions import Catalogue, Metric
from indicator_service.settled_store import Shown
from indicator_service.steering.aims import Aims

_FIGURES: Final = TypeAdapter(UnitFigures)

Key = tuple[str, bool]
"""A unit, and whether its figures are exact."""


@dataclass(frozen=True, kw_only=True)
class Newest:
    """What was read at once, from which the documents are written."""

    tallies: Mapping[str, Tally]
    period: Period
    catalogue: Catalogue
    rank: Rank
    uncounted: frozenset[Metric]
    aims: Aims
    register: Register
    settled: Shown | None
    """What others are shown; None before a worker has settled any."""

    def stands_as(self, other: "Newest") -> bool:
        """Whether a unit of which nothing changed has the same document as before."""
        return (self.uncounted, self.aims, self.register) == (other.uncounted, other.aims, other.register)

    def write(self, key: Key) -> str:
        """Return a document, as JSON without its braces."""
        unit, exact = key
        snapshot = self._exact if exact else self._hidden
        found = self.aims.cited(unit, snapshot.figures(unit, exact=exact), self.period)
        figures = _FIGURES.dump_json(found).decode()
        structure = document_of(snapshot.structure, [unit], self.period).model_dump_json()
        period = PeriodDocument.of(self.period).model_dump_json()
        return f'"unit":"{unit}","period":{period},{figures[1:-1]},"structure":{structure}'

    @cached_property
    def _exact(self) -> Snapshot:
        return self._snapshot(NOTHING_HIDDEN)

    @cached_property
    def _hidden(self) -> Snapshot:
        return self._snapshot(None) if self.settled is None else with_settled(self._exact, self.settled.settled)

    def _snapshot(self, mask: Mask | None) -> Snapshot:
        return take_snapshot(
            self.tallies,
            period=self.period,
            catalogue=self.catalogue,
            rank=self.rank,
            uncounted=self.uncounted,
            mask=mask,
            structure=Structure(register=self.register),
        )
