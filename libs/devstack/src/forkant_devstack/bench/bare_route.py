"""The ceiling of opening a case: one FastAPI route that writes as many rows, and does nothing else.

It runs as a process: ``python -m forkant_devstack.bench.bare_route PORT DATABASE_URL ROWS``.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import asyncpg
from fastapi import FastAPI, Request
from forkant_kit.db import new_id
from forkant_kit.garbage import collect_seldom
from forkant_kit.web import uvicorn_server
from pydantic import BaseModel, ConfigDict

POOL_SIZE: Final = 10


def ddl(rows: int) -> str:
    """Return the statements that make a table for each row."""
    return "".join(
        f"CREATE TABLE bare_{number} (id uuid PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), body text NOT NULL);"
        for number in range(rows)
    )


class Body(BaseModel):
    """The body of opening a case."""

    model_config = ConfigDict(extra="forbid")

    case_type: str
    theme: str
    purpose_code: str
    legal_basis: str
    title: str


def build(database_url: str, *, rows: int) -> FastAPI:
    """Make the application."""
    inserts = [f"INSERT INTO bare_{number} (id, body) VALUES ($1, $2)" for number in range(rows)]  # noqa: S608

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(database_url, min_size=POOL_SIZE, max_size=POOL_SIZE) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan, openapi_url=None)

    @app.get("/health/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/v1/cases", status_code=201)
    async def open_case(body: Body, request: Request) -> dict[str, Any]:
        made: UUID = new_id()
        text = body.model_dump_json()
        async with request.app.state.pool.acquire() as connection, connection.transaction():
            for insert in inserts:
                await connection.execute(insert, made, text)
        return {"id": made, "unit": "oslo", "state": "registered", "version": 1}

    return app


if __name__ == "__main__":
    collect_seldom()
    uvicorn_server(build(sys.argv[2], rows=int(sys.argv[3])), host="127.0.0.1", port=int(sys.argv[1])).run()
