"""What events lead to in the database."""

import json
from datetime import date
from uuid import uuid4

import pytest
from forkant_contracts import encode
from forkant_contracts.codes import BreakGlassReason
from forkant_contracts.events.access import AccessGlassBroken
from forkant_contracts.events.case import CaseTransferred
from forkant_contracts.events.information import InformationDeadlineNear
from forkant_kit.batch import BatchProcessor
from forkant_kit.gate import Record
from notification_service.commands import dead_letters, endpoints
from notification_service.consumers import GROUP
from notification_service.domain.refusals import Code, Refusal

URL = "http://127.0.0.1:9/hook"


def summary(entries) -> list[tuple[str, str]]:
    return [(entry["kind"], entry["unit"]) for entry in entries]


async def test_an_event_becomes_an_entry_for_the_roles_of_its_unit(world):
    case = uuid4()
    await world.happen(world.event("opened", case), world.event("planned", case, 2), world.event("approved", case, 3))
    await world.happen(world.event("concern", uuid4(), unit="troms"))
    entries = await world.entries()
    assert summary(entries) == [
        ("case_opened", "oslo"),
        ("plan_awaits_approval", "oslo"),
        ("plan_approved", "oslo"),
        ("concern_received", "troms"),
    ]
    assert entries[1]["roles"] == ["prevention_lead"]
    assert entries[3]["subject"] == "concern"


async def test_an_event_becomes_a_delivery_for_each_endpoint_that_may_know_of_it(world):
    oslo, _ = await world.endpoint(URL)
    troms, _ = await world.endpoint(URL, unit="troms")
    national, _ = await world.endpoint(URL, unit="pod", national=True)
    closing, _ = await world.endpoint(URL, types=["no.forkant.case.closed.v1"])
    await world.happen(world.event("opened", uuid4()))
    counts = {one: len(await world.deliveries(one)) for one in (oslo, troms, national, closing)}
    assert counts == {oslo: 1, troms: 0, national: 1, closing: 0}


async def test_sequences_of_an_endpoint_have_no_gaps_and_follow_the_events(world):
    endpoint, _ = await world.endpoint(URL)
    first, second = uuid4(), uuid4()
    await world.happen(world.event("opened", first), world.event("opened", second), world.event("planned", first, 2))
    await world.happen(world.event("planned", second, 2))
    rows = await world.deliveries(endpoint)
    assert [row["sequence"] for row in rows] == [1, 2, 3, 4]
    assert [(row["subject_id"], row["subject_version"]) for row in rows] == [
        (first, 1),
        (second, 1),
        (first, 2),
        (second, 2),
    ]
    assert [row["blocked"] for row in rows] == [False, False, True, True]


async def test_a_batch_that_is_rolled_back_leaves_nothing_and_takes_no_number(world):
    endpoint, _ = await world.endpoint(URL)
    async with world.stage.engine.connect() as conn:
        await world.notifier.apply(conn, [world.event("opened", uuid4())])
        await conn.rollback()
    assert await world.entries() == []
    await world.happen(world.event("opened", uuid4()))
    assert [row["sequence"] for row in await world.deliveries(endpoint)] == [1]


async def test_a_batch_applied_again_notifies_nobody_again(world):
    endpoint, _ = await world.endpoint(URL)
    case, other = uuid4(), uuid4()
    batch = [world.event("opened", case), world.event("opened", other), world.event("planned", case, 2)]
    await world.happen(*batch)
    before = await world.entries(), await world.deliveries(endpoint)
    await world.happen(*batch)
    assert (await world.entries(), await world.deliveries(endpoint)) == before
    await world.happen(world.event("approved", case, 3))
    assert [row["sequence"] for row in await world.deliveries(endpoint)] == [1, 2, 3, 4]


def records(events) -> list[Record]:
    messages = [encode(event) for event in events]
    return [Record("t", 0, offset, m.key, tuple(m.headers), m.value) for offset, m in enumerate(messages)]


