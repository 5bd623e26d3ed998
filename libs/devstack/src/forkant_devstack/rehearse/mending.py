"""How what was destroyed is mended: the steps of the how-to that several disasters have, by its commands."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from forkant_devstack.process import DevstackError
from forkant_devstack.rehearse.commands import command
from forkant_devstack.rehearse.stage import Stage
from forkant_devstack.verify.audit import verify_trail

BEGINNING: Final = "2020-01-01"
"""A day before the first event."""


@dataclass(kw_only=True)
class Seen:
    """What a scene showed."""

    scene: str
    lost_seconds: float | None = None
    """RPO: between the moment that was restored and the disaster; None when nothing can be lost."""
    lost_changes: int = 0
    """Changes that clients were told of and that are gone."""
    serving_s: float = 0.0
    """From the disaster to all processes being ready."""
    verified_s: float = 0.0
    """RTO: from the disaster to all guarantees holding."""
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return self.__dict__ | {"verified_s": round(self.verified_s, 1), "serving_s": round(self.serving_s, 1)}


async def account_for_trail(stage: Stage, service: str, seen: Seen) -> None:
    """Sign for what the audit trail lost, as whoever answers for it does."""
    if (await verify_trail(stage.trail(service))).ok:
        return
    node = stage.platform.nodes[service]
    stage.platform.service_env = {
        **stage.platform.service_env,
        service: {**stage.platform.service_env[service], "FORKANT_AUDIT_RESTORE_KEY": stage.restore_key},
    }
    told = await command(
        stage.platform, service, "forkant_kit.audit", "restored", str(stage.heads(service)), "rehearsal"
    )
    own = {name: text for name, text in stage.platform.service_env[service].items() if "RESTORE" not in name}
    stage.platform.service_env = {**stage.platform.service_env, node.service: own}
    seen.notes.append(f"audit of {service}: {told.text}")


async def mend_events(stage: Stage, service: str, seen: Seen) -> None:
    """Skip what was published and lost, empty the service's topics, and publish its archive; then it runs."""
    file = stage.folder / f"{service}.lost.json"
    looked = await command(stage.platform, service, "recover", "look", "--json", str(file), accept=(0, 1))
    lost = json.loads(file.read_text("utf-8"))["lost"] if looked.code else []
    seen.lost_changes = sum(len(each["events"]) for each in lost)
    seen.notes.append(f"recover look: {looked.text.splitlines()[0]}")
    if lost:
        # A restored database may say for ten seconds that a worker was seen just now.
        await _tried(lambda: command(stage.platform, service, "recover", "fence", "--by", "rehearsal"), times=15)
        await command(stage.platform, service, "recover", "clear")
    await stage.start(service)
    if lost:
        await command(stage.platform, service, "republish", "--since", BEGINNING)


async def rebuild(stage: Stage) -> None:
    """Make the figures anew from what is on Kafka now, and let them take the place of those that know what is lost."""
    await command(stage.platform, "indicator", "rebuild", "start", "--wait")
    await _tried(
        lambda: command(stage.platform, "indicator", "rebuild", "flip", "--accept-missing", "--accept-differences")
    )
    await command(stage.platform, "indicator", "rebuild", "drop", "1")


async def _tried(act: Callable[[], Awaitable[object]], *, times: int = 3) -> None:
    """Try again, a second later, what refuses for a while."""
    for number in range(1, times + 1):
        try:
            await act()
        except DevstackError:
            if number == times:
                raise
            await asyncio.sleep(1)
        else:
            return
