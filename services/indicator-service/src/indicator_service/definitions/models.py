"""What a definition says: its versions by date, its texts, and the cells that it is computed from."""

from datetime import date
from functools import cached_property
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from indicator_service.definitions.metrics import BY_ARENA, BY_METHOD, STOCKS, Metric
from indicator_service.definitions.series import FORM_OF, FORMS, Series

Direction = Literal["lower", "higher", "neutral"]
Kind = Literal["share", "rate", "duration", "count"]
MeasurementUnit = Literal["share", "hours", "days", "cases", "concerns", "ratio", "cases_per_1000_inhabitants"]

Dimension = Literal["theme", "case_type", "age_band", "method", "arena"]
"""What cells are split by. Those of concerns know no case type, and those of measures alone know method and arena."""
OF_CONCERNS: Final = frozenset(
    {Metric.CONCERNS_RECEIVED, Metric.CONCERNS_DECIDED, Metric.BECAME_CASE, Metric.DECISION_HOURS}
)

Whole = Annotated[Metric | str, Field(union_mode="left_to_right")]
"""A metric, or the key of a plain count."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(_Data):
    """The same text in Norwegian bokmål, nynorsk and English."""

    nb: str = Field(min_length=1)
    nn: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Further(_Data):
    """A second share of the same kind that is shown with an indicator, over the months that it is complete for."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]+$")
    name: Text
    numerator: Series
    denominator: Series


