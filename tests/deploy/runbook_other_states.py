"""What the other alerts are about: processes, what goes out, chores, the schema, the audit trail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

from forkant_devstack.testing.plain_http import plain_client
from forkant_devstack.testing.walk import open_case

from .runbook_stack import CONSOLE, Stack
from .runbook_told import (
    Told,
    answering,
    attach,
    list_cases,
    of,
    says,
)

TAMPER = """
DO $$ BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);
    UPDATE audit_entry SET subject = 'somebody' WHERE seq = (SELECT min(seq) FROM audit_entry);
    UPDATE audit_link SET hash = sha256(hash);
END $$
"""
"""Whoever owns the server may do this; triggers don't hold them."""


@of("database-pool-exhausted")
async def exhausted(stack: Stack) -> AsyncIterator[Told]:
    """More callers than connections wait for a lock that somebody holds."""
    async with stack.session("case", "LOCK TABLE preventive_case"):
        asking = [asyncio.create_task(list_cases(stack)) for _ in range(20)]
        yield Told(
            shows={
                "forkant logs case-api": "request",
                "SELECT application_name": r"case-service.* \| active \| Lock \| [1-9]",
                "max by": r"'component': 'api'.*\} [01]",
                "sum by": r"'component': 'api', 'service': 'case-service'\} [1-9]",
            }
        )
    await asyncio.gather(*asking)


@of("process-down", "process-missing", "consumer-behind")
async def hanging(stack: Stack) -> AsyncIterator[Told]:
    """The worker of the indicator service hangs at the database, and is behind."""
    async with stack.session("indicator", "LOCK TABLE case_fact"):
        await open_case(stack.platform, "oslo")
        yield Told(
            service="indicator",
            shows={
                "forkant status": "indicator-service",
                "forkant doctor": "the platform runs",
            },
        )


