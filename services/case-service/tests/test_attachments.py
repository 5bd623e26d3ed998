"""Attachments over HTTP: what goes in comes out, for those alone who see the case, and nothing is left of the rest."""

import asyncio
import base64
import hashlib
import os
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from case_service.commands.receiving import _PLACE
from case_service.migrate import MIGRATIONS
from forkant_devstack.testing.assessments import completed_assessment
from forkant_kit.keyring import Keyring, read_keys
from forkant_kit.sealed_stream import SEGMENT
from forkant_kit.vault import Vault
from forkant_kit.vault_command import main
from forkant_kit.vault_settings import DEV_TEXT_KEY, TEXT_KEYS_VARIABLE
from pydantic import SecretStr

from .attaching import CANARY, NOTHING, PDF, File, attach, attached, of_case, pdf
from .conftest import Case, serving

SIZES = [len(PDF) + len(CANARY), 2000, SEGMENT - 56, SEGMENT - 55, 3 * SEGMENT + 7]


@pytest.fixture
async def case(officer) -> Case:
    return await officer.open()


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("size", SIZES)
async def test_a_file_comes_back_as_it_was_attached(officer, case, size):
    file = File(content=pdf(size), name="Møte 3. mars.pdf")
    path = await attached(case, file)
    answer = await officer.get(f"{path}/content")
    assert (answer.status_code, answer.content) == (200, file.content)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-length"] == str(size)
    assert answer.headers["repr-digest"] == file.headers()["Repr-Digest"]
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Mte 3. mars.pdf\"; filename*=UTF-8''M%C3%B8te%203.%20mars.pdf"
    )
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")


async def test_what_is_told_of_a_file_is_its_name_type_size_digest_and_that_it_was_not_scanned(officer, case):
    file = File(content=pdf())
    path = await attached(case, file)
    told = await officer.get(path)
    assert told.headers["etag"] == case.etag
    assert told.json() | {"added_at": None} == {
        "id": path.rpartition("/")[2],
        "name": file.name,
        "media_type": "application/pdf",
        "size": 2000,
        "sha256": hashlib.sha256(file.content).hexdigest(),
        "scan": "not_scanned",
        "added_by": "officer-oslo",
        "added_at": None,
    }
    second = await attached(case, replace(file, name="Bilde.pdf"))
    listed = (await officer.get(f"{case.path}/attachments")).json()["items"]
    assert [each["id"] for each in listed] == [path.rpartition("/")[2], second.rpartition("/")[2]]
    assert listed[0] == told.json()


async def test_nothing_of_a_file_stands_in_clear_in_the_database(service, case):
    name = CANARY.decode() + ".pdf"
    file = File(content=pdf(SEGMENT * 2), name=name)
    await attached(case, file)
    digest = hashlib.sha256(file.content)
    for table in ("attachment", "attachment_content", "attachment_segment", "idempotency_key", "audit_entry", "outbox"):
        rows = await service.fetch(f"SELECT t::text AS row FROM {table} AS t")
        whole = "".join(row["row"] for row in rows)
        for clear in (CANARY.hex(), CANARY.decode(), digest.hexdigest(), digest.hexdigest().encode().hex()):
            assert clear not in whole, table
    assert (await of_case(service, case))["segments"] == 3


HARMS = {
    "a bit is turned": "UPDATE attachment_segment SET sealed = set_byte(sealed, 99, get_byte(sealed, 99) # 1)"
    " WHERE content_id = $1 AND position = 0 AND content_id <> $2",
    "the first is gone": "DELETE FROM attachment_segment WHERE content_id = $1 AND position = 0 AND content_id <> $2",
    "two changed places": "UPDATE attachment_segment s SET sealed = o.sealed FROM attachment_segment o WHERE s.content_id"
    " = $1 AND o.content_id = $1 AND s.position < 2 AND o.position = 1 - s.position AND s.content_id <> $2",
    "one is of another case": "UPDATE attachment_segment SET sealed = (SELECT sealed FROM attachment_segment WHERE"
    " content_id = $2 AND position = 0) WHERE content_id = $1 AND position = 0",
    "its line is in another case": "UPDATE attachment SET case_id = (SELECT case_id FROM attachment WHERE id = $2)"
    " WHERE id = $1",
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS.keys())
async def test_a_file_that_was_changed_or_moved_is_not_sent(service, officer, case, harm):
    path, other = await attached(case, File(content=pdf(3 * SEGMENT))), await officer.open()
    theirs = await attached(other, File(content=pdf(3 * SEGMENT)))
    await service.fetch(harm, *(each.rpartition("/")[2] for each in (path, theirs)))
    answer = await officer.get(f"{path}/content")
    moved = await officer.get(f"{other.path}/attachments/{path.rpartition('/')[2]}/content")
    assert {answer.status_code, moved.status_code} <= {404, 500}
    assert CANARY not in answer.content + moved.content


