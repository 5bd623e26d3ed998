"""Names of schema versions: ``case.opened.v1.0`` is minor 0 of major 1 of the event ``case.opened``."""

import re
from dataclasses import dataclass
from typing import Final, Self

from forkant_contracts.envelope import DATA_SCHEMA_BASE

_NAME: Final = re.compile(r"(?P<event>[a-z-]+\.[a-z-]+)\.v(?P<major>[1-9][0-9]*)\.(?P<minor>0|[1-9][0-9]*)")


@dataclass(frozen=True, slots=True, order=True)
class SchemaName:
    """One version of one event."""

    event: str
    major: int
    minor: int

    @classmethod
    def of(cls, text: str) -> Self:
        """Read ``case.opened.v1.0``.

        Raises:
            ValueError: the text is no such name.
        """
        if not (found := _NAME.fullmatch(text)):
            raise ValueError(f"{text!r} is no name of a schema version like case.opened.v1.0")
        return cls(found["event"], int(found["major"]), int(found["minor"]))

    @classmethod
    def of_id(cls, identifier: str) -> Self:
        """Read a schema's ``$id``, the event's ``dataschema``.

        Raises:
            ValueError: the identifier is none of this platform's.
        """
        if not identifier.startswith(DATA_SCHEMA_BASE):
            raise ValueError(f"$id {identifier!r} does not begin with {DATA_SCHEMA_BASE}")
        return cls.of(identifier.removeprefix(DATA_SCHEMA_BASE))

    @property
    def type(self) -> str:
        """The event with its major version: what never changes its form."""
        return f"{self.event}.v{self.major}"

    def __str__(self) -> str:
        """Write ``case.opened.v1.0``."""
        return f"{self.type}.{self.minor}"
