"""Whoever reads or changes something leaves one entry before the answer; what can't be recorded is not done or shown."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import structlog
from forkant_devstack.testing.operations import operations
from forkant_kit.audit.export import documents
from forkant_kit.audit.heads import HeadKey, read_seed
from forkant_kit.audit.record import Trail
from forkant_kit.audit.sealer import build_sealer
from forkant_kit.audit.settings import DEV_SIGNING_KEY
from forkant_kit.audit.standalone import lines, verify
from forkant_kit.audit.upkeep import audit_chores
from forkant_kit.db import create_engine
from notification_service.api.calls import Call
from notification_service.commands.contacts import code_context
from notification_service.settings import NotificationWorkerSettings

from .world import KEYRING

REPOSITORY = Path(__file__).parents[3]
ENDLESS = "/v1/inbox/stream"
"""A stream has no end; what it leaves in the trail is tested with it."""
OPERATIONS = {
    f"{each.method} {each.path}": each for each in operations(REPOSITORY, "notification") if each.path != ENDLESS
}
RANGE = "POST /v1/dead-letters/replay"
HOOK = {"url": "http://127.0.0.1:9/other"}
CONTACTS = [{"channel": "email", "address": "a@politiet.example"}, {"channel": "sms", "address": "+4791234567"}]
DEAD_LETTER = """
WITH made AS (
    INSERT INTO letter (id, person, channel, purpose, status, due_at, created_at, settled_at)
    VALUES (gen_random_uuid(), 'lead-oslo', 'email', 'message', 'dead', now(), now(), now()) RETURNING id
), told AS (
    INSERT INTO letter_item (letter_id, entry_id, person, channel)
    SELECT id, $1::uuid, 'lead-oslo', 'email' FROM made
)
SELECT id FROM made
"""
CODE = "UPDATE contact SET code = $1 WHERE channel = 'email'"
SUBSCRIPTION = {"kinds": ["case_closed"]}


@dataclass(frozen=True)
class Scene:
    """One case with a message to the lead of Oslo, and a dead letter about it to Oslo's endpoint."""

    case: str
    entry_id: str
    endpoint_id: str
    delivery_id: str
    subscription_id: str
    letter_id: str
    letter_ids: str
    etag: str


@dataclass(frozen=True)
class Act:
    """What one operation is recorded as, and which ids it shows or changes."""

    action: str
    ids: Callable[[Scene, Any], list[str]]
    persona: str = "lead-oslo"
    body: Any = None
    versioned: bool = False


def of_entry(scene: Scene, _: Any) -> list[str]:
    return [scene.entry_id, scene.case]


def of_endpoint(scene: Scene, _: Any) -> list[str]:
    return [scene.endpoint_id]


def of_subscription(scene: Scene, _: Any) -> list[str]:
    return [scene.subscription_id]


def of_letter(scene: Scene, _: Any) -> list[str]:
    return [scene.letter_id, scene.case]


def of_letters(scene: Scene, _: Any) -> list[str]:
    return [*scene.letter_ids.split(), scene.case]


def of_delivery(scene: Scene, _: Any) -> list[str]:
    return [scene.delivery_id, scene.endpoint_id, scene.case]


