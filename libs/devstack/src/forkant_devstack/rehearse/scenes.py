"""The disasters: what is destroyed, how it is brought back, and what is seen of loss and time.

Each scene works, takes a moment to go back to, works on, destroys, and follows the how-to by its commands. What it
tells is what was measured in it; that all guarantees hold at the end is asked by `forkant verify`.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from forkant_devstack.process import DevstackError
from forkant_devstack.rehearse.commands import command
from forkant_devstack.rehearse.stage import Clock, Stage, findings, until_quiet
from forkant_devstack.testing.walk import Walk
from forkant_devstack.verify.audit import verify_trail

_BEGINNING: Final = "2020-01-01"
_MOST_TOLD: Final = 3


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


async def _disaster(
    stage: Stage, service: str, *, cases: int, moved: Walk | None = None
) -> tuple[datetime, float, Clock]:
    """Work, note a moment, work on, and lose the database; return the moment, the seconds lost and the clock.

    ``moved`` is a case that is there at the moment and changes after it.
    """
    await stage.work.some(cases)
    await stage.caught_up()
    moment = await stage.servers[service].now()
    await stage.work.some(cases)
    if moved is not None:
        await moved.plan()
    await stage.caught_up()
    await until_quiet(stage.receiver, for_s=0.5)
    async with stage.work.going_on(until_refused=service == "case"):
        await stage.servers[service].archive_log()
        lost = (await stage.servers[service].now() - moment).total_seconds()
        clock = Clock()
        await stage.servers[service].destroy()
    return moment, lost, clock


async def indicators_lost(stage: Stage, *, cases: int = 4) -> Seen:
    """The indicator database is set back: it reads on from its own offset."""
    moment, lost, clock = await _disaster(stage, "indicator", cases=cases)
    await stage.stop("indicator")
    await stage.servers["indicator"].restore(moment)
    seen = Seen(scene="indicator database", lost_seconds=lost)
    await _account_for_trail(stage, "indicator", seen)
    await _mend_events(stage, "indicator", seen)
    seen.serving_s = clock.seconds
    await stage.must_verify("after the indicator database was restored")
    seen.verified_s = clock.seconds
    seen.notes.append("figures came back from Kafka by the offsets of the restored database")
    return seen


async def notifications_lost(stage: Stage, *, cases: int = 4) -> Seen:
    """The notification database is set back: what it had sent since comes again, under the same ids."""
    moment, lost, clock = await _disaster(stage, "notification", cases=cases)
    before = dict(stage.receiver.ids)
    await stage.stop("notification")
    await stage.servers["notification"].restore(moment)
    seen = Seen(scene="notification database", lost_seconds=lost)
    await _account_for_trail(stage, "notification", seen)
    await stage.start("notification")
    seen.serving_s = clock.seconds
    await stage.must_verify("after the notification database was restored")
    seen.verified_s = clock.seconds
    await until_quiet(stage.receiver)
    repeated = sum(stage.receiver.ids[each] > count for each, count in before.items())
    if stage.receiver.repeated_under_another_id or set(before) - set(stage.receiver.ids):
        raise DevstackError("a webhook came again under another id")
    seen.notes.append(f"{repeated} webhooks came again, each under the id that it had; none under another")
    return seen


async def kafka_lost(stage: Stage, *, cases: int = 4) -> Seen:
    """Kafka loses everything: the archives fill it again, and consumers drop what they have."""
    await stage.work.some(cases)
    await stage.caught_up()
    before = dict(stage.receiver.ids)
    clock = Clock()
    await stage.broker.lose()
    waiting = await stage.work.some(cases)
    await stage.broker.begin_anew()
    seen = Seen(scene="Kafka", notes=[f"{len(waiting)} cases were opened while it was away, and waited in the outbox"])
    for service in ("case", "indicator"):
        await command(stage.platform, service, "republish", "--since", _BEGINNING)
    seen.serving_s = clock.seconds
    await stage.must_verify("after Kafka was lost")
    seen.verified_s = clock.seconds
    await until_quiet(stage.receiver)
    if any(stage.receiver.ids[each] > count for each, count in before.items()):
        raise DevstackError("a webhook that was delivered came again although its service kept its database")
    seen.notes.append("nobody was told again of what they had been told")
    return seen


async def cases_lost(stage: Stage, *, cases: int = 4, wrongly_first: bool = False) -> Seen:
    """The case database is set back behind what it had published: versions are skipped, and Kafka is written anew.

    With ``wrongly_first`` it is opened for work as it is, as an operator might; that must be seen, and mended.
    """
    live = await stage.work.open()
    moment, lost, clock = await _disaster(stage, "case", cases=cases, moved=live)
    await stage.stop("case")
    await stage.servers["case"].restore(moment)
    seen = Seen(scene="case database", lost_seconds=lost)
    told = await verify_trail(stage.trail("case"))
    if told.ok:
        raise DevstackError("the audit trail's lost end was not noticed")
    seen.notes.append(f"audit verify said: {told.findings[0]}")
    if wrongly_first:
        await _open_as_it_is(stage, live.case_id, seen)
    await _account_for_trail(stage, "case", seen)
    await _mend_events(stage, "case", seen)
    seen.serving_s = clock.seconds
    await _rebuild(stage)
    await stage.work.some(1)
    await _move(stage, live.case_id)
    await stage.must_verify("after the case database was restored")
    seen.verified_s = clock.seconds
    await _versions_go_on(stage, seen)
    return seen


async def _account_for_trail(stage: Stage, service: str, seen: Seen) -> None:
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


async def _mend_events(stage: Stage, service: str, seen: Seen) -> None:
    """Skip what was published and lost, empty the service's topics, and publish its archive; then it runs."""
    file = stage.folder / f"{service}.lost.json"
    looked = await command(stage.platform, service, "recover", "look", "--json", str(file), accept=(0, 1))
    lost = json.loads(file.read_text("utf-8"))["lost"] if looked.code else []
    seen.lost_changes = sum(len(each["events"]) for each in lost)
    seen.notes.append(f"recover look: {looked.text.splitlines()[0]}")
    if lost:
        await command(stage.platform, service, "recover", "fence", "--by", "rehearsal")
        await command(stage.platform, service, "recover", "clear")
    await stage.start(service)
    if lost:
        await command(stage.platform, service, "republish", "--since", _BEGINNING)


