"""One running platform for all attacks: six real processes, attacked over HTTP as anybody could."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from forkant_contracts.codes import Role
from forkant_devstack.issuer.pytest_fixture import IssuerServer
from forkant_devstack.pytest_plugin import running_kafka
from forkant_devstack.testing.assessments import completed_assessment
from forkant_devstack.testing.files import File, pdf
from forkant_devstack.testing.kafka_server import KafkaServer
from forkant_devstack.testing.operations import Operation, operations
from forkant_devstack.testing.plain_http import plain_client
from forkant_devstack.testing.platform import Platform, running_platform
from forkant_devstack.testing.postgres_server import PostgresServer
from forkant_devstack.testing.span_collector import SpanCollector, running_collector
from forkant_kit.db import utc_now
from forkant_kit.testing import until

# Tables that move by themselves, or that record what was tried.
RESTLESS = (
    "^(alembic_version|audit_|case_export|relay_|outbox|consumer_offset|aggregate_version|lane|delivery|metric_change"
    "|person_standing|fan_out|inbox_change|inbox_head|parked_|watch_round|indicator_watch|plan_round|plan_watch)"
)
INBOXES = """
SELECT concat_ws(' ', count(*), sum(hashtextextended(t::text, 0)::numeric)) AS digest FROM inbox_entry AS t
WHERE kind <> 'endpoint_failing'
"""
# Roles that see more than one unit.
NATIONAL = {Role.UNKNOWN, Role.AUDITOR, Role.DIRECTORATE}
PERSON_CASE = {
    "case_type": "person",
    "theme": "violence",
    "age_band": "under_15",
    "subject_category": "at_risk",
    "purpose_code": "prevent_crime",
    "legal_basis": "police_act",
    "title": "Gjentatte slagsmål på skolen",
}
CONCERN = {"source": "school", "theme": "violence", "age_band": "under_15", "description": "Tre slagsmål."}
STEPS = {
    "assessment": completed_assessment(risk_factors=["negative_peers"]),
    "plan": {"goals": [{"text": "Færre slagsmål", "measurable": True, "baseline": "6"}]},
}
SOON = (utc_now() + timedelta(days=14)).isoformat()
DUE = (utc_now() + timedelta(days=14)).date().isoformat()


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with a token, attacking or being attacked."""

    platform: Platform
    headers: Mapping[str, str]

    async def send(
        self,
        service: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        etag: str | None = None,
        key: str | None = None,
        content: bytes | None = None,
        **headers: str,
    ) -> httpx.Response:
        """Send one request, a POST with a new idempotency key unless one is given, or none when it is empty."""
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if etag is not None:
            sent["If-Match"] = etag
        if method == "POST" and key != "":
            sent["Idempotency-Key"] = key or str(uuid4())
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        async with plain_client(base_url=self.platform.nodes[service].url, timeout=30) as client:
            if isinstance(body, File):
                sent.update(body.headers())
                body, content = None, body.content
            return await client.request(method, path, json=body, content=content, headers=sent)

    async def ask(self, operation: Operation, path: str, *, etag: str = '"v1"', body: Any = ...) -> httpx.Response:
        """Use an operation with a body that it accepts and all the headers that it wants."""
        sent = accepted_body(operation) if body is ... else body
        wanted = etag if "If-Match" in operation.named("header") else None
        return await self.send(operation.service, operation.method, path, sent, etag=wanted)

    async def done(self, service: str, method: str, path: str, body: Any = None, **named: Any) -> httpx.Response:
        """Send what must succeed."""
        answer = await self.send(service, method, path, body, **named)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer


def accepted_body(operation: Operation) -> Any:
    """Return a body that an operation takes today."""
    if operation.takes_file:
        return File(content=pdf())
    if operation.body is None:
        return None
    if "url" in operation.body["properties"]:
        return {"url": "http://127.0.0.1:9/hook"}
    body = operation.example()
    body.pop("occurred_at", None)
    fresh = {"due_on": DUE, "valid_to": SOON, "until": DUE, "valid_from": DUE, "retired_from": DUE}
    return {**body, **{name: value for name, value in fresh.items() if name in body}}


