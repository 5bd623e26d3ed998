"""Prevention plans of the demo, over the public API: written by each unit's lead, approved by the directorate.

One unit has none, so that the coverage shows who lacks one, and one unit's ends soon. What they aim at is made up [a].
Many of the cases that are under way are tied to a goal of them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx
from forkant_contracts.units import CASE_UNITS

from forkant_devstack.demo.client import PlatformClient
from forkant_devstack.demo.player import Player
from forkant_devstack.demo.script import CASE, Step
from forkant_devstack.demo.targets import APPROVER, TokenOf, checked, post

WITHOUT_A_PLAN: Final = "finnmark"
ENDS_SOON: Final = "okokrim"
GOALS: Final[tuple[dict[str, Any], ...]] = (
    {"indicator": 10},
    {"indicator": 5, "theme": "violence"},
    {"indicator": 17, "theme": "image_sharing"},
)
TIED: Final = 0.7
"""How many of the cases under way are tied, about."""
_ACTION: Final = "set_goal"
_DAYS: Final = 365
_FEW_DAYS: Final = 45
_EXISTS: Final = "plan-exists"
_OSLO: Final = ZoneInfo("Europe/Oslo")

GoalsByUnit = Mapping[str, tuple[str, ...]]


async def set_plans(indicator_url: str, token_of: TokenOf) -> GoalsByUnit:
    """Have the plans approved that there are not yet; return the ids of each unit's goals that hold today.

    Raises:
        DemoError: nothing answers, or the platform refused a call.
    """
    found: dict[str, tuple[str, ...]] = {}
    async with httpx.AsyncClient(base_url=indicator_url, timeout=30, trust_env=False) as http:
        for unit in CASE_UNITS:
            if unit != WITHOUT_A_PLAN:
                await _set(http, token_of, unit)
                found[unit] = await _goals(http, token_of, unit)
    return found


async def _set(http: httpx.AsyncClient, token_of: TokenOf, unit: str) -> None:
    today, lead = datetime.now(_OSLO).date(), await token_of(f"lead-{unit}")
    last = today + timedelta(days=_FEW_DAYS if unit == ENDS_SOON else _DAYS)
    body = {"unit": unit, "valid_from": today.isoformat(), "valid_until": last.isoformat(), "goals": [*GOALS]}
    written = await post(http, "/v1/plans", body, token=lead)
    if written.status_code == httpx.codes.CONFLICT and written.json().get("code") == _EXISTS:
        return
    checked(written)
    path = f"{written.headers['location']}/versions/1"
    etag = {"If-Match": written.headers["etag"]}
    submitted = checked(await post(http, f"{path}/submission", {}, token=lead, headers=etag))
    etag = {"If-Match": submitted.headers["etag"]}
    checked(await post(http, f"{path}/approval", {}, token=await token_of(APPROVER), headers=etag))


async def _goals(http: httpx.AsyncClient, token_of: TokenOf, unit: str) -> tuple[str, ...]:
    headers = {"Authorization": f"Bearer {await token_of(APPROVER)}"}
    answer = checked(await http.get("/v1/plans", params={"unit": unit}, headers=headers))
    return tuple(
        goal["id"] for plan in answer.json()["items"] if plan["in_force"] for goal in plan["in_force"]["goals"]
    )


async def tie_cases(client: PlatformClient, players: Sequence[Player], goals: GoalsByUnit, *, at: datetime) -> int:
    """Tie many of the cases that are under way to a goal of the plan of the unit that holds them; return how many.

    Raises:
        DemoError: nothing answers, or the platform refused a call.
    """
    tied, chance = 0, Random(len(players))  # noqa: S311 - a demo is to repeat, not to be secret
    for player in players:
        if player.rest and CASE in player.ids and chance.random() < TIED:
            tied += await _tie(client, player, goals, chance, at)
    return tied


async def _tie(client: PlatformClient, player: Player, goals: GoalsByUnit, chance: Random, at: datetime) -> bool:
    # Whoever is to go on with the case ties it, where it is theirs to do.
    actor = player.rest[0].actor
    seen = (await client.call("GET", "/v1/cases/{case}", actor=actor, ids=player.ids)).body
    unit = seen.unit.partition("/")[0]
    if _ACTION not in seen.allowed or unit not in goals or not actor.endswith(f"-{unit}"):
        return False
    step = Step(
        actor=actor,
        method="PUT",
        path="/v1/cases/{case}/prevention-goal",
        body={"prevention_goal": chance.choice(goals[unit])},
        at=at,
        locks=CASE,
        dated=False,
    )
    await player.play(client, step)
    return True