async def test_a_file_that_came_is_not_read_again_when_its_key_comes_again(service, officer, case):
    file, key, etag = File(content=pdf()), str(uuid4()), case.etag
    first = await attach(case, file, key=key)

    async def not_read():
        raise AssertionError("a repeat is not received")
        yield b""

    again = await attach(case, file, key=key, body=not_read(), If_Match=etag)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    other = replace(file, content=pdf())
    for another in (other, replace(file, name="b.pdf"), replace(other, digest=file.content[:0] or bytes(32))):
        assert refused(await attach(case, another, key=key)) == (422, "idempotency-key-reused")
    assert (await of_case(service, case))["held"] == 1


async def test_of_two_that_come_at_once_with_one_key_one_is_kept(service, case):
    file, key, etag = File(content=pdf(2 * SEGMENT)), str(uuid4()), case.etag
    answers = await asyncio.gather(*(attach(case, file, key=key, If_Match=etag) for _ in range(2)))
    assert 201 in {answer.status_code for answer in answers}
    assert {answer.status_code for answer in answers} <= {201, 409, 412}
    assert (await of_case(service, case))["told"] == (await of_case(service, case))["held"] == 1


async def test_a_case_that_moved_while_a_file_came_takes_it_not(service, case, officer):
    async def meanwhile():
        yield PDF
        await case.do("PUT", "assessment", completed_assessment())
        yield bytes(2 * SEGMENT)

    file = File(content=PDF + bytes(2 * SEGMENT))
    assert refused(await attach(case, file, body=meanwhile())) == (412, "stale-version")
    assert await of_case(service, case) == NOTHING


async def test_a_case_that_is_erased_while_a_file_comes_takes_it_not(service, case, privacy):
    async def meanwhile():
        yield PDF + bytes(2 * SEGMENT)
        await case.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
        yield bytes(2 * SEGMENT)

    file = File(content=PDF + bytes(4 * SEGMENT))
    assert refused(await attach(case, file, body=meanwhile())) == (410, "case-erased")
    assert await of_case(service, case) == NOTHING


async def test_files_that_many_attach_at_once_are_all_there_or_refused(service, officer, case):
    etag, files = case.etag, [File(content=pdf(2 * SEGMENT), name=f"{number}.pdf") for number in range(4)]
    answers = await asyncio.gather(*(attach(case, file, If_Match=etag) for file in files))
    taken = [answer for answer in answers if answer.status_code == 201]
    assert len(taken) == 1
    assert {answer.status_code for answer in answers} == {201, 412}
    assert (await of_case(service, case))["held"] == 1


async def test_a_removed_file_is_gone_and_its_bytes_too(service, officer, case):
    path, other = [await attached(case, File(content=pdf(2 * SEGMENT))) for _ in range(2)]
    await case.do("DELETE", f"attachments/{path.rpartition('/')[2]}")
    for gone in (path, f"{path}/content"):
        assert refused(await officer.get(gone)) == (404, "not-found")
    assert (await officer.get(f"{other}/content")).status_code == 200
    assert await of_case(service, case) == {"told": 1, "held": 1, "segments": 3}
    assert (await case.attempt("DELETE", f"attachments/{path.rpartition('/')[2]}")).status_code == 404
    elsewhere = await officer.open()
    assert (await elsewhere.attempt("DELETE", f"attachments/{other.rpartition('/')[2]}")).status_code == 404


async def test_nothing_is_removed_while_a_legal_hold_stands_nor_added_to_a_case_that_ended(case, privacy):
    path = await attached(case, File(content=pdf()))
    hold = await case.do("POST", "legal-holds", {"reason": "complaint"}, by=privacy)
    tail = f"attachments/{path.rpartition('/')[2]}"
    assert refused(await case.attempt("DELETE", tail)) == (409, "legal-hold")
    await case.do("DELETE", f"legal-holds/{hold['item_id']}", by=privacy)
    await case.do("POST", "close", {"reason": "unfounded"})
    assert refused(await attach(case, File(content=pdf()))) == (409, "illegal-transition")
    await case.do("DELETE", tail)


async def test_erasing_a_case_takes_its_files_and_their_key_and_counts_them(service, officer, privacy, case):
    files = [await attached(case, File(content=pdf(2 * SEGMENT))) for _ in range(2)]
    segments = await service.fetch(
        "SELECT s.sealed FROM attachment_segment s WHERE content_id = $1 ORDER BY position", files[0].rpartition("/")[2]
    )
    [[key]] = await service.fetch("SELECT sealed FROM data_key WHERE owner_id = $1", case.id)
    opener = Vault(Keyring(read_keys(DEV_TEXT_KEY))).opened(UUID(case.id), key)
    assert opener.opener(f"{_PLACE}/{files[0].rpartition('/')[2]}").open(segments[0]["sealed"], last=False)
    await case.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    assert await of_case(service, case) == NOTHING
    destroyed = (await privacy.get(f"{case.path}/erasure")).json()["destroyed"]
    assert (destroyed["attachment"], destroyed["attachment_content"], destroyed["data_key"]) == (2, 2, 1)
    for path in (f"{case.path}/attachments", files[0], f"{files[0]}/content"):
        assert refused(await officer.get(path)) == (410, "case-erased")


