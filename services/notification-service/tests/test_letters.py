"""Letters: who is told what when, asked again when it is sent, once, and never of what is not theirs to know."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from forkant_contracts.codes import BreakGlassReason
from forkant_contracts.events.access import AccessGlassBroken
from notification_service.domain.letters import Letter, Outcome, Purpose, Reason, Refused, TryLater
from notification_service.post.desk import PostConfig
from notification_service.post.office import Office
from notification_service.post.rights import NobodyAnswers

from .letterbox import ADDRESS, NIGHT, NOON


async def test_a_message_that_was_subscribed_to_arrives_once_with_a_link_and_nothing_else(post, lead, world):
    await post.reaches(lead, {"language": "nn"}, subscribe={"kinds": ["case_closed"]})
    case = uuid4()
    events = world.event("opened", case), world.event("closed", case, 2)
    await world.happen(*events)
    await post.run()
    [letter] = [each for each in post.mailbox.letters if each.items]
    [item] = letter.items
    [entry] = [row for row in await world.entries() if row["kind"] == "case_closed"]
    assert (letter.to, letter.language, letter.purpose) == (ADDRESS, "nn", Purpose.MESSAGE)
    assert (item.kind, item.unit, item.path) == ("case_closed", "oslo", f"/v1/inbox/{entry['id']}")
    assert str(case) not in repr(letter)
    [row] = await post.letters()
    assert (row["status"], row["id"], row["attempts"], row["wording"]) == ("delivered", letter.id, 1, "1")
    await world.happen(*events)
    await post.run()
    assert len(post.mailbox.told) == 1


async def test_who_did_not_subscribe_or_has_no_confirmed_address_is_sent_nothing(post, lead, caller, world):
    await post.reaches(lead)
    body = {"contacts": [{"channel": "email", "address": ADDRESS}]}
    officer = caller("officer-oslo")
    await officer.put("/v1/preferences", body, '"v0"')
    await officer.post("/v1/subscriptions", {})
    await caller("lead-troms").post("/v1/subscriptions", {})
    case = uuid4()
    await world.happen(world.event("opened", case), world.event("closed", case, 2))
    await post.run()
    assert post.mailbox.told == []


async def test_what_is_mandatory_is_sent_without_a_subscription_at_night_and_whatever_was_chosen(post, lead, world):
    quiet = {"quiet_hours": {"start": "22:00", "end": "07:00"}, "digest": {"every": "day", "hour": 8}}
    await post.reaches(lead, quiet)
    world.clock.moment = NIGHT
    glass = AccessGlassBroken(case_id=uuid4(), reason=BreakGlassReason.ACUTE_DANGER, by_unit="troms")
    await world.happen(world.event(glass, uuid4()))
    await post.run()
    assert post.mailbox.told == [["glass_broken"]]


async def test_at_night_a_letter_waits_for_the_morning_and_what_waits_comes_together(post, lead, world):
    quiet = {"quiet_hours": {"start": "22:00", "end": "07:00"}}
    await post.reaches(lead, quiet, subscribe={"kinds": ["case_opened"]})
    world.clock.moment = NIGHT
    for _ in range(3):
        await world.happen(world.event("opened", uuid4()))
        await post.run()
    assert post.mailbox.told == []
    [row] = await post.letters()
    assert row["window_at"] == datetime(2026, 6, 2, 5, tzinfo=UTC)
    world.clock.moment = row["window_at"]
    await post.run()
    assert post.mailbox.told == [["case_opened"] * 3]


async def test_a_retry_that_falls_into_the_night_waits_too_and_loses_no_attempt(post, lead, world):
    await post.reaches(lead, {"quiet_hours": {"start": "22:00", "end": "07:00"}}, subscribe={"kinds": ["case_opened"]})
    world.clock.moment = NIGHT - timedelta(hours=1, minutes=31)
    post.mailbox.answers = [TryLater(reason=Reason.DEFERRED, wait=timedelta(hours=2))]
    await world.happen(world.event("opened", uuid4()))
    await post.run()
    world.clock.advance(hours=2, minutes=1)
    await post.run()
    [row] = await post.letters()
    assert (row["reason"], row["rung"], row["due_at"]) == ("quiet_hours", 1, datetime(2026, 6, 2, 5, tzinfo=UTC))
    world.clock.moment = row["due_at"]
    await post.run()
    assert [row["status"] for row in await post.letters()] == ["delivered"]
    assert {letter.id for letter in post.mailbox.letters if letter.items} == {row["id"]}


DIGEST = {"digest": {"every": "day", "hour": 14}, "kinds": {"case_opened": "digest"}}


async def test_a_digest_comes_once_at_its_hour_with_all_that_was_collected(post, lead, world):
    await post.reaches(lead, DIGEST, subscribe={"kinds": ["case_opened", "case_closed"]})
    case = uuid4()
    await world.happen(world.event("opened", case), world.event("opened", uuid4()))
    await world.happen(world.event("closed", case, 2))
    await post.run()
    assert post.mailbox.told == [["case_closed"]]
    world.clock.moment = datetime(2026, 6, 1, 12, tzinfo=UTC)
    await asyncio.gather(*(Office(replace(post.desk)).run_until_idle() for _ in range(3)))
    assert post.mailbox.told == [["case_closed"], ["case_opened"] * 2]
    assert post.mailbox.letters[-1].purpose is Purpose.DIGEST
    await world.happen(world.event("opened", uuid4()))
    await post.run()
    world.clock.advance(days=1)
    await post.run()
    assert post.mailbox.told[2:] == [["case_opened"]]
    windows = [row["window_at"] for row in await post.letters() if row["purpose"] == "digest"]
    assert windows == [datetime(2026, 6, 1, 12, tzinfo=UTC), datetime(2026, 6, 2, 12, tzinfo=UTC)]


async def test_what_comes_while_a_digest_is_on_its_way_is_in_the_next(post, lead, world):
    await post.reaches(lead, DIGEST, subscribe={"kinds": ["case_opened"]})
    await world.happen(world.event("opened", uuid4()))
    await post.run()
    await world.stage.fetch("UPDATE letter SET attempts = 1 WHERE purpose = 'digest'")
    await world.happen(world.event("opened", uuid4()))
    await post.run()
    assert [row["window_at"].day for row in await post.letters()] == [1, 2]


async def test_a_kind_that_nobody_wants_any_more_falls_out_of_what_waits(post, lead, world):
    await post.reaches(lead, DIGEST, subscribe={"kinds": ["case_opened"]})
    await world.happen(world.event("opened", uuid4()))
    await post.run()
    await post.reaches(lead, {**DIGEST, "kinds": {"case_opened": "none"}})
    world.clock.advance(days=1)
    await post.run()
    [row] = await post.letters()
    assert (row["status"], row["reason"]) == ("cancelled", "nothing_left")
    assert post.mailbox.told == []


async def test_what_a_subscription_that_ended_wanted_is_not_sent(post, lead, world):
    await post.reaches(lead, DIGEST, subscribe={"kinds": ["case_opened"]})
    await world.happen(world.event("opened", uuid4()))
    await post.run()
    [made] = (await lead.get("/v1/subscriptions")).json()["items"]
    await lead.delete(f"/v1/subscriptions/{made['id']}", '"v1"')
    world.clock.advance(days=1)
    await post.run()
    assert (await post.letters())[0]["status"] == "cancelled"
    assert post.mailbox.told == []


async def waiting(post, person, world) -> UUID:
    """Let a letter about a case wait for the digest's hour, and return the case."""
    await post.reaches(person, DIGEST, subscribe={"kinds": ["case_opened"]})
    case = uuid4()
    await world.happen(world.event("opened", case))
    await post.run()
    world.clock.advance(days=1)
    return case