@of(
    "dead-letters",
    "endpoint-disabled",
    "deliveries-failing",
    "deliveries-waiting",
    "webhook-delay-budget-burns",
    "webhook-delay-budget-shrinks",
)
async def given_up(stack: Stack) -> AsyncIterator[Told]:
    """A receiver says that it wants no more, so that its endpoint is off and what waited is among the dead letters."""
    async with answering(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") as port:
        body = {"url": f"http://127.0.0.1:{port}/hook"}
        made = await stack.platform.call("notification", "POST", "/v1/endpoints", persona="lead-oslo", body=body)
        assert made.status_code == 201, made.text
        await open_case(stack.platform, "oslo")
        endpoint = f"/v1/endpoints/{made.json()['id']}"
        yield Told(
            values={"/v1/endpoints/<id>": endpoint},
            asks=("notification", "lead-oslo"),
            shows={
                "curl -s http://127.0.0.1:8003/v1/dead-letters": made.json()["id"],
                "curl -s http://127.0.0.1:8003/v1/endpoints": '"gone"',
                "GET /v1/deliveries": "410",
                "PATCH": '"enabled":true',
            },
        )


@of("letters-failing", "letters-misconfigured")
async def unsent(stack: Stack) -> AsyncIterator[Told]:
    """The mail relay hangs while a letter is to go, then takes it."""
    asked = await stack.platform.call("notification", "GET", "/v1/preferences", persona="lead-oslo")
    body = {"language": "nb", "contacts": [{"channel": "email", "address": "leder@oslo.example"}]}
    etag = asked.headers["etag"]
    with stack.paused("mail"):
        put = await stack.platform.call(
            "notification", "PUT", "/v1/preferences", persona="lead-oslo", body=body, etag=etag
        )
        assert put.status_code == 200, put.text
        await says(stack, "notification-worker", "letter_not_delivered")
    yield Told(
        shows={
            "forkant logs notification-worker": "letter_not_delivered",
            "forkant mail list": "Nothing was sent yet|leder@oslo.example",
            "sum by (channel": "'channel': 'email'",
        }
    )


@of("scanner-unavailable", "infected-upload", "objects-not-deleted")
async def attachments(stack: Stack) -> AsyncIterator[Told]:
    """The scanner is away and comes back, finds something; and contents wait for a store that nobody has configured."""
    walk = await open_case(stack.platform, "oslo")
    assert (await attach(stack, walk)).status_code == 503
    async with answering(b"stream: Eicar-Test FOUND\0", port=stack.scanner):
        assert (await attach(stack, walk)).status_code == 422
    statement = "INSERT INTO object_deletion (object_name, case_id) VALUES ($1, $2)"
    await stack.change("case", statement, name := uuid4(), walk.case_id)
    yield Told(
        shows={
            "forkant logs case-api": "scanner_unavailable",
            "forkant logs case-worker": "no_object_store_configured",
            "max(forkant_objects_to_delete)": r"\{\} 1",
            "sum(increase": r"\{\} \d",
        }
    )
    await stack.change("case", "DELETE FROM object_deletion WHERE object_name = $1", name)


@of("chores-failing", "archive-strays")
async def chores(stack: Stack) -> AsyncIterator[Told]:
    """The worker lacks the right to make the months to come."""
    await stack.change("case", "ALTER FUNCTION ensure_archive_partitions(integer) RENAME TO set_aside")
    try:
        yield Told(shows={"forkant logs case-worker": '"chore":"prepare_archive".*"chore_failed"'})
    finally:
        await stack.change("case", "ALTER FUNCTION set_aside(integer) RENAME TO ensure_archive_partitions")


@of("issuer-unanswered")
async def unanswered(stack: Stack) -> AsyncIterator[Told]:
    """The issuer hung while somebody asked with a token that was not known yet."""
    await stack.persons.know("analyst-oslo")
    with stack.paused("issuer"):
        answer = await stack.platform.call("case", "GET", "/v1/cases", persona="analyst-oslo")
        assert answer.status_code == 503, answer.text
    yield Told(shows={"forkant logs case-api": "introspection_unanswered", "curl": '"issuer"'})


@of("certificate-ends", "certificate-ends-soon")
async def ending(stack: Stack) -> AsyncIterator[Told]:
    """A certificate that the notification service was given ends within the hour."""
    yield Told(
        values={"FILE": str(stack.folder / "ca.pem")},
        shows={"openssl": "notAfter=.*\n?.*subject", "min by": "'kind': 'smtp_authority'"},
    )


@of("schema-behind", "schema-ahead")
async def schema(stack: Stack) -> AsyncIterator[Told]:
    """The database of the case service was migrated by a release before, and that of the indicators by one after."""
    async with AsyncExitStack() as back:
        for service, version in (("case", "0001"), ("indicator", "9999")):
            found = await stack.ask_database(service, "SELECT version_num FROM alembic_version")
            await stack.change(service, "UPDATE alembic_version SET version_num = $1", version)
            statement = "UPDATE alembic_version SET version_num = $1"
            back.push_async_callback(stack.change, service, statement, found)
            async with plain_client(timeout=20) as client:
                await client.get(f"{stack.platform.nodes[service].url}/health/ready")
        yield Told(
            environment={"FORKANT_DATABASE_OWNER_URL": await stack.empty_database()},
            shows={
                "forkant logs case-api": '"schema_behind".*"0001"|"0001".*"schema_behind"',
                "SELECT version_num": "0001",
                "max by": "'service': 'indicator-service'.*} 1",
            },
        )


@of("audit-seal-lag")
async def unsealed(stack: Stack) -> AsyncIterator[Told]:
    """Somebody's console has had a transaction open for longer than a minute, so that entries can't be sealed."""
    await stack.platform.call("case", "GET", "/v1/cases", persona="officer-oslo")
    query = "SELECT pid FROM pg_stat_activity WHERE usename = $1"
    forgotten = await stack.ask_database("case", query, CONSOLE, duty=True)
    yield Told(
        values={"(pid)": f"({forgotten})"},
        shows={
            "forkant status": r"audit trail of case, to seal\s+[1-9]",
            "SELECT pid": rf"{forgotten} \| {CONSOLE} \| idle in transaction",
            "SELECT pg_terminate_backend": "True",
            "forkant logs case-worker": r"\w",
        },
    )


@of("audit-head-not-published")
async def published(stack: Stack) -> AsyncIterator[Told]:
    """Heads are published again, after nothing could be sealed for some time."""
    await stack.platform.call("case", "GET", "/v1/cases", persona="officer-oslo")
    yield Told(
        shows={"forkant logs case-worker": '"event":"audit_head"', "forkant audit verify": "case: the chain holds"}
    )


@of("audit-chain-broken", "audit-month-held")
async def broken(stack: Stack) -> AsyncIterator[Told]:
    """Whoever owns the database has changed an entry and the links."""
    await stack.change("case", TAMPER)
    yield Told(
        values={"<folder>": str(stack.folder / "copies"), "FILE": str(stack.folder / "trail.jsonl")},
        shows={
            "forkant audit verify": "case: .*(position|entry|link)",
            "forkant logs case-worker": "audit_chain_not_right",
            "forkant audit export": "python .*verify.py",
            "python -m forkant_kit.audit export": r"\d+ lines",
        },
        codes={"forkant audit verify": 1},
        environment={"FORKANT_DATABASE_URL": stack.urls("case").worker_url},
    )
