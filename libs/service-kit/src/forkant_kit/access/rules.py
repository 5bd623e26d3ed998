"""The rules of access as frozen data: for each action, which roles may take it, how far, and for which purposes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Self


class Reach(StrEnum):
    """Whose objects an allowance covers without a grant that crosses units."""

    OWN_UNIT = "own-unit"
    EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What some roles may do by an action; the defaults are the narrowest.

    All of it must hold for one object, and for one allowance: two roles of a person are never mixed into a third.

    Attributes:
        roles: any one of them is enough.
        purposes: what the asker may state as the purpose.
        reach: whether the object must belong to the asker's unit.
        members_from: the lowest level at which the asker must be a member of the object as well; None is never.
        sees_restricted: whether a restricted object is covered.
    """

    roles: frozenset[str]
    purposes: frozenset[str]
    reach: Reach = Reach.OWN_UNIT
    members_from: int | None = 0
    sees_restricted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action, and everything by which it may be allowed; `break_glass` opens it to those who broke the glass.

    Raises:
        ValueError: an action that changes something is opened by break-glass, which is read-only.
    """

    name: str
    allowances: tuple[Allowance, ...]
    reads: bool = False
    break_glass: bool = False

    def __post_init__(self) -> None:
        """Keep break-glass read-only."""
        if self.break_glass and not self.reads:
            raise ValueError(f"{self.name} changes something, and break-glass is read-only: set reads or drop it")


@dataclass(frozen=True, slots=True)
class Rules:
    """The whole table of a service. What is not in it is refused.

    Attributes:
        actions: by name.
        serves: by the purpose that an asker states, the purposes of the objects that it may be stated for.
    """

    actions: Mapping[str, Action]
    serves: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, actions: Iterable[Action], *, serves: Mapping[str, frozenset[str]]) -> Self:
        """Return the table that holds these actions.

        Raises:
            ValueError: an action stands twice, or an allowance names a purpose that serves nothing.
        """
        by_name: dict[str, Action] = {}
        for action in actions:
            if action.name in by_name:
                raise ValueError(f"{action.name} stands twice in the rules: put its allowances together")
            for allowance in action.allowances:
                if unknown := allowance.purposes - serves.keys():
                    raise ValueError(f"{action.name} allows purposes that serve nothing: {sorted(unknown)}")
            by_name[action.name] = action
        return cls(MappingProxyType(by_name), MappingProxyType(dict(serves)))

    def roles_by_action(self) -> dict[str, frozenset[str]]:
        """Return which roles may ever take each action, the table that :class:`forkant_kit.policy.Policy` takes."""
        return {
            name: frozenset[str]().union(*(allowance.roles for allowance in action.allowances))
            for name, action in self.actions.items()
        }