async def test_a_right_that_is_gone_when_the_letter_is_due_sends_nothing_and_says_nothing(
    post, lead, world, case_service
):
    case_service.hide("lead-oslo", await waiting(post, lead, world))
    await post.run()
    [row] = await post.letters()
    assert (row["status"], row["reason"]) == ("cancelled", "nothing_left")
    assert post.mailbox.told == []
    [shown] = (await lead.get("/v1/letters", status="cancelled")).json()["items"]
    assert shown["items"] == []


async def test_of_a_digest_only_what_the_person_may_still_know_is_sent(post, lead, world, case_service):
    case = await waiting(post, lead, world)
    world.clock.advance(days=-1)
    await world.happen(world.event("opened", uuid4()))
    await post.run()
    world.clock.advance(days=1)
    case_service.hide("lead-oslo", case)
    await post.run()
    assert post.mailbox.told == [["case_opened"]]
    [row] = await world.stage.fetch("SELECT count(*) AS items FROM letter_item")
    assert row["items"] == 1


@pytest.mark.parametrize("status", [500, 503, 403, 404])
async def test_while_nobody_says_what_the_person_may_know_the_letter_waits(post, lead, world, case_service, status):
    await waiting(post, lead, world)
    case_service.status = status
    await post.run()
    [row] = await post.letters()
    assert (row["status"], row["reason"], row["rung"]) == ("pending", "right_unknown", 0)
    assert post.mailbox.told == []
    case_service.status = 200
    world.clock.advance(minutes=1)
    await post.run()
    assert post.mailbox.told == [["case_opened"]]