ACTS = {
    "GET /v1/inbox": Act("inbox.list", of_entry),
    "GET /v1/inbox/{entry_id}": Act("inbox.read", of_entry),
    "POST /v1/inbox/{entry_id}/read": Act("inbox.mark_read", of_entry),
    "POST /v1/inbox/{entry_id}/acknowledge": Act("inbox.acknowledge", of_entry),
    "GET /v1/acknowledgements": Act("acknowledgement.list", lambda _scene, _: []),
    "POST /v1/subscriptions": Act(
        "subscription.begin", lambda _, made: [made["id"]], body=SUBSCRIPTION, versioned=True
    ),
    "POST /v1/subscriptions/preview": Act("subscription.preview", lambda scene, _: [scene.case], body={}),
    "GET /v1/subscriptions": Act("subscription.list", of_subscription),
    "GET /v1/subscriptions/{subscription_id}": Act("subscription.read", of_subscription, versioned=True),
    "PATCH /v1/subscriptions/{subscription_id}": Act(
        "subscription.change", of_subscription, body=SUBSCRIPTION, versioned=True
    ),
    "DELETE /v1/subscriptions/{subscription_id}": Act("subscription.end", of_subscription, versioned=True),
    "GET /v1/preferences": Act("preference.read", lambda _scene, _: [], versioned=True),
    "PUT /v1/preferences": Act("preference.choose", lambda _scene, _: [], body={"language": "nn"}, versioned=True),
    "POST /v1/preferences/codes": Act("preference.send_code", lambda _scene, _: [], body={"channel": "sms"}),
    "POST /v1/preferences/confirmations": Act(
        "preference.confirm", lambda _scene, _: [], body={"channel": "email", "code": "12345678"}
    ),
    "GET /v1/letters": Act("letter.list", of_letters),
    "GET /v1/letters/{letter_id}": Act("letter.read", of_letter),
    "POST /v1/letters/{letter_id}/replay": Act("letter.replay", lambda scene, _: [scene.letter_id]),
    "GET /v1/endpoints": Act("endpoint.list", of_endpoint),
    "GET /v1/endpoints/{endpoint_id}": Act("endpoint.read", of_endpoint, versioned=True),
    "POST /v1/endpoints": Act("endpoint.register", lambda _, made: [made["id"]], body=HOOK, versioned=True),
    "PATCH /v1/endpoints/{endpoint_id}": Act("endpoint.change", of_endpoint, body=HOOK, versioned=True),
    "DELETE /v1/endpoints/{endpoint_id}": Act("endpoint.remove", of_endpoint, versioned=True),
    "POST /v1/endpoints/{endpoint_id}/ping": Act("endpoint.ping", lambda scene, sent: [scene.endpoint_id, sent["id"]]),
    "POST /v1/endpoints/{endpoint_id}/rotate": Act("endpoint.rotate", of_endpoint, versioned=True),
    "GET /v1/deliveries": Act("delivery.list", of_delivery),
    "GET /v1/deliveries/{delivery_id}": Act("delivery.read", of_delivery),
    "GET /v1/dead-letters": Act("delivery.list", of_delivery),
    "POST /v1/dead-letters/{delivery_id}/replay": Act("delivery.replay", of_delivery),
    "POST /v1/endpoints/preview": Act("endpoint.preview", lambda _scene, _: [], body={}),
    RANGE: Act("delivery.replay", of_delivery, body=lambda scene: {"endpoint_id": scene.endpoint_id}),
    "GET /v1/audit": Act("audit.read", lambda _scene, _: [], persona="auditor"),
}
"""Every operation of the API that ends; whoever adds one adds here what it leaves in the trail."""
CHANGES = sorted(name for name in ACTS if not name.startswith("GET"))


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Log without the frames' locals that structlog prints by default, which take seconds."""
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
    yield
    structlog.reset_defaults()


@pytest.fixture
async def scene(world, caller, receiver) -> Scene:
    case, lead = uuid4(), caller("lead-oslo")
    made = (await lead.post("/v1/endpoints", {"url": f"{receiver.url}/hook"})).json()
    await world.happen(world.event("opened", case))
    subscribed = (await lead.post("/v1/subscriptions", SUBSCRIPTION)).json()["id"]
    path, about = f"/v1/endpoints/{made['id']}", f"/v1/subscriptions/{subscribed}"
    for version, enabled in ((1, False), (2, True)):
        await lead.patch(path, {"enabled": enabled}, f'"v{version}"')
        await lead.patch(about, SUBSCRIPTION, f'"v{version}"')
        await lead.put("/v1/preferences", {}, f'"v{version - 1}"')
    await lead.put("/v1/preferences", {"contacts": CONTACTS}, '"v2"')
    [entry], [delivery] = await world.entries(), await world.deliveries()
    [letter] = await world.stage.fetch(DEAD_LETTER, entry["id"])
    await world.stage.fetch(CODE, KEYRING.seal(b"12345678", context=code_context("lead-oslo", "email")))
    letters = " ".join(str(row[0]) for row in await world.stage.fetch("SELECT id FROM letter"))
    return Scene(
        str(case), str(entry["id"]), made["id"], str(delivery["id"]), subscribed, str(letter[0]), letters, '"v3"'
    )