@dataclass(kw_only=True)
class Belongings:
    """What a unit has: a case with something of each kind below it, and the ids by the names of path parameters.

    ``link`` is the body that linked the case to another of theirs.
    """

    unit: str
    ids: dict[str, str]
    etag: str
    link: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Wall:
    """The platform seen by an attacker, and by those who look whether the attack did anything."""

    platform: Platform
    issuer: IssuerServer

    def person(self, persona: str, **claims: Any) -> Person:
        """Return a persona, with some claims of its token replaced."""
        return Person(platform=self.platform, headers=self.issuer.headers(persona, **claims))

    def body_of(self, operation: Operation) -> Any:
        """Return a body that an operation takes today."""
        return accepted_body(operation)

    def mighty(self, unit: str) -> Person:
        """Return somebody with every role of a unit: only the unit stands between them and the rest."""
        return self.person(f"lead-{unit}", roles=[role.value for role in Role if role not in NATIONAL])

    def able(self, operation: Operation, unit: str = "oslo") -> Person:
        """Return somebody with every role of a unit, or of the directorate for what all units share."""
        roles = [role.value for role in Role if role is not Role.UNKNOWN]
        return self.person("pod-methods", roles=roles) if operation.national else self.mighty(unit)

    async def raw(self, service: str, request: bytes, *, then: bytes = b"") -> tuple[int, str]:
        """Send bytes as they are; return the status and the whole answer as text."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.platform.nodes[service].http_port)
        try:
            writer.write(request + then)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
            length = next(
                (
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length:")
                ),
                0,
            )
            body = await asyncio.wait_for(reader.readexactly(length), 30)
        finally:
            writer.close()
        return int(head.split(b" ", 2)[1]), (head + body).decode()

    async def state(self, service: str = "case") -> dict[str, str]:
        """Return a digest of each table that only commands of people change."""
        if service == "case":
            await until(self._nothing_left_to_erase, what="the worker finishing the erasures asked for")
        found = await self.platform.asking.digests(self.platform.nodes[service].database.worker_url, but=RESTLESS)
        if service == "notification":
            # What is sent to an endpoint that nobody answers at fails in its own time, and the fifth failure is told.
            [told] = await self.platform.fetch(service, INBOXES)
            found["inbox_entry"] = told["digest"]
        return found

    async def _nothing_left_to_erase(self) -> bool:
        return not await self.platform.fetch("case", "SELECT FROM erasure_batch WHERE finished_at IS NULL")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def collector() -> AsyncIterator[SpanCollector]:
    async with running_collector() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kafka(pytestconfig: pytest.Config, devstack_folder: Path) -> AsyncIterator[KafkaServer]:
    """A broker of this folder's own, since its platform lives on."""
    async with running_kafka(pytestconfig, devstack_folder / "security") as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def platform(
    devstack_folder: Path,
    postgres: PostgresServer,
    kafka: KafkaServer,
    issuer: IssuerServer,
    collector: SpanCollector,
) -> AsyncIterator[Platform]:
    async with running_platform(
        folder=devstack_folder / "security" / "platform",
        postgres=postgres,
        kafka=kafka,
        issuer=issuer,
        extra_env={"FORKANT_OTLP_ENDPOINT": collector.url, "FORKANT_WEBHOOK_TIMEOUT_SECONDS": "2"},
    ) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def wall(platform: Platform, issuer: IssuerServer) -> Wall:
    return Wall(platform=platform, issuer=issuer)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def oslo(wall: Wall) -> Belongings:
    """What Oslo has, and nobody else may touch."""
    return await belongings(wall, "oslo", offered_to="vest")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def troms(wall: Wall) -> Belongings:
    """What the attackers from Troms have of their own."""
    return await belongings(wall, "troms", offered_to="vest")