async def test_an_answer_that_is_none_sends_nothing(post, lead, world, case_service):
    await waiting(post, lead, world)
    case_service.says = b"{]"
    await post.run()
    assert (await post.letters())[0]["reason"] == "right_unknown"


async def test_without_a_courier_only_what_needs_a_role_alone_is_sent(post, lead, world):
    office = Office(replace(post.desk, rights=NobodyAnswers()))
    await post.reaches(lead, subscribe={})
    await world.happen(world.event("opened", uuid4()))
    glass = AccessGlassBroken(case_id=uuid4(), reason=BreakGlassReason.ACUTE_DANGER, by_unit="troms")
    await world.happen(world.event(glass, uuid4()))
    await office.run_until_idle()
    rows = sorted((row["status"], row["reason"]) for row in await post.letters() if row["status"] == "pending")
    assert rows == [("pending", "right_unknown")] * len(rows)
    assert [] not in post.mailbox.told


@pytest.mark.parametrize(
    ("event", "reason"), [("erased", "case_erased"), ("restricted", "case_restricted"), ("merged", "nothing_left")]
)
async def test_what_waits_about_a_case_that_is_erased_restricted_or_merged_is_cancelled_at_once(
    post, lead, world, event, reason
):
    case = await waiting(post, lead, world)
    await world.happen(world.event(event, case, 2))
    [row, *_] = await post.letters()
    assert (row["status"], row["reason"]) == ("cancelled", reason)
    assert row["redacted_at"] is not None
    await post.run()
    assert ["case_opened"] not in post.mailbox.told


async def test_what_was_restricted_before_the_letter_was_due_is_not_sent_though_its_event_was_late(post, lead, world):
    case = await waiting(post, lead, world)
    await world.stage.fetch(
        "INSERT INTO case_standing (case_id, version, restricted, updated_at) VALUES ($1, 2, true, now())", case
    )
    await post.run()
    assert post.mailbox.told == []


async def test_that_a_case_was_restricted_is_told_at_once_to_who_sees_such_cases(post, lead, world):
    await post.reaches(lead)
    case = uuid4()
    await world.happen(world.event("opened", case), world.event("restricted", case, 2))
    await post.run()
    assert post.mailbox.told == [["case_restricted"]]


