"""The disasters: what is destroyed, how it is brought back, and what is seen of loss and time.

Each scene works, takes a moment to go back to, works on, destroys, and follows the how-to by its commands. What it
tells is what was measured in it; that all guarantees hold at the end is asked by `forkant verify`.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from forkant_devstack.process import DevstackError
from forkant_devstack.rehearse.commands import command
from forkant_devstack.rehearse.governance import approved_pilot, retire_method
from forkant_devstack.rehearse.mending import BEGINNING, Seen, account_for_trail, mend_events, rebuild
from forkant_devstack.rehearse.stage import Clock, Stage, findings, until_quiet
from forkant_devstack.rehearse.work import UNITS
from forkant_devstack.verify.audit import verify_trail

_MOST_TOLD: Final = 3
_ANOTHER: Final = "agder"
"""A unit that was not in the pilot when it was lost: what is told of it comes first under the next version."""
_GATE: Final = "SELECT max(version) AS version FROM aggregate_version WHERE aggregate_id = $1"
_VERSIONS: Final = """
SELECT id, version FROM preventive_case UNION ALL SELECT id, version FROM concern
UNION ALL SELECT id, version FROM method_head UNION ALL SELECT uid, version FROM unit
UNION ALL SELECT id, version FROM access_review
"""


async def _disaster(
    stage: Stage, service: str, *, cases: int, meanwhile: Callable[[], Awaitable[object]] | None = None
) -> tuple[datetime, float, Clock]:
    """Work, note a moment, work on, and lose the database; return the moment, the seconds lost and the clock.

    ``meanwhile`` changes, after the moment, what was there at it.
    """
    await stage.work.some(cases)
    await stage.caught_up()
    moment = await stage.servers[service].now()
    await stage.work.some(cases)
    if meanwhile is not None:
        await meanwhile()
    await stage.caught_up()
    await until_quiet(stage.receiver, for_s=0.5)
    async with stage.work.going_on(until_refused=service == "case"):
        await stage.servers[service].archive_log()
        lost = (await stage.servers[service].now() - moment).total_seconds()
        clock = Clock()
        await stage.servers[service].destroy()
    return moment, lost, clock


async def indicators_lost(stage: Stage, *, cases: int = 4) -> Seen:
    """The indicator database is set back: it reads on from its own offset, and people repeat what they decided."""
    pilot = await approved_pilot(stage.platform)
    await pilot.enrol(UNITS[0])
    moment, lost, clock = await _disaster(stage, "indicator", cases=cases, meanwhile=lambda: pilot.enrol(UNITS[1]))
    await stage.stop("indicator")
    await stage.servers["indicator"].restore(moment)
    seen = Seen(scene="indicator database", lost_seconds=lost)
    await account_for_trail(stage, "indicator", seen)
    await mend_events(stage, "indicator", seen)
    if not seen.lost_changes:
        raise DevstackError("nobody noticed that the enrolment of a unit in a pilot was lost")
    seen.serving_s = clock.seconds
    for unit in (_ANOTHER, UNITS[1]):
        await pilot.enrol(unit)
    await stage.must_verify("after the indicator database was restored")
    seen.verified_s = clock.seconds
    seen.notes += [
        "figures came back from Kafka by the offsets of the restored database",
        "the enrolment that was lost was repeated after another, and the case service took both",
    ]
    return seen


async def notifications_lost(stage: Stage, *, cases: int = 4) -> Seen:
    """The notification database is set back: what it had sent since comes again, under the same ids."""
    moment, lost, clock = await _disaster(stage, "notification", cases=cases)
    before = dict(stage.receiver.ids)
    await stage.stop("notification")
    await stage.servers["notification"].restore(moment)
    seen = Seen(scene="notification database", lost_seconds=lost)
    await account_for_trail(stage, "notification", seen)
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
        await command(stage.platform, service, "republish", "--since", BEGINNING)
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
    retired: list[tuple[UUID, int]] = []

    async def meanwhile() -> None:
        await live.plan()
        retired.append(await retire_method(stage.platform))

    moment, lost, clock = await _disaster(stage, "case", cases=cases, meanwhile=meanwhile)
    await stage.stop("case")
    await stage.servers["case"].restore(moment)
    seen = Seen(scene="case database", lost_seconds=lost)
    told = await verify_trail(stage.trail("case"))
    if told.ok:
        raise DevstackError("the audit trail's lost end was not noticed")
    seen.notes.append(f"audit verify said: {told.findings[0]}")
    if wrongly_first:
        await _open_as_it_is(stage, live.case_id, seen)
    await account_for_trail(stage, "case", seen)
    await mend_events(stage, "case", seen)
    seen.serving_s = clock.seconds
    await rebuild(stage)
    await stage.work.some(1)
    await _move(stage, live.case_id)
    retired.append(await retire_method(stage.platform))
    await stage.must_verify("after the case database was restored")
    seen.verified_s = clock.seconds
    await _versions_go_on(stage, seen)
    await _retired_again(stage, *retired)
    return seen


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
    rows = await stage.platform.fetch("case", _VERSIONS)
    versions = {row["id"]: row["version"] for row in rows}
    for service in ("indicator", "notification"):
        gates = await stage.platform.fetch(
            service, "SELECT aggregate_id AS id, max(version) AS version FROM aggregate_version GROUP BY 1"
        )
        ahead = [row["id"] for row in gates if row["version"] > versions.get(row["id"], row["version"])]
        if ahead:
            raise DevstackError(f"{service} is ahead of {len(ahead)} of them and would drop what is written next")
    seen.notes.append("no reader is ahead of a case, a method or a unit: nothing that is written now is dropped")


async def _retired_again(stage: Stage, lost: tuple[UUID, int], again: tuple[UUID, int]) -> None:
    """See that readers took the second retirement of a method, whose first they had read before it was lost."""
    if again[1] <= lost[1]:
        raise DevstackError(f"version {again[1]} of a method was given again, and readers dropped it")
    for service in ("indicator", "notification"):
        [gate] = await stage.platform.fetch(service, _GATE, again[0])
        if gate["version"] != again[1]:
            raise DevstackError(f"{service} did not take that a method was retired again")
