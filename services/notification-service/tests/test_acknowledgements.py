"""Messages that nobody acknowledged go up the chain: once a level, never early; whoever acknowledges one stops it."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from forkant_contracts.codes import AccessVerdict, BreakGlassReason, Role, TaskKind
from forkant_contracts.events.access import AccessGlassBroken, AccessReviewed
from forkant_contracts.events.case import CaseTransferred
from forkant_contracts.events.task import TaskCompleted, TaskOverdue
from forkant_devstack.verify.acknowledgements import check_acknowledgements
from forkant_kit.db import create_engine, new_id, transaction
from forkant_kit.working_days import day_in_norway, working_day_after
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notification_service.acknowledgement_rules import acknowledgement_rules, read_rules
from notification_service.commands import escalations
from notification_service.consumers import Notifier
from notification_service.deadlines import escalate_messages
from notification_service.domain.acknowledgements import Place, in_force
from notification_service.domain.audiences import RULES
from notification_service.domain.kinds import Kind
from notification_service.domain.pacing import MANDATORY
from pydantic import ValidationError

# A Monday without a holiday near.
TOLD = date(2026, 6, 8)
LEAD_DAY, PRIVACY_DAY, DIRECTORATE_DAY = date(2026, 6, 11), date(2026, 6, 17), date(2026, 6, 25)
DAY = timedelta(days=1)
RULES_IN_FORCE = acknowledgement_rules()
CHAIN = [("oslo", ["prevention_lead"]), ("oslo", ["privacy_officer"]), ("pod", ["analyst"])]


def at(day: date, hour: int = 9) -> datetime:
    return datetime.combine(day, time(hour), UTC)


@dataclass
class Chain:
    """A follow-up that was not held in time, and the world that it is in."""

    world: object
    case: UUID = field(default_factory=uuid4)
    task: UUID = field(default_factory=uuid4)
    day: date = TOLD

    def __post_init__(self) -> None:
        self.world.notifier = self.notifier()

    def notifier(self) -> Notifier:
        async def clock(_conn) -> datetime:
            return at(self.day)

        return Notifier(new_id=new_id, now=self.world.clock, clock=clock)

    def overdue(self, version: int = 1, *, unit: str = "oslo"):
        data = TaskOverdue(
            task_id=self.task,
            kind=TaskKind.HOLD_FOLLOW_UP,
            role=Role.PREVENTION_LEAD,
            due_on=TOLD - DAY,
            escalation_level=1,
        )
        return self.world.event(data, self.case, version, unit=unit)

    async def begin(self) -> None:
        self.first = self.overdue()
        await self.world.happen(self.first)

    async def look_after(self, day: date, *, engine=None) -> None:
        await escalate_messages(engine or self.world.stage.engine, RULES_IN_FORCE, now=lambda: at(day))

    async def told(self) -> list[tuple[str, list[str]]]:
        rows = await self.world.stage.fetch(
            "SELECT f.unit, f.roles FROM inbox_entry AS f JOIN inbox_entry AS e ON e.id = f.first_entry_id"
            " WHERE e.subject_id = $1 AND f.kind = 'not_acknowledged' ORDER BY f.level",
            self.case,
        )
        return [(row["unit"], row["roles"]) for row in rows]

    async def entry(self, level: int = 0) -> UUID | None:
        rows = await self.world.stage.fetch(
            "SELECT id FROM inbox_entry WHERE level = $2 AND coalesce(first_entry_id, id) ="
            " (SELECT id FROM inbox_entry WHERE subject_id = $1 AND kind = 'follow_up_overdue')",
            self.case,
            level,
        )
        return rows[0]["id"] if rows else None

    async def acknowledge(self, level: int = 0, person: str = "officer-oslo") -> None:
        await self.mark(level, person=person, acknowledge=True)

    async def mark(self, level: int = 0, *, person: str = "officer-oslo", acknowledge: bool) -> None:
        """Mark a message as the API's login would: as its owner, since the worker marks nothing."""
        await self.world.stage.fetch(
            "INSERT INTO inbox_mark (entry_id, person, read_at, acknowledged_at)"
            " VALUES ($1, $2, $3::timestamptz, CASE WHEN $4::boolean THEN $3::timestamptz END)"
            " ON CONFLICT (entry_id, person) DO UPDATE"
            " SET acknowledged_at = coalesce(inbox_mark.acknowledged_at, EXCLUDED.acknowledged_at)",
            await self.entry(level),
            person,
            self.world.clock(),
            acknowledge,
        )

    async def demand(self):
        rows = await self.world.stage.fetch("SELECT * FROM demand WHERE subject_id = $1", self.case)
        return rows[0] if rows else None


