"""The audit log: one row for each change and each reading, of codes and ids only; it only grows."""

from typing import Final
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.tables import audit_log

_INSERT: Final = insert(audit_log).inline()


async def record(
    conn: AsyncConnection,
    *,
    subject: str,
    unit: str,
    action: str,
    aggregate: str,
    aggregate_id: UUID | None,
    version: int | None,
    trace_id: str | None,
) -> None:
    """Write that somebody changed or read something, in the transaction that did it."""
    await conn.execute(
        _INSERT,
        {
            "subject": subject,
            "unit": unit,
            "action": action,
            "aggregate": aggregate,
            "aggregate_id": aggregate_id,
            "version": version,
            "trace_id": trace_id,
        },
    )