async def test_a_consumer_that_starts_over_from_the_first_event_notifies_nobody_again(world):
    endpoint, _ = await world.endpoint(URL)
    case, moved = uuid4(), uuid4()
    events = [
        world.event("opened", case),
        world.event("planned", case, 2),
        world.event("erased", case, 3),
        world.event("opened", moved),
        world.event(CaseTransferred(from_unit="oslo"), moved, 2, unit="troms"),
        world.event("restricted", moved, 3, unit="troms"),
        world.event("lifted", moved, 4, unit="troms"),
        world.event("planned", moved, 5, unit="troms"),
        world.event("merged", moved, 6, unit="troms"),
    ]
    processor = BatchProcessor(engine=world.stage.engine, group=GROUP, apply=world.notifier.apply)
    for start in range(len(events)):
        await processor.process(records(events)[start : start + 1])
    before = summary(await world.entries()), await world.deliveries(endpoint)
    assert len(before[1]) == 5
    assert ("case_merged", "troms") in before[0]
    assert ("plan_awaits_approval", "troms") not in before[0]
    standing = await world.stage.fetch("SELECT case_id, version, restricted, erased_version FROM case_standing")
    await world.stage.fetch("DELETE FROM consumer_offset")
    await world.stage.fetch("DELETE FROM aggregate_version")
    for batch in (records(events)[:3], records(events)[3:]):
        await processor.process(batch)
    assert (summary(await world.entries()), await world.deliveries(endpoint)) == before
    again = await world.stage.fetch("SELECT case_id, version, restricted, erased_version FROM case_standing")
    assert sorted(again) == sorted(standing)


async def test_an_endpoint_gets_nothing_that_was_recorded_before_it_existed(world):
    early = world.event("opened", uuid4())
    world.clock.advance(seconds=1)
    endpoint, _ = await world.endpoint(URL)
    await world.happen(early, world.event("opened", uuid4()))
    assert len(await world.deliveries(endpoint)) == 1


async def test_a_transfer_is_told_to_both_units_and_takes_the_earlier_entries_from_the_former(world):
    case, staying = uuid4(), uuid4()
    oslo, _ = await world.endpoint(URL)
    troms, _ = await world.endpoint(URL, unit="troms")
    await world.happen(world.event("opened", case), world.event("opened", staying))
    await world.happen(world.event(CaseTransferred(from_unit="oslo"), case, 2, unit="troms"))
    await world.happen(world.event("closed", case, 3, unit="troms"))
    assert summary(await world.entries()) == [
        ("case_opened", "oslo"),
        ("case_transferred_in", "troms"),
        ("case_transferred_out", "oslo"),
        ("case_closed", "troms"),
    ]
    assert [row["subject_version"] for row in await world.deliveries(oslo)] == [1, 1, 2]
    assert [row["subject_version"] for row in await world.deliveries(troms)] == [2, 3]


async def test_merging_takes_the_news_of_the_work_away_and_leaves_what_the_law_asks_for(world):
    case, other = uuid4(), uuid4()
    endpoint, _ = await world.endpoint(URL)
    await world.happen(world.event("opened", case), world.event("opened", other), world.event("planned", case, 2))
    near = InformationDeadlineNear(information_id=uuid4(), clarification_deadline=date(2026, 7, 1))
    await world.happen(world.event(near, case, 3))
    broken = AccessGlassBroken(case_id=case, reason=BreakGlassReason.ACUTE_DANGER, by_unit="troms")
    await world.happen(world.event(broken, uuid4(), 1))
    await world.happen(world.event("merged", case, 4))
    kept = [
        ("case_opened", "oslo"),
        ("information_deadline_near", "oslo"),
        ("glass_broken", "oslo"),
        ("case_merged", "oslo"),
    ]
    assert sorted(summary(await world.entries())) == sorted(kept)
    assert [row["subject_version"] for row in await world.deliveries(endpoint)] == [1, 1, 2, 3, 4]
    # What comes after it is the merged case's own: its information is still to be clarified, in time.
    await world.happen(world.event(near, case, 5))
    assert [kind for kind, _ in summary(await world.entries())].count("information_deadline_near") == 2


