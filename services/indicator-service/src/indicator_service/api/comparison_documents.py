"""The documents of a comparison of some units with others, before and after."""

from datetime import date
from uuid import UUID

from indicator_service.aggregation.comparison import Chance, Compared, Side, Spell
from indicator_service.aggregation.figure import SUPPRESSED, Figure
from indicator_service.aggregation.uncertainty import LEVEL
from indicator_service.api.models import Document, Fresh
from indicator_service.definitions import Indicator, Text, Version


class SpellDocument(Document):
    """Whole months, both included; the last may be running."""

    first_month: date
    last_month: date

    @classmethod
    def of(cls, spell: Spell | None) -> "SpellDocument | None":
        """Write a spell."""
        return None if spell is None else cls(first_month=spell.first, last_month=spell.last)


class SideDocument(Document):
    """Some units together in some months."""

    numerator: Figure | None
    """Null where the indicator is a duration."""
    denominator: Figure
    value: Figure
    """The share, or the median of a duration."""

    @classmethod
    def of(cls, side: Side, *, exact: bool) -> "SideDocument":
        """Write a side, or that it is hidden."""
        if not exact:
            return cls(numerator=SUPPRESSED, denominator=SUPPRESSED, value=SUPPRESSED)
        numerator = None if side.numerator is None else Figure(side.numerator)
        return cls(numerator=numerator, denominator=Figure(side.denominator), value=Figure(side.value))


class GroupDocument(Document):
    """Some units together, before and after."""

    before: SideDocument
    after: SideDocument
    change: Figure
    """The value after less the one before."""


class ChanceDocument(Document):
    """What units chosen by chance would have shown: each choice of as many of all units is compared with the rest."""

    choices: Figure
    """How many choices were looked at; of more than 5,000 so many are drawn."""
    as_extreme: Figure
    """How many of them differed at least as much, whichever way; the units themselves are one of them."""


class ComparedIndicator(Document):
    """One indicator of the units and of the others: by how much more, or less, the units changed."""

    number: int
    key: str
    name: Text
    kind: str
    direction: str
    definition_version: int
    """The definition that was in force on the first day after; both sides follow it."""
    units: GroupDocument
    others: GroupDocument
    difference: Figure
    """The change of the units less the change of the others; null with too few, or where something has no value."""
    low: Figure
    """Where the 95 % interval of the difference of shares begins; null where there is none."""
    high: Figure
    level: float
    by_chance: ChanceDocument | None
    too_few: bool | None
    """Whether one of the four sides counts less than the definition's minimum; null when it is hidden."""

    @classmethod
    def of(
        cls, indicator: Indicator, version: Version, found: Compared, *, units_exact: bool, others_exact: bool
    ) -> "ComparedIndicator":
        """Write a comparison; of whom the reader sees small counts of neither, or one alone, so much is shown."""
        exact = units_exact and others_exact

        def shown(value: float | None) -> Figure:
            return Figure(value) if exact else SUPPRESSED

        def group(before: Side, after: Side, change: float | None, *, exact: bool) -> GroupDocument:
            sides = (SideDocument.of(side, exact=exact) for side in (before, after))
            return GroupDocument(before=next(sides), after=next(sides), change=Figure(change) if exact else SUPPRESSED)

        interval = found.interval
        return cls(
            number=indicator.number,
            key=indicator.key,
            name=version.name,
            kind=version.kind,
            direction=version.direction,
            definition_version=version.version,
            units=group(found.before, found.after, found.change, exact=units_exact),
            others=group(found.others_before, found.others_after, found.others_change, exact=others_exact),
            difference=shown(found.difference),
            low=shown(None if interval is None else interval.low),
            high=shown(None if interval is None else interval.high),
            level=LEVEL,
            by_chance=_chance(found.chance, exact=exact),
            too_few=found.too_few if exact else None,
        )


class PilotComparison(Fresh):
    """The indicators that a pilot is judged by, for the units that took part and for the others."""

    pilot: UUID
    code: str
    name_nb: str
    name_en: str
    units: tuple[str, ...]
    """Those that took part on some day until now."""
    others: tuple[str, ...]
    before: SpellDocument | None
    """The whole months of the baseline; null: there is none."""
    after: SpellDocument | None
    """The whole months of the pilot until now; null: there is none yet."""
    indicators: tuple[ComparedIndicator, ...]
    """Empty until there are units and months to compare."""
    does_not_show: dict[str, tuple[str, ...]]
    """What the figures do not show, in plain words, by language."""


def _chance(chance: Chance | None, *, exact: bool) -> ChanceDocument | None:
    if not exact:
        return ChanceDocument(choices=SUPPRESSED, as_extreme=SUPPRESSED)
    if chance is None:
        return None
    return ChanceDocument(choices=Figure(chance.choices), as_extreme=Figure(chance.as_extreme))