class Version(_Data):
    """One version of an indicator's definition, in force from ``valid_from`` until the next version's."""

    version: int = Field(ge=1)
    valid_from: date
    kind: Kind
    measurement_unit: MeasurementUnit
    direction: Direction
    minimum_n: int = Field(ge=1)
    name: Text
    description: Text
    numerator_text: Text | None = None
    denominator_text: Text
    numerator: Metric | Series | None = None
    denominator: Metric | Series | None = None
    per: int = Field(default=1, ge=1)
    """Of a rate, for how much of the denominator it is given: 1,000 inhabitants."""
    wholes: tuple[Whole, ...] = ()
    """What a share's denominator is a part of, and what that is a part of, where these are shown too: the rest of each
    follows by subtraction."""
    histogram: Metric | None = None
    extra: tuple[Metric, ...] = ()
    """Shown apart: of a share, parts of its denominator beside the numerator; of a duration, what it leaves out."""
    overlapping: tuple[Metric, ...] = ()
    """Shown apart: parts of a share's numerator of which something may be in several, so they add up to it or more."""
    further: tuple[Further, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    """By what its figures are also shown: what each of its cells is split by."""
    about_people: bool = True
    """Whether small numbers may point to somebody. Those of hours and municipalities do not, and none is hidden."""

    @cached_property
    def metrics(self) -> frozenset[Metric]:
        """All cells that it is computed from."""
        named = (self.numerator, self.denominator, *self.wholes, self.histogram, *self.extra, *self.overlapping)
        return frozenset(metric for metric in named if isinstance(metric, Metric))

    @property
    def counted_at_end(self) -> bool:
        """Whether it is about what there is at the end of the period, not about what came within it."""
        return self.denominator in STOCKS

    @cached_property
    def series(self) -> tuple[Series, ...]:
        """The imported series that it is computed from, beside those of what is shown further."""
        return tuple(each for each in (self.numerator, self.denominator) if isinstance(each, Series))

    @model_validator(mode="after")
    def _names_its_cells(self) -> Self:
        share = self.numerator is not None and self.denominator is not None and self.numerator_text is not None
        counted = isinstance(self.denominator, Metric)
        wanted = {"share": share, "rate": share, "duration": self.histogram is not None, "count": counted}
        if not wanted[self.kind]:
            raise ValueError(f"a {self.kind} lacks the cells or texts that it is computed from")
        return self

    @model_validator(mode="after")
    def _is_split_by_what_its_cells_know(self) -> Self:
        if self.dimensions and self.series:
            raise ValueError("what is imported is split by nothing")
        if "case_type" in self.dimensions and self.metrics & OF_CONCERNS:
            raise ValueError("a concern has no case type")
        for dimension, split in (("method", BY_METHOD), ("arena", BY_ARENA)):
            if dimension in self.dimensions and not self.metrics <= split:
                raise ValueError(f"of what it is computed from not everything is counted by {dimension}")
        return self

    @model_validator(mode="after")
    def _covers_the_same_months(self) -> Self:
        if self.kind == "rate" and not self.series:
            raise ValueError("a rate rests on an imported series; of cells, one that is part of another is a share")
        if self.series and (self.wholes or self.histogram or self.extra or self.overlapping):
            raise ValueError("what rests on imports has a numerator and a denominator alone, and further shares")
        # Cells are counted until today, what is imported by months until the last one that is over.
        if self.metrics and any(not FORM_OF[each].yearly for each in self.series):
            raise ValueError("cells are not set against what is imported by months")
        return self

    @model_validator(mode="after")
    def _takes_parts_of_wholes(self) -> Self:
        bounds = {bound for form in FORMS.values() for bound in form.bounds}
        pairs = [(each.numerator, each.denominator) for each in self.further]
        if self.kind == "share" and self.series:
            pairs.append((self.numerator, self.denominator))  # type: ignore[arg-type]  # one of cells is in no bound
        if any(pair not in bounds for pair in pairs):
            raise ValueError("the numerator of a share is a part of its denominator")
        return self


class Indicator(_Data):
    """One indicator with all of its versions, oldest first."""

    number: int = Field(ge=1, le=21)
    key: str = Field(pattern=r"^[a-z][a-z0-9_]+$")
    versions: tuple[Version, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _versions_follow_each_other(self) -> Self:
        numbers = [v.version for v in self.versions]
        dates = [v.valid_from for v in self.versions]
        if numbers != list(range(1, len(numbers) + 1)) or dates != sorted(set(dates)):
            raise ValueError("versions must count from 1 and each must be valid from a later day than the one before")
        return self

    def at(self, day: date) -> Version:
        """Return the version in force on a day; before the first version, the first."""
        return next((each for each in reversed(self.versions) if each.valid_from <= day), self.versions[0])


class Count(_Data):
    """A plain count: a flow within the period, or a stock at its end (everything in less everything out)."""

    key: str = Field(pattern=r"^[a-z][a-z_]+$")
    name: Text
    description: Text
    flow: Metric | None = None
    stock_in: Metric | None = None
    stock_out: Metric | None = None

    @model_validator(mode="after")
    def _is_a_flow_or_a_stock(self) -> Self:
        if (self.flow is None) == (self.stock_in is None or self.stock_out is None):
            raise ValueError("a count names either a flow, or what goes into and out of a stock")
        return self


class Catalogue(_Data):
    """All definitions: indicators by number and counts in the order they are shown."""

    indicators: tuple[Indicator, ...]
    counts: tuple[Count, ...]

    @model_validator(mode="after")
    def _numbers_are_unique(self) -> Self:
        numbers = [i.number for i in self.indicators]
        if len(set(numbers)) != len(numbers):
            raise ValueError("two indicators have the same number")
        return self

    @model_validator(mode="after")
    def _wholes_are_counted(self) -> Self:
        known = {*Metric, *(count.key for count in self.counts)}
        if any(set(version.wholes) - known for i in self.indicators for version in i.versions):
            raise ValueError("a whole is a metric or a plain count")
        return self

    def indicator(self, number: int) -> Indicator | None:
        """Return the indicator with a number, or None."""
        return next((i for i in self.indicators if i.number == number), None)

    def only(self, indicator: Indicator, *, wholes: bool) -> "Catalogue":
        """Return the definition of one indicator, with the plain counts that its totals are part of where asked for."""
        named = {name for version in indicator.versions for name in version.wholes} if wholes else set()
        counts = tuple(count for count in self.counts if count.key in named)
        return self.model_copy(update={"indicators": (indicator,), "counts": counts})
