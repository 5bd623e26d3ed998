"""The pilot of the demo, over the public API: proposed by one person of the directorate, approved by another.

That these three districts take part is made up [a]: they are not the historical pilots, and its titles say so.
"""

from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx

from forkant_devstack.demo.targets import APPROVER, PROPOSER, TokenOf, checked, post

CODE: Final = "demo_online_communities"
UNITS: Final = ("innlandet", "sor-vest", "troms")
_EXISTS: Final = "pilot-exists"
_OSLO: Final = ZoneInfo("Europe/Oslo")


async def set_pilot(indicator_url: str, token_of: TokenOf) -> bool:
    """Propose and approve the pilot, and enrol its units from today on; return whether it was not there yet.

    Raises:
        DemoError: nothing answers, or the platform refused a call.
    """
    async with httpx.AsyncClient(base_url=indicator_url, timeout=30, trust_env=False) as http:
        body = _programme(datetime.now(_OSLO).date())
        proposed = await post(http, "/v1/pilots", body, token=await token_of(PROPOSER))
        if proposed.status_code == httpx.codes.CONFLICT and proposed.json().get("code") == _EXISTS:
            return False
        checked(proposed)
        path, etag = proposed.headers["location"], proposed.headers["etag"]
        steps: list[tuple[str, dict[str, Any]]] = [
            ("approval", {}),
            *(("enrolments", {"unit": unit}) for unit in UNITS),
        ]
        for step, given in steps:
            done = await post(http, f"{path}/{step}", given, token=await token_of(APPROVER), headers={"If-Match": etag})
            checked(done)
            etag = done.headers["etag"]
    return True


def _programme(today: date) -> dict[str, Any]:
    ends = today.replace(day=1) - timedelta(days=1)
    return {
        "code": CODE,
        "name_nb": "Digitale miljøer (demo, ikke de historiske pilotene)",
        "name_en": "Online communities (demo, not the historical pilots)",
        "case_types": ["online_community"],
        "indicators": [5, 10, 11],
        "baseline_from": today.replace(year=today.year - 1, day=1).isoformat(),
        "baseline_until": ends.isoformat(),
        "valid_from": today.isoformat(),
        "valid_until": (today + timedelta(days=2 * 365)).isoformat(),
        "reason": "Oppdiktet pilot for demoen.",
    }
