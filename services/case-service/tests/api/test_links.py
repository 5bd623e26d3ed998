"""Links between cases: who makes them, who sees them, and that nobody learns of a case by one."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest
from forkant_kit.testing import until

DISPUTED = {"restricted": True, "reason": "disputed"}
UNLAWFUL = {"basis": "unlawful"}
PERSON_CASE = {
    "case_type": "person", "theme": "drugs", "age_band": "15_17", "subject_category": "at_risk",
    "purpose_code": "prevent_crime", "legal_basis": "police_act", "title": "A case",
}  # fmt: skip


async def linked(case, other, kind="related", *, by=None, key=None):
    body = {"other_case": other if isinstance(other, str) else other.id, "kind": kind}
    return await (by or case.by).send("POST", f"{case.path}/links", body, key=key)


async def listed(case, by=None):
    answer = await (by or case.by).get(f"{case.path}/links")
    assert answer.status_code == 200, answer.text
    return [(line["case"]["id"], line["kind"], line["direction"]) for line in answer.json()["items"]]


def refused(answer, status, code, **facts):
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    assert facts.items() <= body.items()


async def test_a_link_reads_from_both_ends(officer):
    case, other = await officer.open(), await officer.open()
    made = await linked(case, other, "follows")
    assert made.status_code == 201, made.text
    assert await listed(case) == [(other.id, "follows", "to")]
    assert await listed(other) == [(case.id, "follows", "from")]
    read = await officer.get(made.headers["location"])
    assert (read.json()["case"]["id"], read.headers["etag"]) == (other.id, made.headers["etag"])
    assert (await linked(other, case, "same_subject_group")).status_code == 201
    assert (await listed(case))[0] == (other.id, "same_subject_group", "both")


async def test_a_link_moves_neither_case_on(service, officer):
    case, other = await officer.open(), await officer.open()
    made = await linked(case, other)
    for each in (case, other):
        assert (await officer.get(each.path)).headers["etag"] == each.etag
        assert await service.events(each.id) == ["case.opened"]
    await officer.send("DELETE", made.headers["location"], etag=made.headers["etag"])
    for each in (case, other):
        await each.assessed()


@pytest.mark.parametrize("kind", ["related", "same_subject_group", "follows", "part_of"])
async def test_two_cases_are_linked_once_in_each_way(officer, kind):
    case, other = await officer.open(), await officer.open()
    assert (await linked(case, other, kind)).status_code == 201
    refused(await linked(case, other, kind), 409, "already-linked")
    refused(await linked(other, case, kind), 409, "already-linked")


async def test_a_link_is_taken_away_once_and_from_either_end(officer):
    case, other = await officer.open(), await officer.open()
    for end in (case, other):
        made = (await linked(case, other)).json()["id"]
        path = f"{end.path}/links/{made}"
        assert (await officer.send("DELETE", path)).status_code == 428
        refused(await officer.send("DELETE", path, etag='"v2"'), 412, "stale-version")
        assert (await officer.send("DELETE", path, etag='"v1"')).status_code == 204
        refused(await officer.send("DELETE", path, etag='"v1"'), 404, "not-found")
        assert await listed(case) == []
    third = await officer.open()
    made = (await linked(case, other)).json()["id"]
    refused(await officer.send("DELETE", f"{third.path}/links/{made}", etag='"v1"'), 404, "not-found")


async def test_a_case_is_not_linked_to_itself_or_by_an_unlisted_kind(officer):
    case, other = await officer.open(), await officer.open()
    refused(await linked(case, case), 422, "same-case")
    refused(await linked(case, other, "enemy"), 422, "invalid-request")


async def test_a_link_to_a_case_out_of_sight_is_not_there(officer, lead):
    case, hidden = await officer.open(), await lead.open()
    made = await linked(case, hidden, by=lead)
    assert made.status_code == 201
    path = made.headers["location"]
    assert await listed(case, lead) == [(hidden.id, "related", "both")]
    assert await listed(case) == []
    refused(await officer.get(path), 404, "not-found")
    refused(await officer.send("DELETE", path, etag='"v1"'), 404, "not-found")
    assert await listed(case, lead) == [(hidden.id, "related", "both")]
    # To link it again tells no more than to link what is not there: not even that it would be twice.
    answers = [await linked(case, unseen) for unseen in (hidden.id, str(uuid4()))]
    told, as_of_none = ({**answer.json(), "trace_id": None} for answer in answers)
    assert told == as_of_none
    assert told["code"] == "not-found"
    assert (await officer.get(case.path)).headers["etag"] == case.etag


@pytest.mark.parametrize("who", ["officer2-oslo", "lead-troms"])
async def test_who_does_not_see_a_case_links_nothing_to_it(service, officer, who):
    case = await officer.open()
    person = service.person(who)
    own = await person.open()
    refused(await linked(case, own, by=person), 404, "not-found")
    refused(await linked(own, case), 404, "not-found")
    refused(await person.get(f"{case.path}/links"), 404, "not-found")


async def test_by_broken_glass_nothing_is_linked_and_no_link_of_another_case_is_seen(service, officer, lead):
    case, other = await officer.open(), await officer.open()
    await linked(case, other)
    person = service.person("officer-troms")
    opened = await person.send("POST", f"{case.path}/break-glass", {"reason": "acute_danger"})
    assert opened.is_success
    assert await listed(case, person) == []
    refused(await linked(case, await person.open(), by=person), 404, "not-found")


async def test_a_restricted_case_takes_no_link_and_keeps_those_that_it_has_from_sight(officer, lead):
    case, other, third = [await officer.open() for _ in range(3)]
    await linked(case, other)
    made = await linked(case, third)
    await other.do("POST", "restriction", DISPUTED, by=lead)
    assert await listed(case) == [(third.id, "related", "both")]
    refused(await linked(other, third, by=lead), 409, "case-restricted")
    refused(await linked(third, other, by=lead), 409, "other-case-unfit", because="case-restricted")
    await case.do("POST", "restriction", DISPUTED, by=lead)
    refused(await lead.send("DELETE", made.headers["location"], etag='"v1"'), 409, "case-restricted")


async def test_a_merged_case_takes_no_link_and_can_be_rid_of_one(officer):
    case, other, third = [await officer.open() for _ in range(3)]
    made = await linked(case, third)
    await case.do("POST", "merge", {"into": other.id, "into_etag": other.etag})
    refused(await linked(case, other), 409, "case-merged", into=other.id)
    refused(await linked(third, case, "follows"), 409, "other-case-unfit", because="case-merged")
    assert await listed(case) == [(third.id, "related", "both")]
    assert (await officer.send("DELETE", made.headers["location"], etag='"v1"')).status_code == 204


async def test_links_go_with_either_case_also_those_that_nobody_sees(service, officer, lead, privacy):
    case, other = await officer.open(), await officer.open()
    secret = await lead.open()
    await linked(case, other)
    await linked(case, secret, by=lead)
    await service.fetch("UPDATE preventive_case SET level = 3 WHERE id = $1", secret.id)
    # Who erases is cleared for level 2: the link to the other is out of sight, and goes.
    await case.do("POST", "erasure", UNLAWFUL, by=service.person("privacy-oslo", clearance=2))
    left = await service.fetch("SELECT FROM case_link WHERE from_case = $1 OR to_case = $1", case.id)
    assert left == []
    certificate = (await privacy.get(f"{case.path}/erasure")).json()
    assert certificate["destroyed"]["case_link"] == 2
    assert await listed(other) == []
    refused(await linked(other, case), 404, "not-found")


async def test_an_erasure_and_a_link_at_once_leave_no_link_behind(service, officer, privacy):
    for _ in range(4):
        case, other = await officer.open(), await officer.open()
        erased, made = await asyncio.gather(
            privacy.send("POST", f"{other.path}/erasure", UNLAWFUL, etag=other.etag), linked(case, other)
        )
        assert erased.is_success
        assert made.status_code in {201, 404}
        assert await service.fetch("SELECT FROM case_link WHERE to_case = $1 OR from_case = $1", other.id) == []


async def test_a_link_waits_for_a_change_of_either_end_and_finds_it(service, officer):
    for which in (0, 1):
        ends = [await officer.open(), await officer.open()]
        connection = await asyncpg.connect(service.owner_url, server_settings={"forkant.system": "on"})
        try:
            async with connection.transaction():
                await connection.execute(
                    "UPDATE preventive_case SET restricted = true, restriction_reason = 'disputed' WHERE id = $1",
                    ends[which].id,
                )
                making = asyncio.create_task(linked(*ends))

                async def waits(making=making):
                    return making.done() or bool(await service.fetch("SELECT FROM pg_locks WHERE NOT granted"))

                await until(waits, what="the link waiting for the row")
                assert not making.done()
        finally:
            await connection.close()
        assert (await making).json()["code"] == "not-found"


async def test_the_same_link_made_at_once_is_there_once(officer):
    case, other = await officer.open(), await officer.open()
    answers = await asyncio.gather(*(linked(case, other) for _ in range(3)), linked(other, case))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(await listed(case)) == 1


async def test_pages_of_links_follow_each_other(officer):
    case = await officer.open()
    others = [await officer.open() for _ in range(5)]
    for other in others:
        await linked(case, other)
    seen, cursor = [], None
    while True:
        page = (await officer.get(f"{case.path}/links", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        seen += [line["case"]["id"] for line in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [other.id for other in reversed(others)]