@pytest.fixture
async def chain(world) -> Chain:
    found = Chain(world)
    await found.begin()
    return found


async def test_a_message_that_nobody_acknowledges_goes_up_once_a_level_on_its_day_and_never_early(chain):
    for day, levels in (
        (TOLD, 0),
        (LEAD_DAY - DAY, 0),
        (LEAD_DAY, 1),
        (LEAD_DAY, 1),
        (PRIVACY_DAY - DAY, 1),
        (PRIVACY_DAY, 2),
        (DIRECTORATE_DAY - DAY, 2),
        (DIRECTORATE_DAY, 3),
        (DIRECTORATE_DAY + 300 * DAY, 3),
    ):
        await chain.look_after(day)
        assert await chain.told() == CHAIN[:levels], day


async def test_the_directorate_is_told_of_a_unit_and_of_no_case(chain):
    for day in (LEAD_DAY, PRIVACY_DAY, DIRECTORATE_DAY):
        await chain.look_after(day)
    [row] = await chain.world.stage.fetch("SELECT * FROM inbox_entry WHERE unit = 'pod'")
    assert (row["subject"], row["about_unit"], row["needs"], row["of_kind"]) == (
        "unit", "oslo", "role", "follow_up_overdue",
    )  # fmt: skip
    assert chain.case not in row.values()
    assert chain.task not in row.values()


@pytest.mark.parametrize("level", [0, 1, 2])
async def test_whoever_acknowledges_any_of_its_messages_stops_it(chain, level):
    for day in (LEAD_DAY, PRIVACY_DAY)[:level]:
        await chain.look_after(day)
    await chain.acknowledge(level, person="somebody")
    await chain.look_after(DIRECTORATE_DAY + 30 * DAY)
    assert await chain.told() == CHAIN[:level]
    found = await chain.demand()
    assert (found["acknowledged_by"], found["acknowledged_level"]) == ("somebody", level)


async def test_reading_is_not_acknowledging(chain):
    await chain.mark(acknowledge=False)
    await chain.look_after(LEAD_DAY)
    assert await chain.told() == CHAIN[:1]


async def test_the_first_to_acknowledge_stays_who_did(chain):
    await chain.acknowledge(person="first")
    await chain.acknowledge(person="second")
    assert (await chain.demand())["acknowledged_by"] == "first"


async def test_what_was_done_asks_nobody_any_more(chain):
    done = TaskCompleted(task_id=chain.task, kind=TaskKind.HOLD_FOLLOW_UP)
    await chain.world.happen(chain.world.event(done, chain.case, 2))
    await chain.look_after(LEAD_DAY)
    assert await chain.told() == []
    assert (await chain.demand())["over_at"] is not None


async def test_the_end_of_another_task_ends_nothing(chain):
    done = TaskCompleted(task_id=uuid4(), kind=TaskKind.HOLD_FOLLOW_UP)
    await chain.world.happen(chain.world.event(done, chain.case, 2))
    await chain.look_after(LEAD_DAY)
    assert len(await chain.told()) == 1


@pytest.mark.parametrize("gone", ["erased", "merged", "transferred"])
async def test_what_takes_a_message_away_takes_its_escalations_and_tells_no_more(chain, gone):
    for day in (LEAD_DAY, PRIVACY_DAY, DIRECTORATE_DAY):
        await chain.look_after(day)
    data = CaseTransferred(from_unit="oslo") if gone == "transferred" else gone
    unit = "troms" if gone == "transferred" else "oslo"
    await chain.world.happen(chain.world.event(data, chain.case, 2, unit=unit))
    await chain.look_after(DIRECTORATE_DAY + 30 * DAY)
    assert await chain.world.stage.fetch("SELECT * FROM inbox_entry WHERE kind = 'not_acknowledged'") == []
    assert await chain.demand() is None


async def test_a_consumer_that_starts_over_tells_nobody_again(chain):
    await chain.look_after(LEAD_DAY)
    chain.world.notifier = chain.notifier()
    chain.day = PRIVACY_DAY
    await chain.world.happen(chain.first)
    await chain.look_after(LEAD_DAY)
    assert await chain.told() == CHAIN[:1]
    await chain.look_after(PRIVACY_DAY)
    assert await chain.told() == CHAIN[:2]


