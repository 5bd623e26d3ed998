"""Runs the demo: the stories and the generated past first, as fast as the platform takes it, then live if asked."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx
from forkant_case_client.models import Catalogue
from forkant_contracts.codes import MeasureKind
from forkant_contracts.units import CASE_UNITS

from forkant_devstack.demo.client import DemoError, PlatformClient
from forkant_devstack.demo.figures import IMPORTER, import_figures
from forkant_devstack.demo.generator import endless, generate
from forkant_devstack.demo.pilots import set_pilot
from forkant_devstack.demo.plans import set_plans, tie_cases
from forkant_devstack.demo.player import Player
from forkant_devstack.demo.reference import MethodStep, Reference
from forkant_devstack.demo.script import Script
from forkant_devstack.demo.stories import all_stories
from forkant_devstack.demo.targets import set_targets

DEFAULT_CASE_URL: Final = "http://127.0.0.1:8001"
DEFAULT_INDICATOR_URL: Final = "http://127.0.0.1:8002"
DEFAULT_ISSUER_URL: Final = "http://127.0.0.1:8009"
_PLAYERS: Final = 16
_OSLO: Final = ZoneInfo("Europe/Oslo")
_UNDER_WAY_LIVE: Final = 60

Tick = Callable[[int], None]
"""Called after every command with the number of commands that were planned in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    """What a run did."""

    cases: int
    concerns: int
    commands: int
    imports: int
    seconds: float


async def run(
    *,
    cases: int,
    seed: int = 1,
    stories: bool | None = None,
    case_url: str = DEFAULT_CASE_URL,
    indicator_url: str | None = None,
    issuer_url: str = DEFAULT_ISSUER_URL,
    now: datetime | None = None,
    tick: Tick | None = None,
    live_speed: float | None = None,
    live_commands: int | None = None,
) -> DemoReport:
    """Fill the platform, then go on live at ``live_speed`` commands a second, for good or for ``live_commands``.

    Figures that the platform does not count are imported where ``indicator_url`` says to whom, and once the past is
    there targets are set, which alert nobody of it, then the plans that cite them, to which cases are tied, and a pilot
    is begun. The stories are told when asked for, and by default on a platform where they can't have been told before.

    Raises:
        DemoError: nothing answers, or the platform refused a call.
    """
    began, moment = asyncio.get_running_loop().time(), now or datetime.now(UTC)
    async with PlatformClient(case_url=case_url, issuer_url=issuer_url, connections=_PLAYERS) as client:
        reference = await _ask_reference(client)
        scripts = all_stories(moment)
        if not (await _is_new_to(client, scripts) if stories is None else stories):
            scripts = []
        scripts += generate(cases=cases, seed=seed, now=moment, reference=reference)
        players = [Player(script) for script in scripts if script.until(moment)]
        imports = 0 if indicator_url is None else await _import_figures(client, indicator_url, moment)
        commands = await _play_past(client, players, moment, tick)
        if indicator_url is not None:
            await set_targets(indicator_url, client.token)
            goals = await set_plans(indicator_url, client.token)
            commands += await tie_cases(client, players, goals, at=moment)
            await set_pilot(indicator_url, client.token)
        if live_speed is not None:
            fresh = map(Player, endless(seed=seed, reference=reference, start=moment))
            order = Random(f"{seed}:order")  # noqa: S311 - a demo is to repeat, not to be secret
            commands += await _play_live(
                client, players, fresh, rng=order, speed=live_speed, limit=live_commands, tick=tick
            )
    return DemoReport(
        cases=sum("case" in player.ids for player in players),
        concerns=sum("concern" in player.ids for player in players),
        commands=commands,
        imports=imports,
        seconds=asyncio.get_running_loop().time() - began,
    )


async def _import_figures(client: PlatformClient, indicator_url: str, moment: datetime) -> int:
    # Past any proxy of the environment: all of it is on this machine.
    async with httpx.AsyncClient(base_url=indicator_url, timeout=30, trust_env=False) as http:
        token = await client.token(IMPORTER)
        return await import_figures(http, token=token, today=moment.astimezone(_OSLO).date())


async def _is_new_to(client: PlatformClient, stories: Sequence[Script]) -> bool:
    for unit in sorted({script.unit for script in stories}):
        if (await client.call("GET", "/v1/cases/count", actor=f"lead-{unit}")).body.count > 0:
            return False
    return True


async def _ask_reference(client: PlatformClient) -> Reference:
    catalogue: Catalogue = (await client.call("GET", "/v1/catalogue", actor=f"officer-{CASE_UNITS[0]}")).body
    municipalities: defaultdict[str, list[str]] = defaultdict(list)
    for municipality in catalogue.municipalities:
        if municipality.unit is not None:
            municipalities[municipality.unit].append(municipality.number)
    return Reference(
        steps={
            MeasureKind(method.code): tuple(
                MethodStep(code=step.code, mandatory=step.mandatory) for step in method.steps
            )
            for method in sorted(catalogue.methods, key=lambda method: method.version)
        },
        municipalities={unit: tuple(sorted(numbers)) for unit, numbers in municipalities.items()},
    )


async def _play_past(client: PlatformClient, players: Sequence[Player], moment: datetime, tick: Tick | None) -> int:
    planned = sum(len(player.script.until(moment)) for player in players)
    queue = deque(players)

    async def work() -> None:
        while queue:
            player = queue.popleft()
            while player.has_step_by(moment):
                await player.play_next(client)
                if tick is not None:
                    tick(planned)

    await _all_or_first_error([work() for _ in range(_PLAYERS)])
    return planned


async def _all_or_first_error(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            for part in work:
                group.create_task(part)
    except* DemoError as errors:
        raise errors.exceptions[0] from None


async def _play_live(
    client: PlatformClient,
    players: Sequence[Player],
    fresh: Iterator[Player],
    *,
    rng: Random,
    speed: float,
    limit: int | None,
    tick: Tick | None,
) -> int:
    """Go on with the cases that are open and take in new ones; every command happens now."""
    loop = asyncio.get_running_loop()
    under_way = [player for player in players if player.rest]
    played, due = 0, loop.time()
    while limit is None or played < limit:
        if len(under_way) < _UNDER_WAY_LIVE or rng.random() < 0.1:  # noqa: PLR2004 - new matters keep coming in
            under_way.append(next(fresh))
        index = rng.randrange(len(under_way))
        await under_way[index].play_next(client, live=True)
        if not under_way[index].rest:
            under_way.pop(index)
        played += 1
        if tick is not None:
            tick(0)
        due = max(due + 1 / speed, loop.time() - 1)
        await asyncio.sleep(max(0.0, due - loop.time()))
    return played