async def test_erasure_leaves_only_its_own_notice_in_the_inbox(world):
    case, other = uuid4(), uuid4()
    await world.happen(world.event("opened", case), world.event("opened", other), world.event("planned", case, 2))
    await world.happen(world.event("erased", case, 3))
    assert summary(await world.entries()) == [("case_opened", "oslo"), ("case_erased", "oslo")]
    kept = (
        "SELECT subject, unit, version FROM audit_entry WHERE action = 'case.erase_copies'"
        " AND object_ids = ARRAY[$1::uuid]"
    )
    [entry] = await world.stage.fetch(kept, case)
    assert tuple(entry) == ("notification-service", "oslo", 3)


async def test_erasure_cancels_what_waits_and_blanks_the_log_and_is_still_delivered(world, receiver):
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    case = uuid4()
    await world.happen(world.event("opened", case))
    await world.deliver()
    receiver.answer("/hook", 500)
    await world.happen(world.event("planned", case, 2), world.event("approved", case, 3))
    await world.deliver()
    await world.happen(world.event("erased", case, 4))
    sent, failing, waiting, erasure = await world.deliveries(endpoint)
    assert (sent["status"], failing["status"], waiting["status"]) == ("delivered", "cancelled", "cancelled")
    for row in (sent, failing, waiting):
        assert row["redacted_at"] is not None
        assert [row[name] for name in ("event_type", "subject_version", "unit", "occurred_at", "traceparent")] == [
            None
        ] * 5
    assert (erasure["status"], erasure["blocked"]) == ("pending", False)
    receiver.answer("/hook", 204)
    await world.deliver()
    assert receiver.received[-1].document["type"] == "no.forkant.case.erased.v1"
    assert [row["status"] for row in await world.deliveries(endpoint)] == [
        "delivered",
        "cancelled",
        "cancelled",
        "delivered",
    ]


async def test_erasure_reaches_the_dead_letters(world, receiver):
    endpoint, _ = await world.endpoint(f"{receiver.url}/hook")
    case = uuid4()
    await world.happen(world.event("opened", case))
    await world.stage.fetch("UPDATE delivery SET status = 'dead', reason = 'attempts_used', settled_at = now()")
    await world.happen(world.event("erased", case, 2))
    dead, _ = await world.deliveries(endpoint)
    assert (dead["status"], dead["reason"]) == ("cancelled", "case_erased")
    with pytest.raises(Refusal):
        await world.command(dead_letters.replay, world.context(), dead["id"])


async def test_erasure_reaches_every_endpoint_that_was_told_of_the_case_whatever_it_asks_for_now(world):
    case = uuid4()
    former, _ = await world.endpoint(URL)
    narrow, _ = await world.endpoint(URL, types=["no.forkant.case.opened.v1"])
    never, _ = await world.endpoint(URL, unit="troms", types=["no.forkant.concern.received.v1"])
    await world.happen(world.event("opened", case))
    await world.happen(world.event(CaseTransferred(from_unit="oslo"), case, 2, unit="troms"))
    await world.happen(world.event(CaseTransferred(from_unit="troms"), case, 3, unit="vest"))
    await world.happen(world.event("erased", case, 4, unit="vest"))
    last = [(await world.deliveries(one))[-1] for one in (former, narrow)]
    assert [row["event_type"] for row in last] == ["no.forkant.case.erased.v1"] * 2
    assert [row["unit"] for row in last] == [None, None], "where the case went is not for oslo to know"
    assert await world.deliveries(never) == []


async def test_what_comes_late_does_not_bring_an_erased_case_back(world):
    endpoint, _ = await world.endpoint(URL)
    case = uuid4()
    opened, erased = world.event("opened", case), world.event("erased", case, 2)
    await world.happen(opened, erased)
    assert summary(await world.entries()) == [("case_erased", "oslo")]
    assert len(await world.deliveries(endpoint)) == 1
    await world.happen(opened)
    assert summary(await world.entries()) == [("case_erased", "oslo")]
    assert len(await world.deliveries(endpoint)) == 1