async def test_erasure_reaches_the_log_and_the_dead_letters(post, lead, world):
    await post.reaches(lead, subscribe={"kinds": ["case_opened"]})
    sent, dead = uuid4(), uuid4()
    await world.happen(world.event("opened", sent))
    await post.run()
    post.mailbox.answers = [Refused(reason=Reason.LETTER_REFUSED)]
    await world.happen(world.event("opened", dead))
    await post.run()
    shown = (await lead.get("/v1/letters")).json()["items"]
    assert [(each["status"], len(each["items"])) for each in shown[:2]] == [("dead", 1), ("delivered", 1)]
    await world.happen(world.event("erased", sent, 2), world.event("erased", dead, 2))
    shown = (await lead.get("/v1/letters")).json()["items"]
    assert [(each["status"], each["items"]) for each in shown if each["purpose"] == "message"] == [
        ("cancelled", []), ("delivered", []),
    ]  # fmt: skip
    assert (await lead.post(f"/v1/letters/{shown[0]['id']}/replay")).status_code == 409


async def test_a_person_who_has_not_been_here_for_a_month_is_sent_nothing_and_told_so(post, lead, world):
    await post.reaches(lead, DIGEST, subscribe={"kinds": ["case_opened"]})
    await world.happen(world.event("opened", uuid4()))
    await post.run()
    world.clock.advance(days=31)
    await world.happen(world.event("opened", uuid4()))
    await post.run()
    assert [(row["status"], row["reason"]) for row in await post.letters()] == [("cancelled", "standing_lapsed")]
    assert post.mailbox.told == []
    note = (await lead.get("/v1/inbox")).json()["letters"]
    assert datetime.fromisoformat(note["stopped_from"]) == NOON + timedelta(days=30)
    assert datetime.fromisoformat(note["stopped_until"]) == world.clock()
    await world.happen(world.event("opened", uuid4()))
    await post.run()
    assert (await post.letters())[-1]["status"] == "pending"


async def test_a_role_or_a_unit_that_the_own_token_no_longer_has_counts_from_its_next_use(post, lead, caller, world):
    await waiting(post, lead, world)
    await caller("lead-oslo", unit="troms").get("/v1/inbox")
    await post.run()
    assert post.mailbox.told == []
    assert (await post.letters())[0]["status"] == "cancelled"


async def test_nothing_is_kept_of_what_a_token_says_of_who_has_no_address(post, lead, world):
    await lead.get("/v1/inbox")
    assert await world.stage.fetch("SELECT * FROM person_standing") == []
    await post.reaches(lead)
    [row] = await world.stage.fetch("SELECT * FROM person_standing")
    assert (row["unit"], row["roles"], row["clearance"]) == ("oslo", ["prevention_lead"], 3)
    await lead.put("/v1/preferences", {}, '"v1"')
    assert await world.stage.fetch("SELECT * FROM person_standing") == []
    assert await world.stage.fetch("SELECT * FROM contact") == []


async def test_a_letter_is_tried_for_three_days_and_then_a_dead_letter_that_can_be_sent_again(post, lead, world):
    await post.reaches(lead, subscribe={"kinds": ["case_opened"]})
    post.mailbox.answers = [TryLater(reason=Reason.UNREACHABLE)] * 10
    await world.happen(world.event("opened", uuid4()))
    began = world.clock()
    for _ in range(10):
        await post.run()
        [row] = await post.letters()
        if row["status"] == "pending":
            assert row["due_at"] > world.clock()
            await lead.get("/v1/inbox")
            world.clock.moment = row["due_at"]
    assert (row["status"], row["reason"], row["attempts"]) == ("dead", "attempts_used", 10)
    assert timedelta(days=2) < world.clock() - began < timedelta(days=4)
    assert (await lead.get("/v1/inbox")).json()["letters"]["dead"] == 1
    [shown] = (await lead.get("/v1/letters", status="dead")).json()["items"]
    assert (shown["last_outcome"], shown["id"]) == ("unreachable", str(row["id"]))
    assert (await lead.post(f"/v1/letters/{shown['id']}/replay")).status_code == 202
    await post.run()
    assert [row["status"] for row in await post.letters()] == ["delivered"]
    assert {letter.id for letter in post.mailbox.letters if letter.items} == {row["id"]}