PROPOSAL = {
    "method": "mediation", "name_nb": "Mekling", "name_en": "Mediation", "summary": "Why.",
    "steps": [{"code": "meeting_held", "name_nb": "Møte holdt", "name_en": "Meeting held"}],
}  # fmt: skip
REORGANISATION = {
    "kind": "merge", "effective_on": "2099-01-01", "from_units": ["up"], "parts": [{"unit": "pu"}], "summary": "Why.",
}  # fmt: skip


def operational_unit() -> dict[str, str]:
    """Return one to add, called as no other."""
    names = dict.fromkeys(("name_nb", "name_nn", "name_en"), "Sentrum")
    return {**names, "slug": f"gde-{uuid4().hex[:8]}", "valid_from": "2099-01-01"}


STEERING = operations(Path(__file__).parents[2], "indicator")
EXAMPLE = {"title": "Råd", "context": "Noe skjedde.", "what_was_done": "Noe ble gjort.", "advice": "Gjør det."}
CHECKS = ["names", "places", "dates", "rare_combination", "photos_and_links"]
INFORMATION = {
    "statement_type": "fact", "verification_status": "unverified", "source": "witness", "subject_category": "at_risk",
    "text": "Was seen at the square.",
}  # fmt: skip

DISCLOSURE = {
    "recipient_kind": "school", "recipient": "En skole", "basis": "duty_to_report", "purpose_code": "protect_child",
    "fields": ["case.title"], "reason": "Det trengs.",
}  # fmt: skip


async def belongings(wall: Wall, unit: str, *, offered_to: str) -> Belongings:
    officer, lead = wall.person(f"officer-{unit}"), wall.person(f"lead-{unit}")
    opened = await officer.done("case", "POST", "/v1/cases", PERSON_CASE)
    case_id, etag = opened.json()["id"], opened.headers["etag"]

    async def do(method: str, tail: str, body: Any, *, by: Person = officer) -> dict[str, Any]:
        nonlocal etag
        answer = await by.done("case", method, f"/v1/cases/{case_id}/{tail}", body, etag=etag)
        etag = answer.headers["etag"]
        return answer.json()

    for tail, body in STEPS.items():
        await do("PUT", tail, body)
    await do("POST", "plan/approval", {}, by=lead)
    measure = await do("POST", "measures", {"kind": "concern_conversation", "due_on": DUE})
    await do("POST", f"measures/{measure['item_id']}/start", {})
    follow_up = await do("POST", "follow-ups", {"due_on": DUE})
    information = await do("POST", "information", INFORMATION)
    disclosure = await do("POST", "disclosures", DISCLOSURE)
    attachment = await do("POST", "attachments", File(content=pdf()))
    partner = await do("POST", "partners", {"kind": "school"})
    task = await do("POST", "tasks", {"kind": "review_case", "due_on": DUE})
    linked = await officer.done("case", "POST", "/v1/cases", PERSON_CASE)
    link_body = {"other_case": linked.json()["id"], "kind": "related"}
    link = await officer.done("case", "POST", f"/v1/cases/{case_id}/links", link_body)
    member = await do("POST", "members", {"subject": f"officer7-{unit}"})
    outsider, path = wall.person(f"officer-{offered_to}"), f"/v1/cases/{case_id}/break-glass"
    review = await outsider.done("case", "POST", path, {"reason": "acute_danger"})
    privacy = wall.person(f"privacy-{unit}")
    hold = await do("POST", "legal-holds", {"reason": "complaint"}, by=privacy)
    batch = await privacy.done("case", "POST", "/v1/erasure-batches", {"dry_run": False})
    offer = await do("POST", "transfers", {"to_unit": offered_to})
    concern = await officer.done("case", "POST", "/v1/concerns", CONCERN)
    endpoint = await lead.done("notification", "POST", "/v1/endpoints", {"url": "http://127.0.0.1:9/hook"})
    endpoint_id = endpoint.json()["id"]
    delivery = await lead.done("notification", "POST", f"/v1/endpoints/{endpoint_id}/ping", {})
    delivery_id = delivery.json()["id"]
    await _dead_letter(wall, delivery_id)
    subscribed = await lead.done("notification", "POST", "/v1/subscriptions", {"kinds": ["case_closed"]})
    leave = {"absent": f"officer7-{unit}", "substitute": f"officer8-{unit}", "valid_to": SOON}
    substitution = await lead.done("case", "POST", "/v1/substitutions", leave)
    proposal = await lead.done("case", "POST", "/v1/method-proposals", PROPOSAL)
    asked = await wall.person("pod-admin").done("case", "POST", "/v1/reorganisations", REORGANISATION)
    added = await lead.done("case", "POST", "/v1/operational-units", operational_unit())
    search = await lead.done("case", "POST", "/v1/searches", {"name": "Slagsmål", "words": "slagsmål", "shared": True})
    ids = {
        **await _examples(wall, unit),
        **await _steering(wall, unit),
        "proposal_id": proposal.json()["id"],
        "case_id": case_id,
        "measure_id": measure["item_id"],
        "follow_up_id": follow_up["item_id"],
        "partner_id": partner["item_id"],
        "information_id": information["item_id"],
        "disclosure_id": disclosure["item_id"],
        "task_id": task["item_id"],
        "batch_id": batch.json()["id"],
        "attachment_id": attachment["item_id"],
        "transfer_id": offer["item_id"],
        "grant_id": member["item_id"],
        "legal_hold_id": hold["item_id"],
        "link_id": link.json()["id"],
        "review_id": review.json()["id"],
        "substitution_id": substitution.json()["id"],
        "reorganisation_id": asked.json()["id"],
        "unit_uid": added.json()["uid"],
        "search_id": search.json()["id"],
        "import_id": await _import(wall, unit),
        "concern_id": concern.json()["id"],
        "endpoint_id": endpoint_id,
        "delivery_id": delivery_id,
        "subscription_id": subscribed.json()["id"],
        "letter_id": await _letter(wall, f"lead-{unit}"),
        "entry_id": await _entry(lead, case_id),
    }
    return Belongings(unit=unit, ids=ids, etag=etag, link=link_body)