async def test_restriction_sets_aside_what_waits_but_its_own_notice_goes(world):
    endpoint, _ = await world.endpoint(URL)
    case, other = uuid4(), uuid4()
    await world.happen(world.event("opened", case), world.event("planned", case, 2), world.event("opened", other))
    await world.happen(world.event("restricted", case, 3))
    first, second, unrelated, notice = await world.deliveries(endpoint)
    for row in (first, second):
        assert (row["status"], row["reason"]) == ("dead", "case_restricted")
    assert unrelated["status"] == "pending"
    assert (notice["status"], notice["blocked"]) == ("pending", False)


async def test_a_dead_letter_of_a_restricted_case_can_be_sent_when_the_restriction_is_lifted(world):
    endpoint, _ = await world.endpoint(URL)
    case = uuid4()
    await world.happen(world.event("opened", case))
    await world.happen(world.event("restricted", case, 2))
    letter = (await world.deliveries(endpoint))[0]["id"]
    with pytest.raises(Refusal) as refused:
        await world.command(dead_letters.replay, world.context(), letter)
    assert refused.value.code is Code.CASE_RESTRICTED
    await world.happen(world.event("lifted", case, 3))
    await world.command(dead_letters.replay, world.context(), letter)
    rows = await world.deliveries(endpoint)
    assert [(row["status"], row["blocked"]) for row in rows] == [
        ("pending", False),
        ("pending", True),
        ("pending", True),
    ]


async def test_an_endpoint_that_is_off_gets_no_deliveries(world):
    endpoint, _ = await world.endpoint(URL)
    changes = endpoints.Changes(enabled=False)
    await world.command(endpoints.change, world.context(), endpoint, version=1, changes=changes)
    await world.happen(world.event("opened", uuid4()))
    assert await world.deliveries(endpoint) == []


async def test_an_event_without_news_leaves_no_entry(world):
    await world.happen(world.event("assessed", uuid4(), 1))
    assert await world.entries() == []


async def test_nothing_of_the_events_data_is_kept_but_the_theme_that_people_subscribe_to(world):
    await world.endpoint(URL)
    case = uuid4()
    await world.happen(world.event("opened", case), world.event("closed", case, 2))
    entries = await world.entries()
    assert [row["theme"] for row in entries] == ["violence"] * 2
    rows = [{**row, "theme": None} for row in entries] + [dict(row) for row in await world.deliveries()]
    held = json.dumps(rows, default=str)
    for code in ("under_15", "violence", "at_risk", "prevent_crime", "police_act", "evaluated"):
        assert f'"{code}"' not in held


async def test_what_is_published_once_more_teaches_the_themes_of_older_cases_and_tells_nobody_anew(world, caller):
    """Cases opened before themes were kept; ``forkant republish`` brings their first event again."""
    old, gone, concern = uuid4(), uuid4(), uuid4()
    events = [
        world.event("opened", old),
        world.event("opened", gone),
        world.event("concern", concern),
        world.event("erased", gone, 2),
    ]
    read = records(events)
    processor = BatchProcessor(
        engine=world.stage.engine, group=GROUP, apply=world.notifier.apply, learn=world.notifier.learn
    )
    await processor.process(read)
    await world.stage.fetch("DELETE FROM subject_theme")
    await world.stage.fetch("UPDATE inbox_entry SET theme = NULL")
    before = summary(await world.entries())
    lead, preview = caller("lead-oslo"), {"themes": ["violence"]}
    assert (await lead.post("/v1/subscriptions/preview", preview)).json()["total"] == 0

    await processor.process([record._replace(offset=len(read) + place) for place, record in enumerate(read)])
    assert summary(await world.entries()) == before
    assert (await lead.post("/v1/subscriptions/preview", preview)).json()["total"] == 2
    themes = await world.stage.fetch("SELECT subject_id FROM subject_theme")
    assert {row["subject_id"] for row in themes} == {old, concern}, "what was erased is not learnt again"
    [closed] = records([world.event("closed", old, 2)])
    await processor.process([closed._replace(offset=2 * len(read))])
    assert (await lead.post("/v1/subscriptions/preview", preview)).json()["by_kind"]["case_closed"] == 1
