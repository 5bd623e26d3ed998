"""G5: each service's audit chain verifies, and goes on from every head that was published of it."""

import asyncio
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg
from forkant_kit.audit.export import export
from forkant_kit.audit.standalone import Finding, Result, lines, verify

from forkant_devstack.stack.audit_trails import AuditTrail
from forkant_devstack.verify.report import Check, Difference

HEAD_SECONDS: Final = 5.0
"""How long the first head may come after what it seals."""
_LOOK_EVERY_S: Final = 0.2


async def verify_trail(trail: AuditTrail) -> Result:
    """Export a trail and verify it against the published heads; what can't be read is a finding too."""
    try:
        # The heads first: what is published meanwhile may be ahead of the export.
        published = await asyncio.to_thread(_read, trail.heads)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export.jsonl"
            await export(trail.database_url, path)
            result = await asyncio.to_thread(lambda: verify(lines(path), published, trail.keys))
    except (asyncpg.UndefinedTableError, LookupError):
        return Result([Finding("no trail", None, "its database has none; bring it to the newest version")])
    except (OSError, asyncpg.PostgresError) as error:
        return Result([Finding("no answer", None, f"its database can't be read ({type(error).__name__})")])
    except ValueError as error:
        return Result([Finding("unreadable heads", None, str(error))])
    if trail.heads is not None and result.position > 0 and not await _appears(trail.heads):
        text = f"entries are sealed, and no head of them is in {trail.heads}"
        result.findings.append(Finding("no head", 1, text, result.position))
    return result


async def check_trails(trails: Iterable[AuditTrail]) -> list[Check]:
    """Return the check of G5 for each trail, in their order."""
    return [_check(trail.service, await verify_trail(trail)) for trail in trails]


def _check(service: str, result: Result) -> Check:
    return Check(
        guarantee="G5",
        name=f"audit chain of {service} ({result.heads} heads published, {result.unsealed} entries not sealed yet)",
        compared=result.entries + result.unsealed,
        differences=[
            Difference(_place(service, each), f"{each.kind}: {each.text}", "as it was sealed and published")
            for each in result.findings
        ],
    )


def _place(service: str, finding: Finding) -> str:
    if finding.position is None:
        return f"audit trail of {service}"
    return f"audit trail of {service}, position {finding.position}"


def _read(heads: Path | None) -> Sequence[dict[str, Any]]:
    try:
        found = list(lines(heads)) if heads is not None and heads.exists() else []
    except SystemExit as error:
        # The verifier is a script that ends at such a file; here the other trails are still to be verified.
        raise ValueError(str(error)) from error
    if not all(isinstance(head, dict) for head in found):
        raise ValueError(f"{heads}: a line is not a head")
    return found


async def _appears(heads: Path) -> bool:
    """Say whether there is a head: a chain's first one comes a moment after its first links."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + HEAD_SECONDS
    while not await asyncio.to_thread(_read, heads):
        if loop.time() >= deadline:
            return False
        await asyncio.sleep(_LOOK_EVERY_S)
    return True
