"""Looking into databases from outside: over connections that stay, and what all rows come to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import asyncpg

_AT_ONCE: Final = 4
_TABLES: Final = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
AND NOT relispartition AND relname !~ $1 ORDER BY relname
"""


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks databases; each login's connections stay until :meth:`close`, with what they know of the tables."""

    _pools: dict[str, asyncpg.Pool] = field(default_factory=dict)

    async def fetch(self, url: str, query: str, *values: object) -> list[asyncpg.Record]:
        """Ask as the login of a URL."""
        if url not in self._pools:
            self._pools[url] = await asyncpg.create_pool(url, min_size=0, max_size=_AT_ONCE)
        return list(await self._pools[url].fetch(query, *values))

    async def digests(self, url: str, *, but: str) -> dict[str, str]:
        """Return for each table how many rows it has and a sum of their hashes, whatever their order.

        Args:
            url: a login that sees every row.
            but: a regular expression of tables to leave out.
        """
        names = [row["relname"] for row in await self.fetch(url, _TABLES, but)]
        return {row["name"]: row["digest"] for row in await self.fetch(url, _digests_of(names))}

    async def rows(self, url: str) -> int:
        """Return how many rows all tables have; the login must see every row."""
        return sum(int(digest.split()[0]) for digest in (await self.digests(url, but="^$")).values())

    async def close(self) -> None:
        """Close every connection."""
        while self._pools:
            _, pool = self._pools.popitem()
            await pool.close()


def _digests_of(names: Iterable[str]) -> str:
    digest = "concat_ws(' ', count(*), sum(hashtextextended(t::text, 0)::numeric))"
    # The names are the catalogue's own.
    return " UNION ALL ".join(f"SELECT '{name}' AS name, {digest} AS digest FROM \"{name}\" AS t" for name in names)  # noqa: S608
