"""The live inbox: what comes, goes and is marked, to those alone who may see it, from where a client left off."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from forkant_kit.testing import until
from forkant_kit.web import uvicorn_server
from notification_service import housekeeping
from notification_service.api import inbox_stream
from notification_service.app import build_app
from notification_service.housekeeping import Retention
from notification_service.settings import NotificationSettings
from structlog.testing import capture_logs

PATH = "/v1/inbox/stream"


@dataclass
class Reader:
    """Reads a stream in the background."""

    status: int = 0
    last_id: str | None = None
    events: list[tuple[str, Any]] = field(default_factory=list)

    def named(self, name: str) -> list[Any]:
        return [data for found, data in self.events if found == name]

    def entries(self) -> list[str]:
        return [entry["subject_id"] for entry in self.named("entry")]

    async def read(self, http, headers, last_id) -> None:
        sent = headers if last_id is None else {**headers, "Last-Event-ID": last_id}
        async with http.stream("GET", PATH, headers=sent) as response:
            self.status = response.status_code
            fields: dict[str, str] = {}
            async for line in response.aiter_lines():
                name, _, value = line.partition(": ")
                fields[name] = value
                if not line and "event" in fields:
                    self.last_id = fields.get("id", self.last_id)
                    self.events.append((fields["event"], json.loads(fields["data"])))
                if not line:
                    fields = {}

    async def has(self, name: str, count: int = 1) -> None:
        async def there() -> bool:
            return len(self.named(name)) >= count

        await until(there, what=f"{count} {name} of {self.events}")

    async def counts(self, unread: int) -> None:
        async def there() -> bool:
            return bool(self.named("unread")) and self.named("unread")[-1]["unread_count"] == unread

        await until(there, what=f"{unread} unread in {self.events}")


@pytest.fixture
async def served(stage, issuer, clock, case_service) -> AsyncIterator[httpx.AsyncClient]:
    settings = NotificationSettings(
        env="test",
        database_url=stage.app_url,
        oidc_issuer=issuer.url,
        case_service_url=case_service.url,
        inbox_stream_poll_seconds=0.02,
        inbox_stream_limit=4,
        inbox_stream_person_limit=2,
    )
    listener = socket.create_server(("127.0.0.1", 0))
    app = build_app(settings, now=clock)
    server = uvicorn_server(app, host="127.0.0.1", port=0)
    running = asyncio.create_task(server._serve(sockets=[listener]))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=60) as client:
        client.feed = app.state.tools.feed
        yield client
    server.should_exit = True
    await running


@pytest.fixture
def streaming(served, issuer):
    @asynccontextmanager
    async def begin(persona="officer-oslo", last_id=None, **claims) -> AsyncIterator[Reader]:
        reader = Reader()
        task = asyncio.create_task(reader.read(served, issuer.headers(persona, **claims), last_id))
        try:
            await reader.has("unread")
            yield reader
        finally:
            task.cancel()
            await asyncio.wait([task])

    return begin


async def test_what_comes_is_sent_and_counted_to_those_it_is_for(world, streaming):
    async with streaming() as oslo, streaming("officer-troms") as troms:
        assert oslo.events == [
            ("present", {"ids": [], "more": False}),
            ("unread", {"unread_count": 0, "unread_more": False}),
        ]
        case, other = uuid4(), uuid4()
        await world.happen(world.event("approved", case), world.event("approved", other, unit="troms"))
        await oslo.counts(1)
        await troms.counts(1)
        assert (oslo.entries(), troms.entries()) == ([str(case)], [str(other)])


async def test_an_entry_says_what_the_inbox_says(world, streaming, caller):
    async with streaming() as reader:
        await world.happen(world.event("approved", uuid4()))
        await reader.has("entry")
        assert reader.named("entry") == (await caller("officer-oslo").get("/v1/inbox")).json()["items"]


async def test_a_client_that_comes_back_is_told_what_it_missed_and_nothing_twice(world, streaming):
    first, missed, live = uuid4(), uuid4(), uuid4()
    async with streaming() as reader:
        await world.happen(world.event("approved", first))
        await reader.counts(1)
    await world.happen(world.event("approved", missed))
    async with streaming(last_id=reader.last_id) as again:
        names = [name for name, _ in again.events]
        assert (names.count("entry"), names.index("entry") < names.index("present")) == (1, True)
        assert again.entries() == [str(missed)]
        assert len(again.named("present")[0]["ids"]) == 2
        await world.happen(world.event("approved", live))
        await again.counts(3)
        assert again.entries() == [str(missed), str(live)]


async def test_what_commits_late_is_sent_though_its_id_is_older_than_what_was_sent(world, streaming):
    early, late = uuid4(), uuid4()
    async with streaming() as reader:
        async with world.stage.engine.begin() as conn:
            # Its message, its id and its row of the journal are made first, and can be read last.
            await world.notifier.apply(conn, [world.event("approved", early)])
            await world.happen(world.event("approved", late))
            await reader.counts(1)
        await reader.counts(2)
        assert reader.entries() == [str(late), str(early)]
        rows = await world.stage.fetch("SELECT id, position FROM inbox_change WHERE what = 'made' ORDER BY position")
        assert rows[0]["id"] > rows[1]["id"]


async def test_what_commits_while_its_client_is_away_is_sent_though_its_id_is_older(world, streaming):
    early, late = uuid4(), uuid4()
    async with world.stage.engine.begin() as conn, streaming() as reader:
        await world.notifier.apply(conn, [world.event("approved", early)])
        await world.happen(world.event("approved", late))
        await reader.counts(1)
    async with streaming(last_id=reader.last_id) as again:
        await again.has("entry")
        assert again.entries() == [str(early)]


async def test_who_may_not_see_a_case_hears_nothing_of_it(world, streaming, case_service):
    hidden, seen, later = uuid4(), uuid4(), uuid4()
    case_service.hide("officer-oslo", hidden)
    async with streaming() as reader:
        # Both are looked at together; what becomes of the hidden one, in looks of their own.
        await world.happen(world.event("approved", hidden), world.event("approved", seen))
        await reader.has("entry")
        await world.happen(world.event("restricted", hidden, 2), world.event("approved", later))
        await reader.has("entry", 2)
        await world.happen(world.event("erased", hidden, 3), world.event("erased", later, 2))
        await reader.has("withdrawn")
        [gone] = [entry["id"] for entry in reader.named("entry") if entry["subject_id"] == str(later)]
        assert reader.named("withdrawn") == [{"id": gone}]
        assert reader.entries() == [str(seen), str(later)]
        assert str(hidden) not in json.dumps(reader.events)


async def test_what_is_erased_or_restricted_is_withdrawn_and_comes_back_with_the_end_of_the_restriction(
    world, streaming
):
    erased, restricted = uuid4(), uuid4()
    await world.happen(world.event("approved", erased), world.event("approved", restricted))
    ids = {entry["subject_id"]: str(entry["id"]) for entry in await world.entries()}
    async with streaming() as reader:
        assert {*reader.named("present")[0]["ids"]} == {*ids.values()}
        await world.happen(world.event("erased", erased, 2))
        await reader.has("withdrawn")
        await world.happen(world.event("restricted", restricted, 2))
        await reader.has("withdrawn", 2)
        assert reader.named("withdrawn") == [{"id": ids[erased]}, {"id": ids[restricted]}]
        await world.happen(world.event("lifted", restricted, 3))

        async def back() -> bool:
            return ids[restricted] in {entry["id"] for entry in reader.named("entry")}

        await until(back, what="the message after the restriction")


async def test_what_one_reads_elsewhere_is_told_to_oneself_alone(world, streaming, caller):
    await world.happen(world.event("approved", uuid4()))
    [entry] = await world.entries()
    async with streaming() as reader, streaming("officer2-oslo") as other:
        await caller("officer-oslo").post(f"/v1/inbox/{entry['id']}/read")
        await reader.counts(0)
        [marked] = reader.named("marked")
        assert (marked["id"], marked["acknowledged_at"]) == (str(entry["id"]), None)
        await caller("officer-oslo").post(f"/v1/inbox/{entry['id']}/acknowledge")
        await reader.has("marked", 2)
        await world.happen(world.event("approved", uuid4()))
        await other.counts(2)
        assert other.named("marked") == []


async def test_what_one_may_no_longer_see_is_withdrawn_though_nothing_happened(
    world, streaming, case_service, monkeypatch
):
    monkeypatch.setattr(inbox_stream, "LOOK_AGAIN_S", 0.1)
    case = uuid4()
    await world.happen(world.event("approved", case))
    [entry] = await world.entries()
    async with streaming() as reader:
        case_service.hide("officer-oslo", case)
        await reader.counts(0)
        assert reader.named("withdrawn") == [{"id": str(entry["id"])}]
        case_service.hidden.clear()
        await reader.counts(1)
        assert reader.entries() == [str(case)]


async def test_while_nobody_says_what_may_be_seen_nothing_is_shown_and_nothing_lost(world, streaming, case_service):
    case = uuid4()
    async with streaming() as reader:
        case_service.status = 500
        await world.happen(world.event("approved", case))

        async def asked() -> bool:
            return bool(case_service.asked)

        await until(asked, what="the question")
        assert reader.entries() == []
        case_service.status = 200
        await reader.counts(1)
        assert reader.entries() == [str(case)]


async def test_each_message_is_recorded_before_it_is_shown(world, streaming):
    case = uuid4()
    async with streaming() as reader:
        await world.happen(world.event("approved", case))
        await reader.has("entry")
        query = "SELECT action, subject, object_ids FROM audit_entry ORDER BY seq DESC LIMIT 2"
        shown, opened = await world.stage.fetch(query)
        entry = reader.named("entry")[0]
        assert (shown["action"], shown["subject"], opened["action"]) == ("inbox.stream", "officer-oslo", "inbox.stream")
        assert [str(each) for each in shown["object_ids"]] == [entry["id"], entry["subject_id"]]


@asynccontextmanager
async def no_trail(stage) -> AsyncIterator[None]:
    """Let nothing be written into the trail."""
    await stage.fetch("ALTER TABLE audit_entry ADD CONSTRAINT broken CHECK (false) NOT VALID")
    try:
        yield
    finally:
        await stage.fetch("ALTER TABLE audit_entry DROP CONSTRAINT broken")


async def test_what_cannot_be_recorded_is_not_shown_and_comes_when_it_can(world, streaming, served, issuer):
    case = uuid4()
    with capture_logs() as logs:
        async with streaming() as reader:
            async with no_trail(world.stage):
                await world.happen(world.event("approved", case))

                async def waits() -> bool:
                    return any(line["event"] == "inbox_stream_waits" for line in logs)

                await until(waits, what="the stream waiting for the trail")
                refused = await served.get(PATH, headers=issuer.headers("officer-oslo"))
                assert (refused.status_code, refused.json()["code"]) == (503, "audit-unavailable")
                assert str(case) not in refused.text
                assert reader.entries() == []
            await reader.counts(1)
            assert reader.entries() == [str(case)]


async def test_what_a_stream_begins_with_is_recorded(world, streaming):
    await world.happen(world.event("approved", uuid4()), world.event("approved", uuid4()))
    async with streaming() as reader:
        query = "SELECT subject, action, outcome, object_ids FROM audit_entry ORDER BY seq DESC LIMIT 1"
        [opened] = await world.stage.fetch(query)
        assert (opened["subject"], opened["action"], opened["outcome"]) == ("officer-oslo", "inbox.stream", "done")
        ids = reader.named("present")[0]["ids"]
        assert [str(each) for each in opened["object_ids"]] == ids
        assert len(ids) == 2


async def test_a_refused_stream_is_recorded(world, served, issuer):
    assert (await served.get(PATH, headers=issuer.headers("import-demo"))).status_code == 403
    query = "SELECT subject, action, outcome, refusal FROM audit_entry ORDER BY seq DESC LIMIT 1"
    [left] = await world.stage.fetch(query)
    assert tuple(left) == ("import-demo", "inbox.stream", "refused", "forbidden")


async def test_nothing_is_numbered_while_nobody_listens(world, streaming, served, issuer):
    async with streaming():
        pass

    async def alone() -> bool:
        return served.feed.streams == 0

    await until(alone, what="the process seeing that its reader went")
    await world.happen(world.event("approved", uuid4()))
    # An answer of the same process: it works on, and numbers nothing.
    for _ in range(5):
        assert (await served.get("/v1/inbox", headers=issuer.headers("officer-oslo"))).status_code == 200
    [row] = await world.stage.fetch("SELECT count(*) AS n FROM inbox_change WHERE position IS NULL")
    assert row["n"] > 0


async def test_a_place_that_is_not_known_any_more_begins_anew_and_says_so(world, streaming):
    async with streaming() as reader:
        await world.happen(world.event("approved", uuid4()))
        await reader.counts(1)
    await world.happen(world.event("approved", uuid4()))
    async with streaming() as newer:
        pass
    await world.stage.fetch("DELETE FROM inbox_change WHERE position < (SELECT max(position) FROM inbox_change)")
    async with streaming(last_id=reader.last_id) as again:
        assert again.events[0] == ("reset", {"reason": "position-unknown"})
        assert len(again.named("present")[0]["ids"]) == 2
        assert again.entries() == []
    assert newer.named("reset") == []


async def test_the_journal_is_kept_for_two_days_and_its_newest_place_for_longer(world, streaming, clock):
    async with streaming() as reader:
        await world.happen(world.event("approved", uuid4()))
        await reader.counts(1)
    long = timedelta(days=900)
    clock.advance(days=3)
    await housekeeping.clean(world.stage.engine, Retention(entries=long, deliveries=long, letters=long), now=clock())
    [kept] = await world.stage.fetch("SELECT position, (SELECT position FROM inbox_head) AS head FROM inbox_change")
    assert kept["position"] == kept["head"]
    async with streaming(last_id=reader.last_id) as again:
        assert again.named("reset") == []


@pytest.mark.parametrize("forged", ["1", "nonsense", "A" * 60])
async def test_a_place_that_was_not_given_to_the_caller_is_refused(world, served, streaming, issuer, forged):
    async with streaming() as reader:
        pass
    for headers, last_id in ((issuer.headers("officer-oslo"), forged), (issuer.headers("lead-oslo"), reader.last_id)):
        if last_id is not None:
            answer = await served.get(PATH, headers={**headers, "Last-Event-ID": last_id})
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid-cursor")


async def test_the_stream_ends_with_the_token(streaming):
    soon = int((datetime.now(UTC) + timedelta(seconds=2)).timestamp())
    async with streaming(exp=soon) as reader:
        await reader.has("end")
        assert reader.events[-1] == ("end", {"reason": "token-expired"})


async def test_no_person_takes_all_the_streams(streaming, served, issuer):
    async with streaming(), streaming():
        answer = await served.get(PATH, headers=issuer.headers("officer-oslo"))
        assert (answer.status_code, answer.json()["code"]) == (429, "too-many-streams")
        async with streaming("lead-oslo"), streaming("lead-troms"):
            answer = await served.get(PATH, headers=issuer.headers("officer-troms"))
            assert (answer.status_code, answer.json()["code"]) == (503, "too-many-streams")


async def test_no_stream_is_opened_by_who_has_no_inbox(served, issuer):
    assert (await served.get(PATH)).status_code == 401
    assert (await served.get(PATH, headers=issuer.headers("import-demo"))).status_code == 403
