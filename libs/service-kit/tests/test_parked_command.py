"""What people see of parked events, and how they ask for something to be done."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from forkant_contracts import Event
from forkant_kit.batch import BatchProcessor
from forkant_kit.gate import Record
from forkant_kit.parked import discard, replay, show_list, show_one
from forkant_kit.parked_desk import Desk, NoSuchParkedEventError, NotRecordedError
from forkant_kit.parked_work import ParkedWork
from forkant_kit.testing import Stage, a_record, broken
from sqlalchemy.ext.asyncio import AsyncConnection


async def nothing(_conn: AsyncConnection, _events: Sequence[Event]) -> None:
    """Do nothing with events."""


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(databases={"one": stage.app_url}, by="tester")


@asynccontextmanager
async def worker(stage: Stage) -> AsyncIterator[None]:
    async def attend() -> None:
        while True:
            await ParkedWork(engine=stage.engine, group="g", apply=nothing).attend()
            await asyncio.sleep(0.02)

    task = asyncio.create_task(attend())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def park(stage: Stage, *records: Record) -> list[str]:
    placed = [record._replace(offset=offset) for offset, record in enumerate(records)]
    await BatchProcessor(engine=stage.engine, group="g", apply=nothing).process(placed)
    return [f"one:{row['id']}" for row in await stage.fetch("SELECT id FROM parked_event ORDER BY id")]


async def again(desk: Desk, ids: Sequence[str], *, aggregate: UUID | None = None, everything: bool = False) -> int:
    return await replay(desk, ids, aggregate=aggregate, everything=everything, group=None, wait_s=10)


async def test_the_list_shows_where_an_event_stood_and_why_it_is_parked(stage: Stage, desk: Desk, capsys):
    case = uuid4()
    ids = await park(stage, a_record(case, 2), broken(None, None))
    assert await show_list(desk, group=None, aggregate=None, limit=10, as_json=False) == 0
    text = capsys.readouterr().out
    for shown in (*ids, "t/0@0", "no.forkant.case.assessment-started.v1", str(case), "gap", "malformed"):
        assert shown in text
    assert await show_list(desk, group=None, aggregate=case, limit=10, as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["total"], found["parked"][0]["version"], found["parked"][0]["offset"]) == (1, 2, 0)


async def test_a_list_that_is_cut_off_says_so(stage: Stage, desk: Desk, capsys):
    await park(stage, *[a_record(uuid4(), 2) for _ in range(3)])
    await show_list(desk, group=None, aggregate=None, limit=2, as_json=False)
    assert "and 1 more" in capsys.readouterr().out


async def test_a_well_formed_event_is_shown_whole(stage: Stage, desk: Desk):
    [parked_id] = await park(stage, a_record(uuid4(), 2))
    found = await desk.show(desk.place(parked_id))
    assert found["body"] == "{}"
    assert found["headers"]["ce_aggregateversion"] == "2"


async def test_of_a_malformed_record_only_ids_and_codes_are_shown_until_the_body_is_asked_for(
    stage: Stage, desk: Desk, capsys
):
    good = a_record(uuid4(), 1)
    headers = (*good.headers, ("x-name", b"Kari Nordmann"), ("ce_unit", b"Kari Nordmann"))
    record = good._replace(headers=headers, value=b'{"name": "Kari Nordmann\x1b[31m"')
    [parked_id] = await park(stage, record)
    assert await show_one(desk, parked_id, body=False, as_json=False) == 0
    shown = capsys.readouterr()
    assert "Kari" not in shown.out
    assert "no.forkant.case.assessment-started.v1" in shown.out
    assert "x-name" not in shown.out
    assert await show_one(desk, parked_id, body=True, as_json=False) == 0
    shown = capsys.readouterr()
    assert "Kari" in shown.out
    assert "\x1b" not in shown.out
    assert "keep it out of tickets" in shown.err


async def test_a_replay_waits_for_the_worker_and_tells_what_became_of_it(stage: Stage, desk: Desk, capsys):
    case = uuid4()
    ids = await park(stage, a_record(case, 2), a_record(case, 3))
    async with worker(stage):
        assert await again(desk, ids[:1]) == 1
        assert f"{ids[0]}: still parked: gap: version 2 came, version 1 is missing" in capsys.readouterr().out
        await stage.fetch("INSERT INTO aggregate_version VALUES ('g', $1, 1)", case)
        assert await again(desk, [], aggregate=case) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("one:")]
    assert told == [f"{each}: applied" for each in ids]
    history = [tuple(row) for row in await stage.fetch("SELECT action, requested_by FROM parked_action ORDER BY id")]
    assert history == [("replay", "tester")] * 3


async def test_a_discard_keeps_who_and_why(stage: Stage, desk: Desk, capsys):
    [parked_id] = await park(stage, broken(uuid4(), 1))
    async with worker(stage):
        assert await discard(desk, parked_id, reason="cut off", wait_s=10) == 0
    assert f"{parked_id}: discarded" in capsys.readouterr().out
    [row] = await stage.fetch("SELECT action, requested_by, reason, requested_at FROM parked_action")
    assert (row["action"], row["requested_by"], row["reason"]) == ("discard", "tester", "cut off")
    assert row["requested_at"] is not None


async def test_without_a_worker_the_request_stands_and_the_command_says_so(stage: Stage, desk: Desk, capsys):
    [parked_id] = await park(stage, a_record(uuid4(), 2))
    code = await replay(desk, [parked_id], aggregate=None, everything=False, group=None, wait_s=0)
    assert code == 1
    assert "Does the service's worker run?" in capsys.readouterr().out
    assert (await desk.show(desk.place(parked_id)))["asked_for"] == "replay"


@pytest.mark.parametrize("given", ["two:1", "1", "one:x", "one:"])
def test_what_is_no_id_is_refused_with_an_example(desk: Desk, given: str):
    with pytest.raises(NoSuchParkedEventError, match="one:12"):
        desk.place(given)


async def test_an_event_that_is_not_parked_is_not_shown(desk: Desk):
    with pytest.raises(NoSuchParkedEventError, match="not parked"):
        await desk.show(desk.place("one:99"))


async def run(stage: Stage, *arguments: str, **environment: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "forkant_kit.parked",
        *arguments,
        env=dict(os.environ) | {"FORKANT_DATABASE_URL": stage.app_url} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_a_deployed_service_needs_no_more_than_its_database_url(stage: Stage):
    await park(stage, broken(None, None))
    code, out, _ = await run(stage, "list", "--by", "duty operator")
    assert (code, "malformed" in out) == (0, True)
    assert (await trail(stage))[-1][0] == "duty operator"
    async with worker(stage):
        code, out, err = await run(stage, "discard", "1", "--by", "tester", "--reason", "not ours")
    assert (code, out.strip()) == (0, "1: discarded"), err
    assert (await run(stage, "list"))[1].strip() == "Nothing is parked."


async def test_a_wrong_call_says_what_is_wrong(stage: Stage):
    assert (await run(stage, "list", FORKANT_DATABASE_URL=""))[0] == 78
    code, _, err = await run(stage, "discard", "1", "--by", "tester")
    assert (code, "--reason" in err) == (2, True)
    code, _, err = await run(stage, "replay")
    assert (code, "--all" in err) == (2, True)


async def trail(stage: Stage) -> list[tuple[str, str, str, list[UUID]]]:
    rows = await stage.fetch("SELECT subject, unit, action, object_ids FROM audit_entry ORDER BY seq")
    return [(row["subject"], row["unit"], row["action"], row["object_ids"]) for row in rows]


async def test_each_look_and_each_request_is_in_the_trail_with_what_it_was_about(stage: Stage, desk: Desk):
    one, two = uuid4(), uuid4()
    first, second, lost = await park(stage, a_record(one, 2), a_record(two, 2), broken(None, None))
    await desk.find(limit=1)
    await desk.find(aggregate=two)
    await desk.show(desk.place(first))
    await desk.show(desk.place(first), body=True)
    await desk.show(desk.place(lost))
    await desk.ask("replay", [desk.place(first), desk.place(second)], wait_s=0)
    await desk.ask("discard", [desk.place(lost)], reason="cut off", wait_s=0)
    found = await trail(stage)
    assert {(subject, unit) for subject, unit, _, _ in found} == {("tester", "pod")}
    assert [(action, {*ids}) for _, _, action, ids in found] == [
        ("parked.list", {min(one, two)}),
        ("parked.list", {two}),
        ("parked.read", {one}),
        ("parked.read_body", {one}),
        ("parked.read", set()),
        ("parked.replay", {one, two}),
        ("parked.discard", set()),
    ]


async def test_without_a_trail_nothing_is_shown_or_asked_for(stage: Stage, desk: Desk):
    [parked_id] = await park(stage, a_record(uuid4(), 2))
    await stage.fetch("ALTER TABLE audit_entry RENAME TO audit_away")
    for act in (
        desk.find(),
        desk.show(desk.place(parked_id)),
        desk.ask("replay", [desk.place(parked_id)], wait_s=0),
    ):
        with pytest.raises(NotRecordedError, match="nothing was shown"):
            await act
    assert await stage.fetch("SELECT FROM parked_action") == []
    code, out, err = await run(stage, "list")
    assert (code, out) == (1, "")
    assert "nothing was shown or done" in err
