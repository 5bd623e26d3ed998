"""Upcasters lift events of an older major version to the newest: a chain of pure functions, vN → vN+1.

A consumer then handles one major version, whatever stands in archives and on topics. When an event type gets a next
major version, its upcaster is added here; each takes the JSON object that the older version's writer sent and returns
the one that the next version's would have sent, and looks at nothing else.

Errors::

    UpcastError    an older event can't be read: a link of the chain is missing, or one can't take the data
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from forkant_contracts.envelope import EventData
from forkant_contracts.events import EVENT_TYPES

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes an event's data in the next major version; it may change and return what it was given."""

UPCASTERS: Final[dict[str, Upcaster]] = {}
"""Upcasters by the CloudEvents type that they lift, for example ``no.forkant.case.opened.v1``."""


class UpcastError(ValueError):
    """An event of an older major version can't be lifted; the text says which link of the chain to look at."""


def lift(event_type: str, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return type and data of an event in the newest major version; unchanged when nothing lifts it.

    Raises:
        UpcastError: an upcaster can't take the data.
    """
    while (upcaster := UPCASTERS.get(event_type)) is not None:
        newer = next_major(event_type)
        try:
            data = upcaster(data)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            # The kind of error alone: its text may repeat what the event held.
            reason = type(error).__name__
            raise UpcastError(f"{event_type}: its upcaster can't make {newer} of the data ({reason})") from None
        event_type = newer
    return event_type, data


def missing_link(event_type: str, known: Mapping[str, type[EventData]] = EVENT_TYPES) -> str | None:
    """Say what to do when a type has no model although a newer major version of it has one; None when none has."""
    stem, major = _parts(event_type)
    newer = [number for number in map(_major_of(stem), known) if number is not None and number > major]
    if not newer:
        return None
    return (
        f"{event_type} is older than what this release reads (v{min(newer)}) and nothing lifts it: "
        f"add its upcaster to forkant_contracts.upcasters"
    )


def gaps(known: Collection[str], upcasters: Collection[str]) -> list[str]:
    """Return the types that should be lifted and are not, and those that are lifted to nothing."""
    unlifted = [name for name in known if next_major(name) in known and name not in upcasters]
    lost = [name for name in upcasters if next_major(name) not in known and next_major(name) not in upcasters]
    return sorted({*unlifted, *lost})


def next_major(event_type: str) -> str:
    """Name the next major version of a type."""
    stem, major = _parts(event_type)
    return f"{stem}.v{major + 1}"


def _parts(event_type: str) -> tuple[str, int]:
    stem, _, major = event_type.rpartition(".v")
    return (stem, int(major)) if major.isascii() and major.isdecimal() and len(major) < 10 else (event_type, 0)  # noqa: PLR2004


def _major_of(stem: str) -> Callable[[str], int | None]:
    def major(event_type: str) -> int | None:
        its_stem, number = _parts(event_type)
        return number if its_stem == stem else None

    return major
