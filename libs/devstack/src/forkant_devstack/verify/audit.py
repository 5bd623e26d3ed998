"""G5: the audit chain verifies, and goes on from every head that was published."""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forkant_kit.audit.export import export
from forkant_kit.audit.standalone import Result, lines, verify

from forkant_devstack.verify.report import Check, Difference


async def verify_trail(database_url: str, *, heads: Path | None, keys: Mapping[str, str]) -> Result:
    """Export a trail and verify it against the published heads."""
    # The heads first: what is published meanwhile may be ahead of the export.
    published = await asyncio.to_thread(_read, heads)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.jsonl"
        await export(database_url, path)
        return await asyncio.to_thread(lambda: verify(lines(path), published, keys))


def _read(heads: Path | None) -> list[dict[str, Any]]:
    return list(lines(heads)) if heads is not None and heads.exists() else []


async def check_audit(database_url: str, *, heads: Path | None = None, keys: Mapping[str, str] | None = None) -> Check:
    """Return the check of G5."""
    result = await verify_trail(database_url, heads=heads, keys=keys or {})
    return Check(
        guarantee="G5",
        name=f"audit chain ({result.heads} heads published, {result.unsealed} entries not sealed yet)",
        compared=result.entries + result.unsealed,
        differences=[
            Difference(
                "audit trail" if each.position is None else f"audit position {each.position}",
                f"{each.kind}: {each.text}",
                "as it was sealed and published",
            )
            for each in result.findings
        ],
    )