async def test_files_are_there_for_those_alone_who_see_the_case(service, case, lead, stranger, officer):
    path = await attached(case, File(content=pdf()))
    colleague, glass = service.person("officer2-oslo"), service.person("officer-troms")
    for person in (colleague, stranger, glass):
        for hidden in (f"{case.path}/attachments", path, f"{path}/content"):
            assert refused(await person.get(hidden)) == (404, "not-found")
        assert refused(await attach(case, File(content=pdf()), by=person)) == (404, "not-found")
        assert (await case.attempt("DELETE", f"attachments/{path.rpartition('/')[2]}", by=person)).status_code in {
            403,
            404,
        }
    assert (await lead.get(f"{path}/content")).status_code == 200
    broken = await glass.send("POST", f"{case.path}/break-glass", {"reason": "acute_danger"})
    assert broken.is_success
    assert (await glass.get(f"{path}/content")).status_code == 200
    assert refused(await attach(case, File(content=pdf()), by=glass)) == (404, "not-found")


async def test_who_acts_for_another_purpose_finds_no_files(officer, case):
    path = await attached(case, File(content=pdf()))
    headers = {**officer.headers, "Forkant-Purpose": "public_safety"}
    for hidden in (f"{case.path}/attachments", path, f"{path}/content"):
        assert (await officer.client.get(hidden, headers=headers)).status_code == 404


async def test_files_go_with_their_case_to_the_unit_that_takes_it(service, officer, case):
    path = await attached(case, File(content=pdf()))
    offer = await case.do("POST", "transfers", {"to_unit": "troms"})
    troms = service.person("lead-troms")
    assert (await troms.get(f"{path}/content")).status_code == 404
    shown = await troms.get(f"{case.path}/transfers/{offer['item_id']}")
    accepted = await troms.send("POST", f"{case.path}/transfers/{offer['item_id']}/accept", etag=shown.headers["etag"])
    assert accepted.is_success
    assert (await troms.get(f"{path}/content")).status_code == 200
    assert (await officer.get(f"{path}/content")).status_code == 404


async def test_a_restricted_case_shows_its_files_to_leads_alone_and_takes_none(case, lead, officer):
    path = await attached(case, File(content=pdf()))
    await case.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=lead)
    assert (await officer.get(f"{path}/content")).status_code == 404
    assert (await lead.get(f"{path}/content")).status_code == 200
    assert refused(await attach(case, File(content=pdf()), by=lead)) == (409, "case-restricted")


async def test_each_look_at_a_file_is_in_the_trail_with_its_id(service, officer, case):
    path = await attached(case, File(content=pdf()))
    attachment = path.rpartition("/")[2]
    await officer.get(f"{case.path}/attachments")
    await officer.get(path)
    await officer.get(f"{path}/content")
    await case.do("DELETE", f"attachments/{attachment}")
    rows = await service.fetch(
        "SELECT action, outcome, purpose FROM audit_entry WHERE $1::uuid = ANY (object_ids) ORDER BY seq", attachment
    )
    assert [tuple(row) for row in rows] == [
        (f"case.{action}", "done", "prevent_crime")
        for action in (
            "add_attachment", "list_attachments", "read_attachment", "download_attachment", "remove_attachment",
        )
    ]  # fmt: skip


async def test_a_file_is_not_sent_when_that_cannot_be_recorded(service, officer, case):
    path = await attached(case, File(content=pdf()))
    await service.fetch("ALTER TABLE audit_entry ADD CONSTRAINT broken CHECK (false) NOT VALID")
    answer = await officer.get(f"{path}/content")
    await service.fetch("ALTER TABLE audit_entry DROP CONSTRAINT broken")
    assert (refused(answer), CANARY in answer.content) == ((503, "audit-unavailable"), False)


async def test_attaching_tells_no_event_and_leaves_the_version(service, case):
    version = (await case.read())["version"]
    await attached(case, File(content=pdf()))
    assert (await case.read())["version"] == version
    assert await service.events(case.id) == ["case.opened"]


async def test_a_file_is_sent_after_the_services_keys_were_rotated_and_the_old_one_is_gone(
    postgres, issuer, monkeypatch
):
    old, new = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
    urls = await postgres.migrated_database("case", MIGRATIONS)
    file = File(content=pdf(2 * SEGMENT))
    async for before in serving(urls, issuer, text_keys=SecretStr(old)):
        path = await attached(await before.person("officer-oslo").open(), file)
    monkeypatch.setenv("FORKANT_DATABASE_URL", urls.worker_url)
    monkeypatch.setenv(TEXT_KEYS_VARIABLE, f"{new},{old}")
    assert await asyncio.to_thread(main, "case_service", ["reseal"]) == 0
    async for after in serving(urls, issuer, text_keys=SecretStr(new)):
        assert (await after.person("officer-oslo").get(f"{path}/content")).content == file.content
    async for without in serving(urls, issuer, text_keys=SecretStr(old)):
        assert (await without.person("officer-oslo").get(f"{path}/content")).status_code == 500
