"""What the database is told of the caller: settings that hold for one transaction, sent together with its BEGIN."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

PREFIX: Final = "forkant"
"""The class of the settings' names: ``forkant.unit`` and so on."""


@dataclass(frozen=True, slots=True)
class Stance:
    """Settings by their names without the prefix, as the policies of a service's tables ask for them.

    Attributes:
        settings: the values by name.
        by_key: every statement finds its rows by a key, so that the best plan is the same whatever the values: it is
            made once for a connection. With policies in them, statements take longer to plan than to run.

    Raises:
        ValueError: a name is not made of lower-case letters and underscores, or a value holds a NUL.
    """

    settings: Mapping[str, str]
    by_key: bool = False

    def __post_init__(self) -> None:
        """Refuse what SQL could read as something else."""
        for name, value in self.settings.items():
            if not name.isascii() or not name.replace("_", "").isalpha() or not name.islower():
                raise ValueError("the name of a setting is lower-case letters and underscores")
            if "\x00" in value:
                raise ValueError(f"the value of {name} holds a NUL")

    def statement(self) -> str:
        """Return the one statement that makes the settings hold until the transaction ends."""
        parts = [f"set_config('{PREFIX}.{name}', {_literal(value)}, true)" for name, value in self.settings.items()]
        if self.by_key:
            parts.append("set_config('plan_cache_mode', 'force_generic_plan', true)")
        return f"SELECT {', '.join(parts)}"


class StancedConnection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that sends a stance together with the BEGIN of its next transaction, in one round trip."""

    __slots__ = ("_stance",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin without a stance."""
        super().__init__(*args, **kwargs)
        self._stance: str | None = None

    def take(self, stance: Stance | None) -> None:
        """Send this stance with the next BEGIN, or none."""
        self._stance = None if stance is None else stance.statement()

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109 - the driver's
        """Execute a command, as the driver does."""
        if self._stance is not None and query.startswith("BEGIN"):
            query, self._stance = f"{query} {self._stance}", None
        status: str = await super().execute(query, *args, timeout=timeout)
        return status


def _literal(value: str) -> str:
    # An escape string means the same whatever the session says of standard_conforming_strings.
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'"