async def _steering(wall: Wall, unit: str) -> dict[str, str]:
    """Return what the unit is steered by, from its lead, or what it has; and a pilot of the directorate."""
    lead, found = wall.person(f"lead-{unit}"), {}
    [pilot] = [item.example() for item in STEERING if (item.method, item.path) == ("POST", "/v1/pilots")]
    by, other = (wall.person(who) for who in ("pod-methods", "pod-analyst"))
    made = await by.done("indicator", "POST", "/v1/pilots", {**pilot, "code": f"pilot_{uuid4().hex}"})
    await other.done("indicator", "POST", f"{made.headers['location']}/approval", {}, etag=made.headers["etag"])
    found["pilot_id"] = made.json()["id"]
    paths = {
        "target_id": "/v1/targets",
        "priority_id": "/v1/priorities",
        "plan_id": "/v1/plans",
        "trial_id": "/v1/trials",
    }
    for name, path in paths.items():
        [body] = [item.example() for item in STEERING if (item.method, item.path) == ("POST", path)]
        there = (await lead.done("indicator", "GET", f"{path}?unit={unit}")).json()["items"]
        made = there[0] if there else (await lead.done("indicator", "POST", path, {**body, "unit": unit})).json()
        found[name] = made["id"]
    return found


async def _examples(wall: Wall, unit: str) -> dict[str, str]:
    """Draw two examples of best practice from an evaluated case, and publish one."""
    officer, lead, privacy = (wall.person(f"{who}-{unit}") for who in ("officer", "lead", "privacy"))
    opened = await officer.done("case", "POST", "/v1/cases", PERSON_CASE)
    path, etag, measure = f"/v1/cases/{opened.json()['id']}", opened.headers["etag"], None
    for method, tail, body, by in (
        *(("PUT", tail, body, officer) for tail, body in STEPS.items()),
        ("POST", "plan/approval", {}, lead),
        ("POST", "measures", {"kind": "mediation", "due_on": DUE}, officer),
        ("POST", "measures/{measure}/start", {}, officer),
        ("POST", "measures/{measure}/complete", {}, officer),
        ("PUT", "evaluation", {"effect": "achieved", "completed": True}, officer),
    ):
        answer = await by.done("case", method, f"{path}/{tail.format(measure=measure)}", body, etag=etag)
        etag, measure = answer.headers["etag"], answer.json()["item_id"] or measure
    drafts = [
        await officer.done("case", "POST", "/v1/best-practices", {**EXAMPLE, "case_id": opened.json()["id"]})
        for _ in range(2)
    ]
    path = drafts[1].headers["location"]
    warnings = (await privacy.done("case", "GET", path)).json()["warnings"]
    review = {"checks": CHECKS, "answers": [{"warning": each, "answer": "risk_accepted"} for each in warnings]}
    reviewed = await privacy.done("case", "POST", f"{path}/review", review, etag=drafts[1].headers["etag"])
    published = await lead.done("case", "POST", f"{path}/publication", {}, etag=reviewed.headers["etag"])
    return {"draft_id": drafts[0].json()["id"], "example_id": published.json()["id"]}


