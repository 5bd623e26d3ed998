"""People who steer, over HTTP."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from forkant_contracts.units import CASE_UNITS
from indicator_service.aggregation.calendar import day_of

PROBLEM = "urn:forkant:problem:"


class Steering:
    """Requests about targets and priorities, each with a key of its own."""

    def __init__(self, client: httpx.AsyncClient, as_persona: Any) -> None:
        self._client = client
        self._as_persona = as_persona
        self.today = day_of(datetime.now(UTC))

    def day(self, number: int) -> str:
        return (self.today + timedelta(days=number)).isoformat()

    def body(self, **given: Any) -> dict[str, Any]:
        base = {
            "unit": "oslo",
            "indicator": 10,
            "goal": 0.8,
            "near": 0.6,
            "valid_from": self.today.isoformat(),
            "reason": "Evaluering viser hva som virker.",
        }
        return {key: value for key, value in (base | given).items() if value is not None}

    def version(self, **given: Any) -> dict[str, Any]:
        return {key: value for key, value in self.body(**given).items() if key not in {"unit", "indicator", "period"}}

    async def post(
        self, path: str, body: Any, *, by: str, etag: str | None = None, key: str | None = None
    ) -> httpx.Response:
        headers = {**self._as_persona(by), "Idempotency-Key": key or str(uuid4())}
        if etag is not None:
            headers["If-Match"] = etag
        return await self._client.post(path, json=body, headers=headers)

    async def get(self, path: str, *, by: str = "officer-oslo", **params: Any) -> httpx.Response:
        return await self._client.get(path, headers=self._as_persona(by), params=params or None)

    async def set_target(self, *, by: str = "lead-oslo", **given: Any) -> str:
        """Propose a target and have it approved; return its id."""
        made = await self.post("/v1/targets", self.body(**given), by=by)
        assert made.status_code == 201, made.text
        await self.approve(made.json()["id"], 1)
        return made.json()["id"]

    async def revise(self, target_id: str, *, by: str = "lead-oslo", **given: Any) -> httpx.Response:
        etag = await self.etag(target_id)
        return await self.post(f"/v1/targets/{target_id}/versions", self.version(**given), by=by, etag=etag)

    async def approve(self, target_id: str, number: int, *, by: str = "pod-analyst") -> None:
        etag = await self.etag(target_id)
        done = await self.post(f"/v1/targets/{target_id}/versions/{number}/approval", {}, by=by, etag=etag)
        assert done.status_code == 200, done.text

    async def withdraw(self, target_id: str, number: int, *, by: str = "lead-oslo") -> httpx.Response:
        etag = await self.etag(target_id)
        path = f"/v1/targets/{target_id}/versions/{number}/withdrawal"
        return await self.post(path, {"reason": "Satt for et annet år."}, by=by, etag=etag)

    async def etag(self, target_id: str) -> str:
        answer = await self.get(f"/v1/targets/{target_id}", by="pod-methods")
        assert answer.status_code == 200, answer.text
        return answer.headers["etag"]

    async def in_force(self, target_id: str, day: date | str | None = None) -> int | None:
        params = {} if day is None else {"as_of": str(day)}
        found = (await self.get(f"/v1/targets/{target_id}", **params)).json()["in_force"]
        return None if found is None else found["number"]

    async def cited(self, number: int = 10, *, unit: str = "oslo", by: str = "officer-oslo", **params: Any) -> Any:
        answer = await self.get(f"/v1/districts/{unit}/metrics", by=by, **params)
        assert answer.status_code == 200, answer.text
        return next(item for item in answer.json()["indicators"] if item["number"] == number)


class Plans(Steering):
    """Requests about prevention plans."""

    def __init__(self, client: httpx.AsyncClient, as_persona: Any, owner_url: str) -> None:
        super().__init__(client, as_persona)
        self._owner_url = owner_url

    def version(self, **given: Any) -> dict[str, Any]:
        base = {
            "valid_from": self.day(0),
            "valid_until": self.day(364),
            "goals": [{"indicator": 10}, {"indicator": 5, "theme": "violence"}],
        }
        return {key: value for key, value in (base | given).items() if value is not None}

    async def _send(self, method: str, path: str, body: Any, headers: dict[str, str], **given: str | None) -> Any:
        sent = {"Idempotency-Key": given.get("key") or str(uuid4()), **headers}
        if given.get("etag") is not None:
            sent["If-Match"] = given["etag"]
        return await self._client.request(method, path, json=body, headers=sent)

    async def write(self, *, by: str = "lead-oslo", headers: Any = None, **given: Any) -> httpx.Response:
        body = {"unit": "oslo", **self.version(**given)}
        return await self._send("POST", "/v1/plans", body, headers or self._as_persona(by))

    async def revise(self, plan: str, *, by: str = "lead-oslo", headers: Any = None, **given: Any) -> httpx.Response:
        path, etag = f"/v1/plans/{plan}/versions", await self.etag(plan)
        return await self._send("POST", path, self.version(**given), headers or self._as_persona(by), etag=etag)

    async def rewrite(self, plan: str, number: int, *, by: str = "lead-oslo", **given: Any) -> httpx.Response:
        path, etag = f"/v1/plans/{plan}/versions/{number}", await self.etag(plan)
        return await self._send("PUT", path, self.version(**given), self._as_persona(by), etag=etag)

    async def act(
        self,
        plan: str,
        number: int,
        what: str,
        *,
        by: str = "lead-oslo",
        headers: Any = None,
        etag: str | None = "current",
        key: str | None = None,
    ) -> httpx.Response:
        body = {"reason": "Planen skal skrives om."} if what == "withdrawal" else {}
        etag = await self.etag(plan) if etag == "current" else etag
        path = f"/v1/plans/{plan}/versions/{number}/{what}"
        return await self._send("POST", path, body, headers or self._as_persona(by), etag=etag, key=key)

    async def etag(self, plan_id: str) -> str:
        lead = await self.get(f"/v1/plans/{plan_id}", by="lead-oslo")
        for unit in CASE_UNITS:
            if lead.status_code == 200:
                break
            lead = await self.get(f"/v1/plans/{plan_id}", by=f"lead-{unit}")
        return lead.headers["etag"]

    async def approved(self, *, unit: str = "oslo", **given: Any) -> str:
        """Write, submit and approve the plan of a unit; return its id."""
        made = await self.write(by=f"lead-{unit}", unit=unit, **given)
        assert made.status_code == 201, made.text
        plan = made.json()["id"]
        for what, by, etag in (("submission", f"lead-{unit}", '"v1"'), ("approval", "pod-analyst", '"v2"')):
            done = await self.act(plan, 1, what, by=by, etag=etag)
            assert done.status_code == 200, done.text
        return plan

    async def shown(self, plan: str, *, by: str = "lead-oslo", **params: Any) -> Any:
        answer = await self.get(f"/v1/plans/{plan}", by=by, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def in_force(self, plan: str, day: date | str | None = None) -> int | None:
        found = (await self.shown(plan, as_of=str(day)))["in_force"]
        return None if found is None else found["number"]

    async def coverage(self, **params: Any) -> Any:
        answer = await self.get("/v1/plans/coverage", by="officer-troms", **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def as_owner(self, statement: str) -> None:
        """Change what is stored, as time would."""
        owner = await asyncpg.connect(self._owner_url)
        try:
            async with owner.transaction():
                await owner.execute("SET LOCAL forkant.system = 'on'")
                await owner.execute(statement)
        finally:
            await owner.close()


def code(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json", response.text
    return response.status_code, response.json()["type"].removeprefix(PROBLEM)


@pytest.fixture
def steering(client, as_persona) -> Steering:
    return Steering(client, as_persona)


@pytest.fixture
def plans(client, as_persona, database) -> Plans:
    return Plans(client, as_persona, database.owner_url)


@pytest.fixture
def code_of():
    return code


@pytest.fixture
def close(project, new_case):
    """Close so many cases of a unit yesterday, with an evaluation or without."""

    async def add(count: int, *, unit: str = "oslo", evaluated: bool = True) -> None:
        cases = [new_case(unit=unit, at=datetime.now(UTC) - timedelta(days=1)) for _ in range(count)]
        for case in cases:
            case.opened()
            case.closed(evaluated=evaluated)
        await project(*[event for case in cases for event in case.events])

    return add
