"""What keeps a case from being erased or tells that it was: legal holds, the archive decision, the certificate."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.tables import archive_decision, erasure_certificate, legal_hold

_h: Final = legal_hold.c


async def place_hold(conn: AsyncConnection, values: Mapping[str, object]) -> None:
    """Insert a legal hold."""
    await conn.execute(insert(legal_hold).values(**values))


async def lift_hold(conn: AsyncConnection, hold_id: UUID, *, by: str, at: datetime) -> None:
    """Write who lifted a hold."""
    await conn.execute(
        update(legal_hold).where(_h.id == hold_id, _h.lifted_at.is_(None)).values(lifted_by=by, lifted_at=at)
    )


async def holds_of(conn: AsyncConnection, case_id: UUID) -> Sequence[RowMapping]:
    """Return every hold on a case, lifted ones too, the oldest first."""
    statement = select(legal_hold).where(_h.case_id == case_id).order_by(_h.placed_at, _h.id)
    return (await conn.execute(statement)).mappings().all()


async def save_decision(conn: AsyncConnection, case_id: UUID, values: Mapping[str, object]) -> None:
    """Save what becomes of a case in the archives, in place of what was decided before."""
    await conn.execute(
        upsert(archive_decision)
        .values(case_id=case_id, **values)
        .on_conflict_do_update(index_elements=["case_id"], set_=dict(values))
    )


async def decision_of(conn: AsyncConnection, case_id: UUID) -> RowMapping | None:
    """Return what was decided about the archives, or nothing."""
    statement = select(archive_decision).where(archive_decision.c.case_id == case_id)
    return (await conn.execute(statement)).mappings().one_or_none()


async def certify(conn: AsyncConnection, certificates: Sequence[Mapping[str, Any]]) -> None:
    """Insert the certificates of erasures."""
    await conn.execute(insert(erasure_certificate), [dict(each) for each in certificates])


async def certificate_of(conn: AsyncConnection, case_id: UUID) -> RowMapping | None:
    """Return the certificate of an erasure, or nothing."""
    statement = select(erasure_certificate).where(erasure_certificate.c.case_id == case_id)
    return (await conn.execute(statement)).mappings().one_or_none()