async def _import(wall: Wall, unit: str) -> str:
    """Import hours of a unit, others than before, since the same file is not taken twice."""
    content = f"unit,period,prevention_hours,total_hours\n{unit},2025-01,10,{int(uuid4()) % 10**9 + 10}\n".encode()
    path = "/v1/aggregate-imports?kind=hours&source=register&source_date=2026-01-01&method=count&corrects=true"
    importer = wall.person("import-demo")
    made = await importer.done("indicator", "POST", path, content=content, **{"Content-Type": "text/csv"})
    return str(made.json()["id"])


async def _dead_letter(wall: Wall, delivery_id: str) -> None:
    """Make a dead letter of a ping that nobody answered; one of its own would take three days."""

    async def ended() -> bool:
        query = "UPDATE delivery SET status = 'dead' WHERE id = $1 AND status = 'failed' RETURNING id"
        return bool(await wall.platform.fetch("notification", query, delivery_id))

    await until(ended, what="the ping being given up")


async def _letter(wall: Wall, person: str) -> str:
    """Make a dead letter of a person's; one of its own would need a mail server that refuses for three days."""
    query = """
    INSERT INTO letter (id, person, channel, purpose, status, due_at, created_at, settled_at)
    VALUES (gen_random_uuid(), $1, 'email', 'message', 'dead', now(), now(), now()) RETURNING id
    """
    [row] = await wall.platform.fetch("notification", query, person)
    return str(row["id"])


async def _entry(lead: Person, case_id: str) -> str:
    found: list[str] = []

    async def told() -> bool:
        items = (await lead.done("notification", "GET", "/v1/inbox")).json()["items"]
        found.extend(item["id"] for item in items if case_id in json.dumps(item))
        return bool(found)

    await until(told, what="the case reaching the inbox")
    return found[0]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def restricted(wall: Wall) -> Belongings:
    """A restricted case of Oslo with all that is below it."""
    found = await belongings(wall, "oslo", offered_to="vest")
    body = {"restricted": True, "reason": "disputed"}
    path = f"/v1/cases/{found.ids['case_id']}/restriction"
    answer = await wall.person("lead-oslo").done("case", "POST", path, body, etag=found.etag)
    found.etag = answer.headers["etag"]
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def second_case(wall: Wall) -> Belongings:
    """Another case of Oslo with all that is below it."""
    return await belongings(wall, "oslo", offered_to="vest")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def finnmark_case(wall: Wall) -> str:
    """The one case of a unit that has no other, once it is counted."""
    opened = await wall.person("officer-finnmark").done("case", "POST", "/v1/cases", PERSON_CASE)

    async def counted() -> bool:
        answer = await wall.person("lead-finnmark").done("indicator", "GET", "/v1/districts/finnmark/metrics")
        return any(figure["value"] for figure in answer.json()["counts"].values())

    await until(counted, what="the case being counted")
    return opened.json()["id"]
