"""A person's own addresses, for that person alone."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from notification_service.queries.rows import Row, many
from notification_service.tables import contact


async def contacts(conn: AsyncConnection, person: str) -> list[Row]:
    """Return the addresses of a person, sealed, with how they stand."""
    columns = (contact.c.channel, contact.c.address, contact.c.confirmed_at, contact.c.code_until)
    return await many(conn, select(*columns).where(contact.c.person == person).order_by(contact.c.channel))