async def test_a_clock_that_steps_ahead_tells_one_level_and_one_that_steps_back_none(chain):
    ahead = date(2027, 6, 8)
    await chain.look_after(ahead)
    assert await chain.told() == CHAIN[:1]
    for day in (TOLD, LEAD_DAY, PRIVACY_DAY):
        await chain.look_after(day)
        assert await chain.told() == CHAIN[:1]


async def test_the_day_is_norways_when_clocks_go_back(world):
    chain = Chain(world, day=date(2026, 10, 21))
    await chain.begin()
    # Told on a Wednesday; two whole working days later is the Monday after the clocks went back on Sunday.
    for moment, count in (
        (datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC), 0),
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), 1),
    ):
        await escalate_messages(world.stage.engine, RULES_IN_FORCE, now=lambda now=moment: now)
        assert len(await chain.told()) == count, moment


async def test_holidays_are_no_days_to_acknowledge_on(world):
    # The Friday before Pentecost: Monday is a holiday, so that the two days are Tuesday and Wednesday.
    chain = Chain(world, day=date(2026, 5, 22))
    await chain.begin()
    await chain.look_after(date(2026, 5, 27))
    assert await chain.told() == []
    await chain.look_after(date(2026, 5, 28))
    assert await chain.told() == CHAIN[:1]


async def test_two_workers_at_once_tell_a_level_once(world, migrated):
    chains = [Chain(world) for _ in range(6)]
    for one in chains:
        await one.begin()
    other = create_engine(migrated.worker_url, application_name="other", pool_size=4)
    rounds = [one.look_after(LEAD_DAY, engine=engine) for one in chains[:2] for engine in (world.stage.engine, other)]
    await asyncio.gather(*rounds)
    await other.dispose()
    assert [await one.told() for one in chains] == [CHAIN[:1]] * 6


async def test_a_worker_that_dies_before_its_commit_told_nobody_and_after_it_tells_nobody_again(chain):
    turn = escalations.Round(versions=RULES_IN_FORCE, now=at(LEAD_DAY), new_id=new_id)

    async def dies() -> None:
        async with transaction(chain.world.stage.engine) as conn:
            assert await escalations.escalate(conn, turn) == 1
            raise LookupError

    with pytest.raises(LookupError):
        await dies()
    assert await chain.told() == []
    for _ in range(2):
        await chain.look_after(LEAD_DAY)
        assert await chain.told() == CHAIN[:1]


async def test_who_acknowledges_while_a_worker_tells_is_not_lost(chain):
    """The worker holds the demand: the acknowledgement waits for it and is kept, at the level that it was for."""
    turn = escalations.Round(versions=RULES_IN_FORCE, now=at(LEAD_DAY), new_id=new_id)
    async with transaction(chain.world.stage.engine) as conn:
        await escalations.escalate(conn, turn)
        late = asyncio.create_task(chain.acknowledge())
        done, _ = await asyncio.wait({late}, timeout=0.2)
        assert not done
    await late
    await chain.look_after(DIRECTORATE_DAY)
    assert (len(await chain.told()), (await chain.demand())["acknowledged_by"]) == (1, "officer-oslo")


async def test_without_another_clock_the_databases_decides(world):
    chain = Chain(world, day=day_in_norway(datetime.now(UTC)))
    await chain.begin()
    await escalate_messages(world.stage.engine, RULES_IN_FORCE)
    assert await chain.told() == []
    moved = "UPDATE demand SET told_on = told_on - 30, escalates_on = (SELECT (now() AT TIME ZONE 'Europe/Oslo')::date)"
    await world.stage.fetch(moved)
    await escalate_messages(world.stage.engine, RULES_IN_FORCE)
    assert await chain.told() == CHAIN[:1]


async def test_more_than_one_transaction_takes_go_up_to_the_last(world, monkeypatch):
    monkeypatch.setattr(escalations, "AT_A_TIME", 2)
    chains = [Chain(world) for _ in range(5)]
    for one in chains:
        await one.begin()
    await chains[0].look_after(LEAD_DAY)
    assert [len(await one.told()) for one in chains] == [1] * 5


