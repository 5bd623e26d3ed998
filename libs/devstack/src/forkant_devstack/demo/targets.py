"""Targets of the demo, over the public API: proposed by one person of the directorate, approved by another.

They make the dashboard show what the figures are held against. All of them are made up [a]: no target of the police.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx

from forkant_devstack.demo.client import DemoError

PROPOSER: Final = "pod-methods"
APPROVER: Final = "pod-analyst"
_REASON: Final = "Oppdiktet mål for demoen."
_EXISTS: Final = "target-exists"
_OSLO: Final = ZoneInfo("Europe/Oslo")

TokenOf = Callable[[str], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoTarget:
    """What a unit, or every unit, is to reach in the last twelve months."""

    indicator: int
    goal: float
    near: float
    margin: float
    unit: str = "national"


TARGETS: Final = (
    DemoTarget(indicator=2, goal=48, near=96, margin=4),
    DemoTarget(indicator=4, goal=14, near=21, margin=1),
    DemoTarget(indicator=5, goal=0.8, near=0.6, margin=0.02),
    DemoTarget(indicator=10, goal=0.8, near=0.6, margin=0.02),
    DemoTarget(indicator=12, goal=0.9, near=0.75, margin=0.02),
    DemoTarget(unit="oslo", indicator=10, goal=0.9, near=0.7, margin=0.02),
)
"""The national ones hold for every unit; Oslo has one of its own."""


async def set_targets(indicator_url: str, token_of: TokenOf) -> int:
    """Set the targets that there are not yet; return how many were set.

    Raises:
        DemoError: nothing answers, or the platform refused a call.
    """
    made = 0
    async with httpx.AsyncClient(base_url=indicator_url, timeout=30, trust_env=False) as http:
        for target in TARGETS:
            made += await _set(http, token_of, target)
    return made


async def _set(http: httpx.AsyncClient, token_of: TokenOf, target: DemoTarget) -> bool:
    body = {
        "unit": target.unit,
        "indicator": target.indicator,
        "goal": target.goal,
        "near": target.near,
        "margin": target.margin,
        "valid_from": datetime.now(_OSLO).date().isoformat(),
        "reason": _REASON,
    }
    proposed = await post(http, "/v1/targets", body, token=await token_of(PROPOSER))
    if proposed.status_code == httpx.codes.CONFLICT and proposed.json().get("code") == _EXISTS:
        return False
    checked(proposed)
    path = f"{proposed.headers['location']}/versions/1/approval"
    etag = {"If-Match": proposed.headers["etag"]}
    checked(await post(http, path, {}, token=await token_of(APPROVER), headers=etag))
    return True


async def post(
    http: httpx.AsyncClient, path: str, body: dict[str, Any], *, token: str, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Send a request to the indicator service as the holder of a token.

    Raises:
        DemoError: nothing answers.
    """
    every = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4()), **(headers or {})}
    try:
        return await http.post(path, json=body, headers=every)
    except httpx.TransportError:
        raise DemoError(f"No indicator service answers at {http.base_url}: is the platform up? (make up)") from None


def checked(answer: httpx.Response) -> httpx.Response:
    """Return an answer that is no error.

    Raises:
        DemoError: the platform refused the call.
    """
    if answer.is_error:
        raise DemoError(
            f"{answer.request.method} {answer.url.path} was answered with {answer.status_code}: {answer.text}"
        )
    return answer
