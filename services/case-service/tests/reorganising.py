"""A world in which units are reorganised: two people of the directorate, a worker, and a clock that can be put on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import httpx
from case_service.domain.moments import local_day
from case_service.reorganising_worker import reorganise
from case_service.work_processes import procedures
from forkant_kit.db import create_engine, utc_now

TODAY = local_day(utc_now())
TOMORROW = TODAY + timedelta(days=1)
PATH = "/v1/reorganisations"


def named(unit: str) -> dict[str, str]:
    return {"id": unit, "name_nb": f"{unit} nb", "name_nn": f"{unit} nn", "name_en": f"{unit} en"}


def merger(*units: str, into: str = "sor", **changes: Any) -> dict[str, Any]:
    body = {
        "kind": "merge", "effective_on": TOMORROW.isoformat(), "from_units": list(units), "parts": [{"unit": into}],
        "new_units": [named(into)], "summary": "One district.",
    }  # fmt: skip
    return {**body, **changes}


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


@dataclass(frozen=True, kw_only=True)
class World:
    """A service whose units are reorganised."""

    service: Any

    async def propose(self, body: dict[str, Any], *, by: str = "pod-admin", **claims: Any) -> httpx.Response:
        return await self.service.person(by, **claims).send("POST", PATH, body)

    async def decide(self, proposed: httpx.Response, word: str, *, by: str = "pod-analyst", **claims: Any) -> Any:
        path, etag = proposed.headers["location"], proposed.headers["etag"]
        return await self.service.person(by, **claims).send("POST", f"{path}/{word}", {}, etag=etag)

    async def approved(self, body: dict[str, Any]) -> str:
        """Propose and approve one, and return its address."""
        proposed = await self.propose(body)
        assert proposed.status_code == 201, proposed.text
        answer = await self.decide(proposed, "approval")
        assert answer.status_code == 200, answer.text
        return str(proposed.headers["location"])

    async def work(self, day: date) -> None:
        """Let the worker look after reorganisations on a day."""
        engine = create_engine(self.service.worker_url, application_name="test", pool_size=2)
        try:
            await reorganise(engine, procedures(), now=lambda: noon(day))
        finally:
            await engine.dispose()

    async def shown(self, path: str, **params: Any) -> Any:
        return (await self.service.person("officer-oslo").get(path, **params)).json()

    @contextmanager
    def on(self, day: date) -> Iterator[None]:
        """Put the service's clock on a day."""
        tools = self.service.app.state.tools
        self.service.app.state.tools = replace(tools, now=lambda: noon(day))
        try:
            yield
        finally:
            self.service.app.state.tools = tools