async def test_emergency_access_goes_to_the_directorates_privacy_officers_and_its_review_ends_it(world):
    chain = Chain(world)
    reviews = uuid4(), uuid4()
    broken = [
        AccessGlassBroken(case_id=uuid4(), reason=BreakGlassReason.ACUTE_DANGER, by_unit="troms") for _ in reviews
    ]
    await world.happen(*(world.event(data, id_) for data, id_ in zip(broken, reviews, strict=True)))
    reviewed = AccessReviewed(case_id=broken[0].case_id, verdict=AccessVerdict.JUSTIFIED)
    await world.happen(world.event(reviewed, reviews[0], 2))
    await chain.look_after(TOLD + DAY)
    assert await world.stage.fetch("SELECT * FROM inbox_entry WHERE level > 0") == []
    await chain.look_after(TOLD + 2 * DAY)
    [row] = await world.stage.fetch("SELECT * FROM inbox_entry WHERE level > 0")
    assert (row["unit"], row["roles"], row["about_unit"]) == ("pod", ["privacy_officer"], "oslo")


async def test_leads_read_who_acknowledged_what_and_officers_and_other_units_do_not(chain, caller, case_service):
    await chain.acknowledge(person="officer-oslo")
    waiting = Chain(chain.world)
    await waiting.begin()
    lead = caller("lead-oslo")
    answer = await lead.get("/v1/acknowledgements")
    items = answer.json()["items"]
    assert [(one["subject_id"], one["acknowledged_by"]) for one in items] == [
        (str(waiting.case), None), (str(chain.case), "officer-oslo"),
    ]  # fmt: skip
    assert items[1]["acknowledged_at"] is not None
    assert items[0]["escalates_on"] == LEAD_DAY.isoformat()
    for open_ones, case in (("true", waiting.case), ("false", chain.case)):
        [one] = (await lead.get("/v1/acknowledgements", open=open_ones)).json()["items"]
        assert one["subject_id"] == str(case)
    assert (await caller("officer-oslo").get("/v1/acknowledgements")).status_code == 403
    assert (await caller("lead-troms").get("/v1/acknowledgements")).json()["items"] == []
    case_service.hide("lead-oslo", waiting.case)
    assert [one["subject_id"] for one in (await lead.get("/v1/acknowledgements")).json()["items"]] == [str(chain.case)]


