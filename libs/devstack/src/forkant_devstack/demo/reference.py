"""What the generator has to ask the platform for before it can write scripts: the national methods' steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from forkant_contracts.codes import MeasureKind


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodStep:
    """A step of a national method."""

    code: str
    mandatory: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The steps of the newest method of each kind of measure, and municipality numbers by district."""

    steps: Mapping[MeasureKind, tuple[MethodStep, ...]] = field(default_factory=dict)
    municipalities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
