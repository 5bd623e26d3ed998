"""Asking for imports over HTTP."""

from datetime import UTC
from uuid import uuid4

import pytest

PATH = "/v1/aggregate-imports"


def csv(header, *rows):
    return "\n".join([header, *rows, ""]).encode()


@pytest.fixture(scope="session")
def hours():
    """Give a function that writes a file of hours: ``oslo="2026-03:10/100 2026-04:12/110"``."""

    def write(**units):
        every = [
            f"{unit.replace('_', '-')},{month},{amounts.replace('/', ',')}"
            for unit, text in units.items()
            for month, amounts in (part.split(":") for part in text.split())
        ]
        return csv("unit,period,prevention_hours,total_hours", *every)

    return write


@pytest.fixture
def bring(client, as_persona):
    """Give a function that imports a file, and by default expects it to be taken."""

    async def send(body, *, by="import-demo", key=None, media="text/csv", expect=201, claims=None, **query):
        asked = {"kind": "hours", "source": "register", "source_date": "2026-10-05", "method": "count", **query}
        headers = as_persona(by, **(claims or {})) | {"Content-Type": media, "Idempotency-Key": key or str(uuid4())}
        answer = await client.post(PATH, content=body, params=asked, headers=headers)
        assert answer.status_code == expect, answer.text
        return answer

    return send


@pytest.fixture
def take_back(client, as_persona):
    """Give a function that withdraws an import."""

    async def send(import_id, *, by="pod-analyst", etag='"v1"', expect=200, reason="wrong_figures", claims=None):
        headers = as_persona(by, **(claims or {})) | {"Idempotency-Key": str(uuid4())}
        headers |= {} if etag is None else {"If-Match": etag}
        answer = await client.post(f"{PATH}/{import_id}/withdrawal", json={"reason": reason}, headers=headers)
        assert answer.status_code == expect, answer.text
        return answer

    return send


@pytest.fixture
def read(client, as_persona):
    """Give a function that reads one indicator of a unit."""

    async def ask(unit, number, *, by="pod-analyst", period="2026-03", **query):
        answer = await client.get(
            f"/v1/districts/{unit}/metrics", params={"period": period, **query}, headers=as_persona(by)
        )
        assert answer.status_code == 200, answer.text
        return next(item for item in answer.json()["indicators"] if item["number"] == number)

    return ask


@pytest.fixture
def now(engine):
    """Give a function that tells the moment by the database's clock."""

    async def ask() -> str:
        async with engine.connect() as conn:
            moment = (await conn.exec_driver_sql("SELECT clock_timestamp()")).scalar_one()
        return moment.astimezone(UTC).isoformat()

    return ask