async def _rebuild(stage: Stage) -> None:
    """Make the figures anew from what is on Kafka now, and let them take the place of those that know what is lost."""
    await command(stage.platform, "indicator", "rebuild", "start", "--wait")
    await _tried(
        lambda: command(stage.platform, "indicator", "rebuild", "flip", "--accept-missing", "--accept-differences")
    )
    await command(stage.platform, "indicator", "rebuild", "drop", "1")


async def _tried(act: Callable[[], Awaitable[object]], *, times: int = 3) -> None:
    """Try again what refuses while republished events still come in."""
    for number in range(1, times + 1):
        try:
            await act()
        except DevstackError:
            if number == times:
                raise
            await asyncio.sleep(1)
        else:
            return


async def _open_as_it_is(stage: Stage, case_id: UUID, seen: Seen) -> None:
    """Let people work on the restored database as if nothing were lost; `forkant verify` must not be content."""
    await stage.start("case")
    await stage.work.some(2)
    await _move(stage, case_id)
    report = await stage.verified(settle_s=3)
    wrong = findings(report)
    if report.ok:
        raise DevstackError("verify was content with a database that was set back and opened as it was")
    seen.notes += [f"opened as it was, verify said: {each}" for each in wrong[:_MOST_TOLD]]
    await stage.stop("case")


async def _move(stage: Stage, case_id: UUID) -> None:
    """Change a case that has lost versions."""
    row = await stage.platform.fetch("case", "SELECT unit FROM preventive_case WHERE id = $1", case_id)
    unit = row[0]["unit"]
    shown = await stage.platform.call("case", "GET", f"/v1/cases/{case_id}", persona=f"officer-{unit}")
    body = {"risk_factors": ["negative_peers"], "completed": True}
    done = await stage.platform.call(
        "case",
        "PUT",
        f"/v1/cases/{case_id}/assessment",
        persona=f"officer-{unit}",
        body=body,
        etag=shown.headers["etag"],
    )
    if done.is_error:
        raise DevstackError(f"the restored case could not be changed: {done.status_code} {done.text}")


async def _versions_go_on(stage: Stage, seen: Seen) -> None:
    """See that every reader takes what is written now: no gate stands above the case service's own versions."""
    rows = await stage.platform.fetch("case", "SELECT id, version FROM preventive_case")
    versions = {row["id"]: row["version"] for row in rows}
    for service in ("indicator", "notification"):
        gates = await stage.platform.fetch(
            service, "SELECT aggregate_id AS id, max(version) AS version FROM aggregate_version GROUP BY 1"
        )
        ahead = [row["id"] for row in gates if row["version"] > versions.get(row["id"], row["version"])]
        if ahead:
            raise DevstackError(f"{service} is ahead of {len(ahead)} cases and would drop what is written next")
    seen.notes.append("no reader is ahead of a case: nothing that is written now is dropped")