async def do(caller, name: str, scene: Scene, persona: str | None = None, key: str | None = None) -> httpx.Response:
    """Make the call of an operation, as who may or as somebody else."""
    act, operation = ACTS[name], OPERATIONS[name]
    client, path = caller(persona or act.persona), operation.at(**vars(scene))
    match operation.method:
        case "GET":
            return await client.get(path)
        case "POST":
            return await client.post(path, act.body(scene) if callable(act.body) else act.body, key=key)
        case "PATCH":
            return await client.patch(path, act.body, scene.etag)
        case "PUT":
            return await client.put(path, act.body, scene.etag)
    return await client.delete(path, scene.etag)


class Watch:
    """What came into the trail since somebody last looked."""

    def __init__(self, stage) -> None:
        self._stage = stage
        self._seen = 0

    async def new(self) -> list[Any]:
        query = "SELECT * FROM audit_entry WHERE seq > $1 ORDER BY seq"
        rows = await self._stage.fetch(query, self._seen)
        self._seen = rows[-1]["seq"] if rows else self._seen
        return rows

    async def told(self) -> list[tuple[str, str, str | None, list[str]]]:
        return [(row["action"], row["outcome"], row["refusal"], ids_of(row)) for row in await self.new()]


def ids_of(row: Any) -> list[str]:
    return [str(found) for found in row["object_ids"]]


@pytest.fixture
async def watch(stage, scene) -> Watch:
    found = Watch(stage)
    await found.new()
    return found


@pytest.fixture
async def broken(stage, watch) -> AsyncIterator[None]:
    """Let nothing be written into the trail."""
    await stage.fetch("ALTER TABLE audit_entry ADD CONSTRAINT broken CHECK (false) NOT VALID")
    yield
    await stage.fetch("ALTER TABLE audit_entry DROP CONSTRAINT broken")


async def state(stage) -> dict[str, list[str]]:
    tables = await stage.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    names = sorted(row[0] for row in tables)
    return {name: sorted(row[0] for row in await stage.fetch(f"SELECT t::text FROM {name} AS t")) for name in names}


def test_the_walk_has_every_operation_of_the_description():
    assert set(ACTS) == set(OPERATIONS)


@pytest.mark.parametrize("name", sorted(ACTS))
async def test_an_operation_leaves_one_entry_that_says_who_did_what_to_which_objects(name, scene, watch, caller):
    act = ACTS[name]
    answer = await do(caller, name, scene)
    assert answer.is_success, answer.text
    [left] = await watch.new()
    assert (left["subject"], left["action"], left["outcome"], left["refusal"]) == (
        act.persona, act.action, "done", None,
    )  # fmt: skip
    expected = act.ids(scene, answer.json() if answer.content else None)
    assert sorted(ids_of(left)) == sorted(expected)
    assert (left["version"] is not None) is act.versioned
    assert left["object_kind"] == act.action.partition(".")[0]
    assert None not in (left["trace_id"], left["request_id"])
    if "etag" in answer.headers:
        assert answer.headers["etag"] == f'"v{left["version"]}"'