async def test_a_page_of_acknowledgements_goes_on_where_it_ended(world, caller):
    chains = [Chain(world) for _ in range(3)]
    for one in chains:
        await one.begin()
    lead, seen, cursor = caller("lead-oslo"), [], None
    while True:
        page = (await lead.get("/v1/acknowledgements", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        seen += [one["subject_id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [str(one.case) for one in reversed(chains)]


async def test_an_officer_acknowledges_over_the_api_and_the_message_says_that_it_must_be(chain, caller):
    officer = caller("officer-oslo")
    [entry] = [one for one in (await officer.get("/v1/inbox")).json()["items"] if one["kind"] == "follow_up_overdue"]
    assert (entry["must_acknowledge"], entry["level"], entry["of_kind"]) == (True, 0, None)
    assert (await officer.post(f"/v1/inbox/{entry['id']}/acknowledge", {})).status_code == 200
    assert (await chain.demand())["acknowledged_by"] == "officer-oslo"
    await chain.look_after(LEAD_DAY)
    assert await chain.told() == []


async def test_the_apis_role_writes_no_demand_and_reads_none_without_a_stance(chain, migrated):
    app = create_engine(migrated.app_url, application_name="app", pool_size=1)
    async with transaction(app) as conn:
        rows = await conn.exec_driver_sql("SELECT * FROM demand")
        assert rows.all() == []
    for statement in ("UPDATE demand SET acknowledged_by = 'x'", "DELETE FROM demand"):
        with pytest.raises(Exception, match="permission denied"):
            async with transaction(app) as conn:
                await conn.exec_driver_sql(statement)
    await app.dispose()


async def test_what_verifies_a_running_platform_finds_a_level_that_came_early_or_twice(chain, migrated):
    # Messages are stamped with the world's clock: moved to the days of the chain.
    days = "UPDATE inbox_entry SET created_at = $2::date + time '09:00' WHERE level = $1"
    for level, day in ((0, TOLD), (1, LEAD_DAY)):
        await chain.look_after(day)
        await chain.world.stage.fetch(days, level, day)
    good = await check_acknowledgements(migrated.worker_url)
    assert (good.guarantee, good.ok, good.compared) == ("G6", True, 2)
    await chain.world.stage.fetch(days, 1, LEAD_DAY - DAY)
    [difference] = (await check_acknowledgements(migrated.worker_url)).differences
    assert (difference.found, difference.expected) == ("told on 2026-06-10", "told from 2026-06-11 on")


def test_no_event_demands_two_acknowledgements_of_the_same_people():
    """Else two chains would tell the same leads of the same thing."""
    for version in RULES_IN_FORCE:
        for rules in RULES.values():
            kinds = [rule.kind for rule in rules if rule.kind in version.demands]
            assert len(kinds) <= 2
            assert len({*kinds}) == len(kinds)


def test_the_directorate_comes_last_and_each_step_has_a_time():
    [rules] = RULES_IN_FORCE
    for steps in rules.demands.values():
        assert [step.at for step in steps[:-1]] == [Place.UNIT] * (len(steps) - 1)
        assert all(step.working_days >= 1 for step in steps)
    assert in_force(RULES_IN_FORCE, date(2020, 1, 1)).version == 1


@pytest.mark.parametrize(
    "demands",
    [
        '[{"kind": "not_acknowledged", "steps": [{"roles": ["analyst"], "at": "unit", "working_days": 1}], "source": "x"}]',
        '[{"kind": "glass_broken", "steps": [], "source": "x"}]',
        '[{"kind": "glass_broken", "steps": [{"roles": ["unknown"], "at": "unit", "working_days": 1}], "source": "x"}]',
        '[{"kind": "glass_broken", "steps": [{"roles": ["analyst"], "at": "unit", "working_days": 0}], "source": "x"}]',
    ],
)
def test_rules_that_are_not_whole_are_refused(demands):
    with pytest.raises(ValidationError):
        read_rules(f'{{"version": 1, "valid_from": "2026-01-01", "demands": {demands}}}')


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("forward"), st.integers(1, 6)),
        st.tuples(st.just("back"), st.integers(1, 20)),
        st.tuples(st.sampled_from(["work", "two", "again", "restart", "acknowledge", "done", "older"]), st.just(0)),
        st.tuples(st.sampled_from(["work", "forward"]), st.just(3)),
    ),
    min_size=4,
    max_size=24,
)


@given(STEPS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
async def test_in_any_course_of_events_what_was_told_is_what_the_model_tells(world, steps):
    """Workers, clocks, repeats, restarts, acknowledgements and the end, in any order, against a model of days."""
    chain = Chain(world)
    await chain.begin()
    today = furthest = TOLD
    level, due, settled = 0, LEAD_DAY, False
    waits = [3, 5]
    for name, days in steps:
        if name == "forward":
            today = furthest = max(furthest, today) + days * DAY
        elif name == "back":
            today -= days * DAY
        elif name in ("work", "two"):
            await asyncio.gather(*(chain.look_after(today) for _ in range(2 if name == "two" else 1)))
            if not settled and level < 3 and today >= due:
                level += 1
                due = working_day_after(today, waits[level - 1] + 1) if level < 3 else due
        elif name == "again":
            await world.happen(chain.first)
        elif name == "restart":
            world.notifier = chain.notifier()
            await world.happen(chain.first)
        elif name == "older":
            # What was done before this message came ends nothing.
            done = TaskCompleted(task_id=chain.task, kind=TaskKind.HOLD_FOLLOW_UP)
            await world.happen(world.event(done, chain.case, 1))
        elif name == "acknowledge":
            await chain.acknowledge(level)
            settled = True
        else:
            done = TaskCompleted(task_id=chain.task, kind=TaskKind.HOLD_FOLLOW_UP)
            await world.happen(world.event(done, chain.case, 2))
            settled = True
        assert await chain.told() == CHAIN[:level], name


def test_what_must_be_acknowledged_can_be_turned_off_by_nobody():
    for version in RULES_IN_FORCE:
        assert {*version.demands, Kind.NOT_ACKNOWLEDGED} <= MANDATORY


def test_kinds_that_go_up_are_kinds_that_somebody_is_told_of():
    told = {rule.kind for rules in RULES.values() for rule in rules}
    assert {kind for version in RULES_IN_FORCE for kind in version.demands} <= told - {Kind.NOT_ACKNOWLEDGED}
