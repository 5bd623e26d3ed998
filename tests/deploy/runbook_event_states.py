"""What alerts of figures, events and the API are about, brought about on a running platform; each state is of some pages."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

from forkant_contracts.topics import CASE_TOPIC
from forkant_devstack.testing.walk import open_case
from forkant_kit.testing import until

from .runbook_stack import Stack
from .runbook_told import AGGREGATE, FAILED, PARKED, Told, a_foreign_record, is_parked, of


@of("figures-drift", "self-audit-overdue", "indicator-delay-budget-burns")
async def drift(stack: Stack) -> AsyncIterator[Told]:
    """What the figures rest on was changed behind the service's back; then they are made anew."""
    walk = await open_case(stack.platform, "oslo")
    fact = "SELECT count(*) FROM case_fact WHERE case_id = $1"

    async def known() -> bool:
        return await stack.ask_database("indicator", fact, walk.case_id) != "0"

    await until(known, what="the case in the figures")
    change = """UPDATE case_fact SET fact = fact || '{"theme": "fraud"}' WHERE case_id = $1"""
    await stack.change("indicator", change, walk.case_id)
    more = "UPDATE district_cell SET amount = amount + 1 WHERE district = 'oslo' AND metric = 'opened'"
    await stack.change("indicator", more)
    yield Told(
        asks=("indicator", "pod-analyst"),
        shows={
            "forkant verify": "✗",
            "forkant logs indicator-worker": f'{walk.case_id}.*"reason":"different".*self_audit_drift',
            "GET /v1/self-audit": "failing_since",
            "forkant rebuild check": "1 differ",
            "forkant rebuild flip": "is live",
            "forkant rebuild status": "has caught up",
        },
        codes={"forkant verify": 1, "forkant rebuild check": 1},
    )


@of("parked-aggregates")
async def parked(stack: Stack) -> AsyncIterator[Told]:
    """The indicator service may not do what an event asks for; by now it may again."""
    worker = re.search(r"//([^:]*):", stack.urls("indicator").worker_url)
    assert worker
    await stack.change("indicator", f"REVOKE INSERT, UPDATE ON case_fact FROM {worker[1]}")
    await open_case(stack.platform, "oslo")
    await is_parked(stack, "apply_failed")
    await stack.change("indicator", f"GRANT INSERT, UPDATE ON case_fact TO {worker[1]}")
    foreign = await a_foreign_record(stack)
    yield Told(
        values={PARKED: foreign},
        shows={
            "forkant parked list": "apply_failed",
            "forkant parked show": "ce_source",
            "python -m forkant_kit.parked list": "apply_failed",
            "forkant parked replay": "1",
            "forkant parked discard": r"\w",
        },
        codes={"forkant parked replay": 1},  # what is foreign stays parked
        elsewhere=frozenset({"forkant verify"}),
        environment={"FORKANT_DATABASE_URL": stack.urls("indicator").worker_url},
    )
    assert await stack.ask_database("indicator", FAILED, "apply_failed") == "0"


@of("foreign-records")
async def foreign(stack: Stack) -> AsyncIterator[Told]:
    """Somebody else writes to a topic."""
    yield Told(
        values={PARKED: await a_foreign_record(stack)},
        shows={
            "forkant parked list": "malformed",
            "forkant parked show": "/test",
            "forkant parked discard": r"\w",
            "forkant verify": r"✗.*G3.*\n?.*records on Kafka that the archive",
        },
        codes={"forkant verify": 1},
    )


@of("event-missing")
async def missing(stack: Stack) -> AsyncIterator[Told]:
    """The first event of a case was lost on its way, and the second came."""
    with stack.paused("case-worker"):
        walk = await open_case(stack.platform, "oslo")
        await stack.change("case", "DELETE FROM outbox WHERE event_id = (" + _EVENT + " = 1)", walk.case_id)
        await walk.do("PUT", "/assessment", {"risk_factors": ["negative_peers"], "completed": True})
    await is_parked(stack, "gap")
    yield Told(
        values={AGGREGATE: str(walk.case_id)},
        shows={"forkant parked list": f"(?s){walk.case_id}.*gap|gap.*{walk.case_id}"},
        elsewhere=frozenset({"forkant verify"}),
    )

    async def closed() -> bool:
        return await stack.ask_database("indicator", FAILED, "gap") == "0"

    await until(closed, what="the gap closing by what was published once more")


_EVENT = "SELECT event_id FROM event_archive WHERE aggregate_id = $1 AND aggregate_version"


@of("outbox-old", "outbox-backlog", "outbox-orphans", "indicator-delay-budget-shrinks")
async def orphan(stack: Stack) -> AsyncIterator[Told]:
    """A row of the outbox names an event that is not there, so that its partition stands still; Kafka is away too."""
    event = UUID(f"{int(datetime.now(UTC).timestamp() * 1000) - 120_000:012x}70008000000000000001")
    await stack.change("case", "INSERT INTO outbox (topic, partition, event_id) VALUES ($1, 0, $2)", CASE_TOPIC, event)
    yield Told(
        shows={
            "forkant status": r"outbox of case\s+[1-9]\d*\s+[2-9] min",
            "forkant logs case-worker": "outbox_rows_without_event",
            "SELECT l.topic": rf"{CASE_TOPIC} \| 0 \| \S+ \| True \| [1-9]",
        },
        elsewhere=frozenset({"forkant verify"}),
    )
    await stack.change("case", "DELETE FROM outbox WHERE event_id = $1", event)


@of("api-error-budget-burns", "api-error-budget-shrinks", "audit-not-recorded")
async def unrecorded(stack: Stack) -> AsyncIterator[Told]:
    """The API may write no entry of the trail, and somebody waits for somebody's lock."""
    app = re.search(r"//([^:]*):", stack.urls("case").app_url)
    assert app
    await stack.change("case", f"REVOKE INSERT ON audit_entry FROM {app[1]}")
    async with stack.session("case", "LOCK TABLE object_deletion") as holder:
        try:
            for _ in range(2):  # a series counts from its second look on
                answer = await stack.platform.call("case", "GET", "/v1/cases", persona="officer-oslo")
                assert answer.status_code == 503, answer.text
            yield Told(
                shows={
                    "forkant logs case-api": "audit_not_recorded",
                    "topk": "'status': '503'",
                    "SELECT pid": rf"Lock .*\[{holder}\]",
                    "SELECT c.relname": r"audit_entry_\d{4}_\d\d \| \d+ kB",
                }
            )
        finally:
            await stack.change("case", f"GRANT INSERT ON audit_entry TO {app[1]}")
