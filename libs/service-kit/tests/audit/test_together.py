"""Requests that wait at once share a transaction, and each is answered after its own entry is there."""

import asyncio
from uuid import UUID, uuid4

import pytest
from forkant_kit.audit.record import Actor, Entry, Trail
from forkant_kit.audit.together import Together
from forkant_kit.problems import ProblemError
from forkant_kit.testing import Stage

from .conftest import Trail as Kept


def who(number: int) -> Trail:
    return Trail(
        actor=Actor(subject=f"officer-{number}", client_id="forkant-web", unit="oslo", roles=("case_officer",))
    )


def read_of(what: UUID) -> Entry:
    return Entry(action="figures.read", object_kind="target", object_ids=[what])


async def entries(stage: Stage) -> set[tuple[str, UUID]]:
    rows = await stage.fetch("SELECT subject, object_ids FROM audit_entry")
    return {(row["subject"], row["object_ids"][0]) for row in rows}


@pytest.fixture
def looks() -> list[int]:
    return []


async def test_those_who_come_at_once_share_a_look_and_each_has_an_entry_of_their_own(trail: Kept, looks: list[int]):
    async def look() -> None:
        looks.append(len(await entries(trail.stage)))

    together, objects = Together(trail.stage.engine, before=look), [uuid4() for _ in range(20)]
    trails = [who(number) for number in range(20)]
    await asyncio.gather(*[together.record(t, read_of(o)) for t, o in zip(trails, objects, strict=True)])
    assert await entries(trail.stage) == {(f"officer-{n}", o) for n, o in enumerate(objects)}
    assert all(each.recorded for each in trails)
    assert looks == [0]


async def test_who_comes_while_others_are_written_gets_a_look_of_their_own_later(trail: Kept, looks: list[int]):
    under_way, go_on = asyncio.Event(), asyncio.Event()

    async def look() -> None:
        looks.append(len(await entries(trail.stage)))
        under_way.set()
        await go_on.wait()

    together = Together(trail.stage.engine, before=look)
    first = asyncio.create_task(together.record(who(1), read_of(uuid4())))
    await under_way.wait()
    second = asyncio.create_task(together.record(who(2), read_of(uuid4())))
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(first, second)
    # The look of the second was made after the first was written, so it missed nothing that came in between.
    assert looks == [0, 1]


async def test_a_trail_that_cannot_be_written_refuses_all_who_wait_and_the_next_are_tried_anew(trail: Kept):
    async def look() -> None:
        pass

    together = Together(trail.stage.engine, before=look)
    await trail.stage.fetch("ALTER TABLE audit_entry RENAME TO away")
    found = await asyncio.gather(
        *[together.record(who(number), read_of(uuid4())) for number in range(3)], return_exceptions=True
    )
    assert [isinstance(each, ProblemError) and each.code for each in found] == ["audit-unavailable"] * 3
    await trail.stage.fetch("ALTER TABLE away RENAME TO audit_entry")
    await together.record(who(4), read_of(uuid4()))
    assert {subject for subject, _ in await entries(trail.stage)} == {"officer-4"}


async def test_a_fault_that_nobody_expected_is_raised_by_all_who_wait_and_nobody_waits_for_ever(
    trail: Kept, monkeypatch: pytest.MonkeyPatch
):
    async def look() -> None:
        pass

    async def planted(*_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("forkant_kit.audit.together.write_for_all", planted)
    together = Together(trail.stage.engine, before=look)
    async with asyncio.timeout(30):
        found = await asyncio.gather(
            *[together.record(who(number), read_of(uuid4())) for number in range(3)], return_exceptions=True
        )
    assert [type(each) for each in found] == [RuntimeError] * 3