async def test_the_walk_finds_every_operation_that_forgets_its_entry(scene, watch, caller, monkeypatch):
    async def forget(trail, _conn, _entry):
        trail.recorded = True

    monkeypatch.setattr(Trail, "record", forget)
    last = tuple(name for name in ACTS if name.startswith(("DELETE", "PATCH")))
    for name in sorted(ACTS, key=lambda each: (each.startswith("DELETE"), each in last, each == RANGE, each)):
        assert (await do(caller, name, scene)).status_code in {200, 201, 202, 204, 412}, name
    assert await watch.new() == []


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("name", sorted(ACTS))
async def test_what_cannot_be_recorded_is_neither_done_nor_shown(name, scene, stage, caller):
    before = await state(stage)
    answer = await do(caller, name, scene)
    assert (answer.status_code, answer.json()["code"]) == (503, "audit-unavailable")
    assert not any(found in answer.text for found in vars(scene).values())
    assert await state(stage) == before


@pytest.mark.parametrize("name", sorted(ACTS))
async def test_work_that_records_nothing_is_undone(name, scene, stage, caller, monkeypatch):
    async def nothing(*_arguments: Any, **_named: Any) -> None:
        return

    monkeypatch.setattr(Call, "record", nothing)
    before = await state(stage)
    answer = await do(caller, name, scene)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert await state(stage) == before


@pytest.mark.parametrize("name", sorted(ACTS))
async def test_a_refusal_is_recorded_with_what_was_asked_for(name, scene, watch, caller):
    assert (await do(caller, name, scene, "import-demo")).status_code == 403
    policy_action, outcome, refusal, ids = (await watch.told())[-1]
    assert (outcome, refusal) == ("refused", "forbidden")
    assert policy_action.partition(".")[0] == ACTS[name].action.partition(".")[0]
    assert ids == [vars(scene)[each] for each in OPERATIONS[name].named("path")]


async def test_what_is_anothers_is_recorded_as_not_found_under_its_id(scene, watch, caller):
    for name in sorted(ACTS):
        if OPERATIONS[name].named("path"):
            assert (await do(caller, name, scene, "lead-troms")).status_code == 404, name
            [(_, outcome, refusal, [found])] = await watch.told()
            assert (outcome, refusal) == ("not_found", "not-found")
            assert found in {
                scene.entry_id,
                scene.endpoint_id,
                scene.delivery_id,
                scene.subscription_id,
                scene.letter_id,
            }


async def test_a_refused_list_says_what_it_was_asked_about(scene, watch, caller):
    lead = caller("lead-oslo")
    await lead.get("/v1/deliveries", subject_id=scene.case, cursor="forged")
    await lead.patch(f"/v1/endpoints/{scene.endpoint_id}", {"enabled": False}, None)
    assert await watch.told() == [
        ("delivery.read", "refused", "invalid-cursor", [scene.case]),
        ("endpoint.write", "refused", "if-match-required", [scene.endpoint_id]),
    ]


@pytest.mark.parametrize(
    "name", [each for each in CHANGES if each.startswith("POST") and not each.endswith("/preview")]
)
async def test_an_answer_given_again_is_recorded_as_that_with_what_it_is_about(name, scene, watch, caller):
    first = await do(caller, name, scene, key="the-same")
    again = await do(caller, name, scene, key="the-same")
    assert again.headers["idempotency-replayed"] == "true", again.text
    done, repeated = await watch.told()
    assert (done[1], repeated[1]) == ("done", "repeated")
    own = ("POST /v1/inbox", "POST /v1/preferences")
    about = done[3] if name.startswith(own) else [first.json().get("id", scene.endpoint_id)]
    assert set(about) <= set(repeated[3])


async def seen(person, **query) -> list[tuple[str, str, list[str]]]:
    answer = await person.get("/v1/audit", **query)
    assert answer.status_code == 200, answer.text
    return [(item["subject"], item["action"], item["object_ids"]) for item in answer.json()["items"]][::-1]


