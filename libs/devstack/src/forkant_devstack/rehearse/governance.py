"""What the directorate decides during a disaster: who takes part in a pilot, and which method is retired."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from forkant_devstack.process import DevstackError
from forkant_devstack.testing.platform import Platform

METHOD: Final = "concern_conversation"
"""A method that is there from the first day."""
_METHODS, _DIRECTORATE = "pod-methods", "pod-analyst"
_METHOD: Final = "SELECT id, version FROM method_head WHERE code = $1"


@dataclass(frozen=True, kw_only=True)
class Pilot:
    """An approved pilot, and the units that were let into it."""

    platform: Platform
    path: str

    async def enrol(self, unit: str) -> None:
        """Let a unit take part."""
        await self.decide("enrolments", {"unit": unit})

    async def decide(self, what: str, body: dict[str, Any]) -> None:
        """Decide something about the pilot as it is now.

        Raises:
            DevstackError: it was refused.
        """
        shown = await self.platform.call("indicator", "GET", self.path, persona=_DIRECTORATE)
        done = await self.platform.call(
            "indicator", "POST", f"{self.path}/{what}", persona=_DIRECTORATE, body=body, etag=shown.headers["etag"]
        )
        if done.is_error:
            raise DevstackError(f"the pilot could not be changed: {done.status_code} {done.text}")


async def approved_pilot(platform: Platform) -> Pilot:
    """Have a pilot proposed and approved."""
    body = {
        "code": "rehearsed",
        "name_nb": "Øving",
        "name_en": "Rehearsal",
        "case_types": ["online_community"],
        "indicators": [10],
        "baseline_from": _day(-365).isoformat(),
        "baseline_until": _day(-1).isoformat(),
        "valid_from": _day(0).isoformat(),
        "valid_until": _day(365).isoformat(),
        "reason": "Øving.",
    }
    made = await platform.call("indicator", "POST", "/v1/pilots", persona=_METHODS, body=body)
    if made.is_error:
        raise DevstackError(f"no pilot was proposed: {made.status_code} {made.text}")
    pilot = Pilot(platform=platform, path=made.headers["location"])
    await pilot.decide("approval", {})
    return pilot


async def retire_method(platform: Platform) -> tuple[UUID, int]:
    """Retire a method from today; return its id, and the version of the event that tells of it."""
    body = {"retired_from": _day(0).isoformat(), "reason": "Rehearsal."}
    path = f"/v1/methods/{METHOD}/retirement"
    done = await platform.call("case", "POST", path, persona=_DIRECTORATE, body=body)
    if done.is_error:
        raise DevstackError(f"the method could not be retired: {done.status_code} {done.text}")
    [row] = await platform.fetch("case", _METHOD, METHOD)
    return row["id"], row["version"]


def _day(number: int) -> date:
    return datetime.now(UTC).astimezone(ZoneInfo("Europe/Oslo")).date() + timedelta(days=number)
