"""Bugs planted on purpose, each with the fault that brings it to light: they prove that the checker would find it.

The scripts patch the kit and then run the worker; they lie with the tests, so that no installed code holds a bug.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from forkant_devstack.faults.checker import Breach, Judgement
from forkant_devstack.faults.collect import conclude
from forkant_devstack.faults.injections import kill_at, plant_second_owner, repeat_by_hand
from forkant_devstack.faults.late_commit import hold_transaction_open
from forkant_devstack.faults.order import NoPatienceError, Role
from forkant_devstack.faults.points import CONSUMER_IN_BUG, RELAY_IN_BUG
from forkant_devstack.faults.trial import Servers, Trial, running_trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """A bug: the script that has it, whose place it takes, what brings it to light, and what must be found."""

    script: str
    role: Role
    causes: tuple[Callable[[Trial], Awaitable[None]], ...]
    expected: Breach


PLANTS: Final[Mapping[str, Plant]] = {
    "cursor over the sequence": Plant(
        script="cursor_over_sequence.py",
        role="relay",
        causes=(hold_transaction_open,),
        expected=Breach.OUT_OF_ORDER,
    ),
    "skip locked on rows": Plant(script="skip_locked_rows.py", role="relay", causes=(), expected=Breach.OUT_OF_ORDER),
    "deleted before sent": Plant(
        script="delete_before_send.py",
        role="relay",
        causes=(partial(kill_at, point=RELAY_IN_BUG),),
        expected=Breach.LOST,
    ),
    "epoch not looked at": Plant(
        script="epoch_ignored.py", role="relay", causes=(plant_second_owner,), expected=Breach.NOT_FENCED
    ),
    "dedupe dropped": Plant(
        script="dedupe_dropped.py",
        role="consumer",
        causes=(repeat_by_hand,),
        expected=Breach.APPLIED_TWICE,
    ),
    "offset committed first": Plant(
        script="offset_committed_first.py",
        role="consumer",
        causes=(partial(kill_at, point=CONSUMER_IN_BUG),),
        expected=Breach.NOT_APPLIED,
    ),
}
"""Every planted bug by name."""


async def run_plant(
    servers: Servers,
    name: str,
    *,
    scripts: Path,
    seed: int,
    changes: int = 300,
    patience_s: float = 60.0,
    settle_s: float = 2.0,
) -> Judgement:
    """Run a trial with the bug in it, which may stand still; return what the checker makes of it."""
    plant = PLANTS[name]
    script = {plant.role: (scripts / plant.script).resolve(strict=True)}
    async with running_trial(
        servers, name=name, seed=seed, scripts=script, patience_s=patience_s, settle_s=settle_s
    ) as trial:
        try:
            await trial.load(changes)
            for cause in plant.causes:
                await cause(trial)
                await trial.load(changes)
        except NoPatienceError as error:
            trial.note("stands still", awaited=str(error))
        return await conclude(trial)
