"""Reminders in any course of events: pauses, clocks that step and change their hour, deaths, two workers and the end."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest_asyncio
from case_service.commands import task_reminders
from case_service.commands.escalations import Round
from case_service.reminder_rules import reminder_rules
from case_service.reminding_worker import remind_of_tasks
from forkant_devstack.testing.assessments import completed_assessment
from forkant_devstack.verify.reminders import check_reminders
from forkant_kit.db import create_engine, new_id, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from .test_task_reminders import DAY, LEAD, NORWAY, RULES, days_told_of

OSLO = ZoneInfo("Europe/Oslo")


@pytest_asyncio.fixture
async def engine(empty_service):
    engine = create_engine(empty_service.worker_url, application_name="test", pool_size=8)
    yield engine
    await engine.dispose()


BEGINNINGS = (
    date(2026, 3, 2),  # plain weeks
    date(2026, 3, 20),  # clocks go ahead on the 29th, and Easter is from the 2nd to the 6th of April
    date(2026, 10, 14),  # clocks go back on the 25th
)
HOURS = (time(0, 30), time(2, 30), time(12), time(23, 30))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["work", "two", "dies"]), st.sampled_from(HOURS)),
        st.tuples(st.just("work"), st.just(time(0, 30))),
        st.tuples(st.just("forward"), st.integers(1, 4)),
        st.tuples(st.just("forward"), st.just(7)),
        st.tuples(st.just("back"), st.integers(1, 9)),
        st.tuples(st.sampled_from(["hold", "resume", "done"]), st.none()),
    ),
    min_size=4,
    max_size=16,
)


@dataclass
class Model:
    """What should be told of one task: counts back from its due day, which pauses move."""

    today: date
    due: date
    clock: date
    held: date | None = None
    is_open: bool = True
    told: list[str] = field(default_factory=list)

    def work(self) -> None:
        near = self.clock <= self.due <= NORWAY.after(self.clock, LEAD)
        if self.is_open and self.held is None and near and self.due.isoformat() not in self.told:
            self.told.append(self.due.isoformat())

    def resume(self) -> None:
        if self.held is not None:
            self.due += self.today - self.held if self.due >= self.held else timedelta()
            self.held = None


class Walk:
    """One case in the service, and a worker whose clock the steps set."""

    def __init__(self, service, engine, case, model: Model) -> None:
        self.service, self.engine, self.case, self.model = service, engine, case, model

    async def step(self, name: str, value) -> None:
        model, moment = self.model, {"occurred_at": datetime.combine(self.model.today, time(12), UTC).isoformat()}
        match name:
            case "forward":
                model.today += value * DAY
                model.clock = model.today
            case "back":
                model.clock = model.today - value * DAY
            case "hold" if model.held is None and model.is_open:
                model.held = model.today
                await self.case.do("POST", "hold", {"reason": "awaiting_partner", **moment})
            case "resume" if model.held is not None:
                await self.case.do("POST", "resume", moment)
                model.resume()
            case "done" if model.held is None and model.is_open:
                await self.case.do("PUT", "assessment", {**completed_assessment(), **moment})
                model.is_open = False
            case "dies":
                await self.die(value)
            case "work" | "two":
                await asyncio.gather(*(self.work(value) for _ in range(2 if name == "two" else 1)))
                model.work()

    def now(self, hour: time) -> datetime:
        return datetime.combine(self.model.clock, hour, OSLO)

    async def work(self, hour: time) -> None:
        """Look as a worker does that was started a moment ago."""
        await remind_of_tasks(self.engine, RULES, reminder_rules(), now=lambda: self.now(hour))

    async def die(self, hour: time) -> None:
        """Look, and die before the commit."""
        turn = Round(procedures=RULES, now=self.now(hour), new_id=new_id)
        reminding = task_reminders.Reminding(turn=turn, versions=reminder_rules())
        with suppress(LookupError):
            async with transaction(self.engine) as conn:
                await task_reminders.remind_of_tasks(conn, reminding)
                raise LookupError


@given(began=st.sampled_from(BEGINNINGS), steps=STEPS)
@example(began=BEGINNINGS[2], steps=[("forward", 7), ("forward", 2), *[("work", hour) for hour in HOURS]])
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
async def test_in_any_course_of_events_what_was_told_is_what_the_model_tells(empty_service, engine, began, steps):
    """Pauses, steps of the clock, its going ahead and back, deaths, two workers and the end, against a model."""
    opened_at = datetime.combine(began, time(12), UTC).isoformat()
    case = await empty_service.person("officer-oslo").open(occurred_at=opened_at)
    [due] = await empty_service.fetch("SELECT due_on FROM task WHERE case_id = $1", case.id)
    walk = Walk(empty_service, engine, case, Model(today=began, due=due[0], clock=began))
    for name, value in steps:
        await walk.step(name, value)
        assert await days_told_of(empty_service, case) == walk.model.told, (name, value)
    assert (await check_reminders(empty_service.worker_url)).ok
