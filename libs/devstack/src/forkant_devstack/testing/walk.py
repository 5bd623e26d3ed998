"""A preventive case about a group walked through its life over the public API, for tests that need one."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from forkant_kit.db import utc_now

from forkant_devstack.testing.platform import Platform

A_CASE = {
    "case_type": "group",
    "theme": "violence",
    "purpose_code": "prevent_crime",
    "legal_basis": "police_act",
    "title": "Uro ved et kjøpesenter",
}


@dataclass(kw_only=True)
class Walk:
    """One case, and the unit whose officer and lead work on it."""

    platform: Platform
    unit: str
    case_id: UUID
    etag: str
    version: int = 1

    async def do(self, method: str, path: str, body: Any = None, *, lead: bool = False) -> httpx.Response:
        """Send one command on the case, with the last ETag, and keep the new one.

        Raises:
            AssertionError: it was refused; the problem document is shown.
        """
        persona = f"{'lead' if lead else 'officer'}-{self.unit}"
        answer = await self.platform.call(
            "case", method, f"/v1/cases/{self.case_id}{path}", persona=persona, body=body, etag=self.etag
        )
        if answer.is_error:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text}")
        self.etag = answer.headers["etag"]
        self.version = answer.json()["version"]
        return answer

    async def plan(self) -> None:
        """Assess, plan, and have the plan approved."""
        await self.do("PUT", "/assessment", {"risk_factors": ["negative_peers"], "completed": True})
        await self.do("PUT", "/plan", {"goals": [{"text": "Færre slagsmål", "measurable": True, "baseline": "6"}]})
        await self.do("POST", "/plan/approval", {}, lead=True)

    async def act(self) -> None:
        """Plan, start and complete one measure."""
        due = (utc_now() + timedelta(days=14)).date().isoformat()
        made = await self.do("POST", "/measures", {"kind": "street_presence", "due_on": due})
        measure = made.json()["item_id"]
        await self.do("POST", f"/measures/{measure}/start", {})
        await self.do("POST", f"/measures/{measure}/complete", {})

    async def close(self, *, evaluated: bool = True) -> None:
        """Evaluate and close, or close as moved without an evaluation."""
        if evaluated:
            await self.do("PUT", "/evaluation", {"effect": "achieved", "completed": True})
        await self.do("POST", "/close", {"reason": "evaluated" if evaluated else "moved"})


async def open_case(platform: Platform, unit: str, **fields: Any) -> Walk:
    """Open a case in a unit."""
    body = {**A_CASE, **fields}
    answer = await platform.call("case", "POST", "/v1/cases", persona=f"officer-{unit}", body=body)
    if answer.is_error:
        raise AssertionError(f"open: {answer.status_code} {answer.text}")
    return Walk(platform=platform, unit=unit, case_id=UUID(answer.json()["id"]), etag=answer.headers["etag"])