async def test_a_worker_that_died_with_a_letter_in_hand_leaves_it_to_another_after_its_lease(post, lead, world):
    await post.reaches(lead, subscribe={"kinds": ["case_opened"]})
    await world.happen(world.event("opened", uuid4()))
    world.clock.advance(seconds=1)
    died = Office(replace(post.desk, channels={"email": _Dies()}))
    with pytest.raises(ExceptionGroup):
        await died.run_until_idle()
    await post.run()
    assert post.mailbox.told == []
    world.clock.advance(seconds=121)
    await post.run()
    assert post.mailbox.told == [["case_opened"]]
    [row] = await post.letters()
    assert (row["status"], row["attempts"]) == ("delivered", 2)


class _Dies:
    name = "email"

    async def send(self, letter: Letter) -> Outcome:
        raise OSError("the process is gone")

    async def aclose(self) -> None:
        return None


async def test_three_workers_at_once_write_and_send_each_letter_once(post, caller, world):
    people = [caller("lead-oslo", sub=f"lead{number}-oslo") for number in range(5)]
    for person in people:
        await post.reaches(person, subscribe={"kinds": ["case_opened"]})
    offices = [Office(replace(post.desk, config=PostConfig(people_on_a_page=2))) for _ in range(3)]
    await world.happen(*(world.event("opened", uuid4()) for _ in range(4)))
    await asyncio.gather(*(office.run_until_idle() for office in offices))
    await post.run()
    assert post.mailbox.told == [["case_opened"]] * 20
    assert len({letter.id for letter in post.mailbox.letters}) == len(post.mailbox.letters)
    assert await world.stage.fetch("SELECT * FROM fan_out") == []
    rows = await world.stage.fetch("SELECT status FROM letter WHERE purpose = 'message'")
    assert [row["status"] for row in rows] == ["delivered"] * 20


async def test_more_letters_than_twenty_in_an_hour_are_collected_until_it_ends(post, lead, world):
    await post.reaches(lead, subscribe={"kinds": ["case_opened"]})
    for _ in range(25):
        await world.happen(world.event("opened", uuid4()))
        await post.run()
    assert post.mailbox.told == [["case_opened"]] * 20
    world.clock.advance(hours=1)
    await post.run()
    assert post.mailbox.told[20:] == [["case_opened"] * 5]


async def test_each_letter_is_in_the_audit_trail_before_it_goes_with_the_person_and_the_case(post, lead, world):
    await post.reaches(lead, subscribe={"kinds": ["case_opened"]})
    case = uuid4()
    await world.happen(world.event("opened", case))
    await post.run()
    [row] = await post.letters()
    [entry] = await world.stage.fetch("SELECT * FROM audit_entry WHERE $1 = ANY (object_ids)", row["id"])
    assert (entry["subject"], entry["action"], entry["unit"], entry["client_id"]) == (
        "lead-oslo", "letter.send", "oslo", "notification-service",
    )  # fmt: skip
    assert entry["object_ids"] == [row["id"], case]


async def test_letters_are_their_persons_alone(post, lead, caller, world):
    await post.reaches(lead, subscribe={"kinds": ["case_opened"]})
    await world.happen(world.event("opened", uuid4()))
    await post.run()
    [row] = await post.letters()
    for other in (caller("lead-oslo", sub="lead9-oslo"), caller("lead-troms")):
        assert (await other.get("/v1/letters")).json()["items"] == []
        for answer in (
            await other.get(f"/v1/letters/{row['id']}"),
            await other.post(f"/v1/letters/{row['id']}/replay"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert (await lead.get(f"/v1/letters/{row['id']}")).json()["items"][0]["kind"] == "case_opened"


async def test_the_address_is_nowhere_in_clear(post, lead, world):
    await post.reaches(lead, subscribe={"kinds": ["case_opened"]})
    await world.happen(world.event("opened", uuid4()))
    await post.run()
    tables = await world.stage.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for table in (row[0] for row in tables):
        for row in await world.stage.fetch(f"SELECT t::text FROM {table} AS t"):
            assert ADDRESS not in row[0]
            assert ADDRESS.encode().hex() not in row[0]
            assert not any(code in row[0] for code in post.mailbox.codes)