async def test_who_was_told_of_a_case_is_found_by_its_id_and_nothing_else_of_a_list_is(scene, watch, world, caller):
    await world.happen(world.event("opened", uuid4()))
    lead = caller("lead-oslo")
    for path in ("/v1/inbox", f"/v1/inbox/{scene.entry_id}", "/v1/dead-letters"):
        await lead.get(path)
    assert await seen(caller("auditor"), object_id=scene.case) == [
        ("lead-oslo", "inbox.list", [scene.case]),
        ("lead-oslo", "inbox.read", [scene.case]),
        ("lead-oslo", "delivery.list", [scene.case]),
    ]
    [inbox] = [row for row in await watch.new() if row["action"] == "inbox.list"]
    assert len(inbox["object_ids"]) == 4


async def test_a_privacy_officer_is_told_of_the_people_of_the_own_unit(scene, caller, clock):
    await caller("lead-troms").get(f"/v1/inbox/{scene.entry_id}")
    await caller("lead-oslo").get(f"/v1/inbox/{scene.entry_id}")
    asked = {"object_id": scene.entry_id}
    acts = [("lead-troms", "inbox.read", [scene.entry_id]), ("lead-oslo", "inbox.read", [scene.entry_id])]
    assert await seen(caller("auditor"), **asked) == acts
    assert await seen(caller("privacy-oslo"), **asked) == acts[1:]
    assert await seen(caller("privacy-oslo"), subject="lead-troms") == []
    asks = [("privacy-oslo", "audit.read", [scene.entry_id])]
    assert await seen(caller("auditor"), **asked, subject="privacy-oslo") == asks


@pytest.mark.parametrize("persona", ["lead-oslo", "officer-oslo", "pod-admin", "downstream-demo"])
async def test_nobody_else_reads_the_trail(persona, caller):
    answer = await caller(persona).get("/v1/audit")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_the_trail_comes_in_pages_whose_cursors_are_bound_to_the_question(scene, caller):
    privacy, auditor = caller("privacy-oslo"), caller("auditor")
    first = await auditor.get("/v1/audit", object_id=scene.endpoint_id, limit=2)
    cursor = first.json()["next"]
    assert f"cursor={cursor}" in first.headers["link"]
    rest = await auditor.get("/v1/audit", object_id=scene.endpoint_id, limit=2, cursor=cursor)
    assert [len(page.json()["items"]) for page in (first, rest)] == [2, 1]
    assert rest.json()["next"] is None
    for person, question in ((auditor, {}), (privacy, {"object_id": scene.endpoint_id})):
        refused = await person.get("/v1/audit", **question, cursor=cursor)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid-cursor")


async def test_a_trail_that_cannot_be_read_is_a_problem_that_tells_what_to_do(migrated, stage, caller):
    app = str(httpx.URL(migrated.app_url).username)
    await stage.fetch(f"REVOKE SELECT ON audit_entry FROM {app}")
    answer = await caller("auditor").get("/v1/audit")
    await stage.fetch(f"GRANT SELECT ON audit_entry TO {app}")
    assert (answer.status_code, answer.json()["code"]) == (503, "audit-unavailable")


async def test_the_worker_seals_what_the_api_records_and_publishes_a_head_that_verifies(
    migrated, scene, watch, caller, tmp_path
):
    await do(caller, "GET /v1/inbox", scene)
    settings = NotificationWorkerSettings(
        env="test", database_url=migrated.worker_url, oidc_issuer="http://i", audit_head_file=tmp_path / "heads.jsonl"
    )
    engine = create_engine(migrated.worker_url, application_name="test")
    try:
        await build_sealer(settings, engine).round(publish=True)
        for chore in audit_chores(settings, engine).values():
            await chore()
    finally:
        await engine.dispose()
    key = HeadKey(read_seed(DEV_SIGNING_KEY))
    trail = [document async for document in documents(migrated.worker_url)]
    result = verify(trail, lines(tmp_path / "heads.jsonl"), {key.id: key.public})
    assert (result.findings, result.unsealed) == ([], 0)
    assert result.entries == result.published > 0
    [read] = await watch.new()
    sealed = [each["entry"] for each in trail if each["kind"] == "entry"]
    assert UUID(sealed[-1]["request_id"]) == read["request_id"]
