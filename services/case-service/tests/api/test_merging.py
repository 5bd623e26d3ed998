"""Merging duplicates: what it takes, what it leaves, who is told of what, and that nothing of it is left behind."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from forkant_devstack.testing.assessments import completed_assessment

DESTROY = {"outcome": "destroy"}
UNLAWFUL = {"basis": "unlawful"}
EXPIRED = {"basis": "retention_expired"}
DISPUTED = {"restricted": True, "reason": "disputed"}
INFORMATION = {
    "statement_type": "fact", "verification_status": "unverified", "source": "witness", "subject_category": "at_risk",
    "text": "Was seen.",
}  # fmt: skip


async def merged(case, into, *, by=None, **fields):
    answer = await case.attempt("POST", "merge", {"into": into.id, "into_etag": into.etag, **fields}, by=by)
    if answer.is_success:
        into.etag = (await into.by.get(into.path)).headers["etag"]
    return answer


async def pair(person):
    return await person.open(title="One"), await person.open(title="The other")


def refused(answer, status, code, **facts):
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    assert facts.items() <= body.items()
    return body


async def test_a_merged_case_stays_readable_as_it_was_and_names_the_case_that_goes_on(service, officer, lead):
    case, into = await pair(officer)
    await case.active(lead)
    before = await case.read()
    answer = await merged(case, into, note="The same boy.")
    assert answer.status_code == 200
    assert answer.json()["item_id"] == into.id
    assert (await service.events(case.id))[-1] == "case.merged"
    after = await case.read()
    assert (after["merged_into"], after["state"], after["title"]) == (into.id, "active", "One")
    assert after["merged_at"] is not None
    assert [(note["action"], note["text"]) for note in after["notes"]] == [("merge", "The same boy.")]
    assert {*after["allowed"]} <= {*before["allowed"]}
    assert "clarify_information" in after["allowed"]
    assert "close" not in after["allowed"]
    for name in ("assessment", "plan", "measures"):
        assert after[name] == before[name]
    [line] = (await officer.get(f"{into.path}/merged")).json()["items"]
    assert (line["id"], line["state"]) == (case.id, "active")
    history = (await officer.get(f"{case.path}/history")).json()["items"]
    [told] = [line["data"] for line in history if line["type"] == "no.forkant.case.merged.v1"]
    assert told == {"into_case_id": into.id}


async def test_the_case_that_goes_on_moves_on_without_an_event(service, officer):
    case, into = await pair(officer)
    before = await into.read()
    etag = into.etag
    await merged(case, into)
    assert into.etag != etag
    assert (await into.read())["version"] == before["version"]
    assert await service.events(into.id) == ["case.opened"]
    late = await officer.send("PUT", f"{into.path}/assessment", {"completed": False}, etag=etag)
    assert late.status_code == 412
    await into.assessed()


async def test_lists_counts_and_the_feed_leave_it_out(service, officer, lead):
    since = datetime.now(UTC).isoformat()
    case, into = await pair(officer)
    kept = {case.id, into.id}
    for person in (officer, lead):
        before = (await person.get("/v1/cases/count")).json()["count"]
        assert kept <= {line["id"] for line in (await person.get("/v1/cases")).json()["items"]}
        if person is officer:
            counted = before
    await merged(case, into)
    assert (await officer.get("/v1/cases/count")).json()["count"] == counted - 1
    for person in (officer, lead):
        assert kept & {line["id"] for line in (await person.get("/v1/cases")).json()["items"]} == {into.id}
        feed = (await person.get("/v1/changes", changed_since=since)).json()["items"]
        lines = {line["id"]: (line["change"], line["reason"], line["state"]) for line in feed}
        assert lines[case.id] == ("gone", "merged", None)
        assert lines[into.id] == ("upsert", None, "registered")


WORK = (
    ("PUT", "assessment", completed_assessment()),
    ("POST", "close", {"reason": "duplicate"}),
    ("POST", "reopen", {"reason": "new_concern"}),
    ("POST", "hold", {"reason": "awaiting_partner"}),
    ("POST", "partners", {"kind": "school"}),
    ("POST", "information", INFORMATION),
    ("POST", "transfers", {"to_unit": "troms"}),
    ("POST", "follow-ups", {"due_on": "2027-01-01"}),
)


@pytest.mark.parametrize(("method", "tail", "body"), WORK, ids=lambda part: str(part)[:20])
async def test_no_work_is_done_on_a_merged_case(officer, method, tail, body):
    case, into = await pair(officer)
    await merged(case, into)
    refused(await case.attempt(method, tail, body), 409, "case-merged", into=into.id)


async def test_a_merged_case_is_neither_merged_again_nor_merged_into(officer):
    case, into = await pair(officer)
    third = await officer.open()
    await merged(case, into)
    refused(await merged(case, third), 409, "case-merged")
    refused(await merged(third, case), 409, "other-case-unfit", because="case-merged")
    refused(await merged(into, case), 409, "other-case-unfit")
    assert (await merged(into, third)).is_success


async def test_its_information_is_still_to_be_clarified(officer):
    case, into = await pair(officer)
    item = (await case.do("POST", "information", INFORMATION))["item_id"]
    await merged(case, into)
    clear = {"outcome": "not_relevant", "verification_status": "unverified"}
    await case.do("POST", f"information/{item}/clarification", clear)


async def test_it_is_protected_as_before(officer, lead, privacy):
    case, into = await pair(officer)
    await merged(case, into)
    await case.do("POST", "members", {"subject": "officer2-oslo"}, by=lead)
    await case.do("POST", "restriction", DISPUTED, by=lead)
    await case.do("POST", "legal-holds", {"reason": "court_order"}, by=privacy)
    assert (await officer.get(case.path)).status_code == 404
    assert (await case.read(lead))["merged_into"] == into.id


GUARDS = (
    ("restricted", (409, "case-restricted", {})),
    ("held", (409, "legal-hold", {})),
    ("offered", (409, "transfer-pending", {})),
    ("other restricted", (409, "other-case-unfit", {"because": "case-restricted"})),
    ("other offered", (409, "other-case-unfit", {"because": "transfer-pending"})),
    ("other erased", (404, "not-found", {})),
    ("erased", (410, "case-erased", {})),
)


@pytest.mark.parametrize(("standing", "answer"), GUARDS, ids=lambda part: str(part)[:20])
async def test_neither_case_may_be_out_of_the_open(officer, lead, privacy, standing, answer):
    case, into = await pair(officer)
    one = into if standing.startswith("other") else case
    tail, body, by = {
        "restricted": ("restriction", DISPUTED, lead),
        "held": ("legal-holds", {"reason": "complaint"}, privacy),
        "offered": ("transfers", {"to_unit": "troms"}, officer),
        "erased": ("erasure", UNLAWFUL, privacy),
    }[standing.removeprefix("other ")]
    await one.do("POST", tail, body, by=by)
    status, code, facts = answer
    refused(
        await case.attempt("POST", "merge", {"into": into.id, "into_etag": into.etag}, by=lead), status, code, **facts
    )


async def test_into_a_held_case_may_be_merged(officer, privacy):
    case, into = await pair(officer)
    await into.do("POST", "legal-holds", {"reason": "court_order"}, by=privacy)
    assert (await merged(case, into)).is_success


async def test_both_etags_must_be_the_last(officer):
    case, into = await pair(officer)
    stale = into.etag
    await into.assessed()
    body = {"into": into.id, "into_etag": stale}
    refused(await case.attempt("POST", "merge", body), 409, "other-case-changed")
    refused(await case.attempt("POST", "merge", {**body, "into_etag": "x"}), 422, "invalid-request")
    await case.assessed()
    late = await officer.send("POST", f"{case.path}/merge", {**body, "into_etag": into.etag}, etag='"v1"')
    refused(late, 412, "stale-version")
    without = await officer.send("POST", f"{case.path}/merge", {**body, "into_etag": into.etag})
    assert without.status_code == 428


async def test_a_case_is_not_merged_into_itself(officer):
    case = await officer.open()
    refused(await merged(case, case), 422, "same-case")


async def test_one_unit_holds_both(service, officer, lead):
    case = await officer.open()
    there = await service.person("officer-troms").open()
    await service.fetch(
        "INSERT INTO access_grant (id, kind, subject, object_id, valid_from, valid_to, reason, given_by)"
        " VALUES (gen_random_uuid(), 'access', 'officer-oslo', $1, now() - interval '1 h', now() + interval '1 h', 'x', 'x')",
        there.id,
    )
    refused(await merged(case, there, by=officer), 409, "units-differ")
    # From elsewhere, a case is not merged away either.
    away = await officer.send("POST", f"{there.path}/merge", {"into": case.id, "into_etag": case.etag}, etag=there.etag)
    assert away.status_code in {403, 409}, away.text


@pytest.mark.parametrize("who", ["officer2-oslo", "lead-troms", "pod-admin"])
async def test_only_who_sees_both_merges_and_learns_nothing_otherwise(service, officer, who):
    case, into = await pair(officer)
    person = service.person(who)
    answers = [
        await person.send("POST", f"{case.path}/merge", {"into": other, "into_etag": '"v1"'}, etag=case.etag)
        for other in (into.id, str(uuid4()))
    ]
    assert {answer.status_code for answer in answers} <= {403, 404}
    told, as_of_none = ({**answer.json(), "trace_id": None} for answer in answers)
    assert told == as_of_none


async def test_a_case_out_of_sight_is_named_neither_by_a_merger_nor_afterwards(service, officer, lead):
    case, hidden = await officer.open(), await lead.open()
    for unseen in (hidden.id, str(uuid4())):
        answer = await case.attempt("POST", "merge", {"into": unseen, "into_etag": hidden.etag})
        refused(answer, 404, "not-found")
        assert unseen not in answer.text
    assert (await merged(case, hidden, by=lead)).is_success
    shown = await case.read()
    assert shown["merged_into"] is None
    assert shown["merged_at"] is not None
    assert hidden.id not in (await officer.get(f"{case.path}/history")).text
    assert hidden.id not in (await officer.get("/v1/changes")).text
    answer = await case.attempt("POST", "close", {"reason": "duplicate"})
    assert "into" not in refused(answer, 409, "case-merged")
    # And from above: who sees the case that goes on alone is not told what was merged into it.
    assert (await officer.get(hidden.path)).status_code == 404
    assert (await case.read(lead))["merged_into"] == hidden.id


async def test_what_was_merged_into_a_case_is_shown_to_those_alone_who_see_it(service, officer, lead):
    into = await officer.open()
    other = await lead.open()
    assert (await merged(other, into, by=lead)).is_success
    assert (await officer.get(f"{into.path}/merged")).json()["items"] == []
    assert [line["id"] for line in (await lead.get(f"{into.path}/merged")).json()["items"]] == [other.id]


async def test_nobody_sees_more_than_before_the_merger(service, officer, lead):
    case, into = await pair(lead)
    await case.do("POST", "members", {"subject": "officer-oslo"}, by=lead)
    await merged(case, into, by=lead)
    assert (await officer.get(case.path)).status_code == 200
    assert (await officer.get(into.path)).status_code == 404


async def test_two_mergers_that_cross_leave_one(officer):
    for _ in range(6):
        case, other = await pair(officer)
        answers = await asyncio.gather(
            officer.send("POST", f"{case.path}/merge", {"into": other.id, "into_etag": other.etag}, etag=case.etag),
            officer.send("POST", f"{other.path}/merge", {"into": case.id, "into_etag": case.etag}, etag=other.etag),
        )
        assert sorted(answer.is_success for answer in answers) == [False, True]
        assert {answer.status_code for answer in answers} <= {200, 409, 412}
        standing = [(await each.read())["merged_into"] for each in (case, other)]
        assert sorted(standing, key=str) == sorted([None, *({case.id, other.id} & {*standing})], key=str)
        assert standing.count(None) == 1


async def test_a_ring_of_mergers_at_once_leaves_no_ring(service, officer):
    cases = [await officer.open() for _ in range(4)]
    following = [*cases[1:], cases[0]]
    answers = await asyncio.gather(
        *(
            officer.send("POST", f"{case.path}/merge", {"into": other.id, "into_etag": other.etag}, etag=case.etag)
            for case, other in zip(cases, following, strict=True)
        )
    )
    assert {answer.status_code for answer in answers} <= {200, 409, 412}
    assert any(answer.is_success for answer in answers)
    into = {case.id: (await case.read())["merged_into"] for case in cases}
    for start in into:
        seen, at = [], start
        while at is not None:
            assert at not in seen
            seen.append(at)
            at = into[at]


async def test_erasing_the_case_that_goes_on_reaches_what_was_merged_into_it(service, officer, lead, privacy):
    case, into = await pair(officer)
    deep = await officer.open()
    await case.do("POST", "information", INFORMATION)
    await merged(deep, case)
    await merged(case, into)
    await into.do("POST", "erasure", UNLAWFUL, by=privacy)
    for each in (case, into, deep):
        assert (await privacy.get(each.path)).status_code == 410
        assert (await service.events(each.id))[-1] == "case.erased"
        certificate = (await privacy.get(f"{each.path}/erasure")).json()
        assert (certificate["erased_by"], certificate["basis"]) == ("privacy-oslo", "unlawful")
        assert certificate["destroyed"]["data_key"] == 1
    rows = await service.fetch(
        "SELECT title, shredded_at FROM preventive_case JOIN data_key ON owner_id = id WHERE id = ANY ($1::uuid[])",
        [case.id, into.id, deep.id],
    )
    assert [(row["title"], row["shredded_at"] is None) for row in rows] == [(None, False)] * 3
    certificate = (await privacy.get(f"{into.path}/erasure")).json()
    assert certificate["merged"] == [case.id]
    assert (await privacy.get(f"{case.path}/erasure")).json()["merged"] == [deep.id]


async def test_nothing_is_erased_while_something_merged_must_be_kept(service, officer, lead, privacy):
    case, into = await pair(officer)
    await merged(case, into)
    hold = (await case.do("POST", "legal-holds", {"reason": "court_order"}, by=privacy))["item_id"]
    answer = await into.attempt("POST", "erasure", UNLAWFUL, by=privacy)
    refused(answer, 409, "legal-hold", case=case.id)
    await case.do("DELETE", f"legal-holds/{hold}", by=privacy)
    await into.do("PUT", "archive-decision", DESTROY, by=lead)
    answer = await into.attempt("POST", "erasure", {"basis": "unfounded"}, by=privacy)
    refused(answer, 409, "archive-decision-required", case=case.id)
    assert (await case.read())["title"] == "One"
    await case.do("PUT", "archive-decision", DESTROY, by=lead)
    await into.do("POST", "erasure", {"basis": "unfounded"}, by=privacy)


async def test_a_merged_case_is_kept_as_long_as_the_other_and_no_longer(officer, lead, privacy):
    long_ago = (datetime.now(UTC) - timedelta(days=4 * 365)).isoformat()
    case, into = await officer.open(), await officer.open(occurred_at=long_ago)
    for each in (case, into):
        await each.do("PUT", "archive-decision", DESTROY, by=lead)
    assert (await merged(case, into)).is_success
    day = datetime.now(UTC).date().isoformat()
    assert (await case.read())["retention_until"] > day > (await into.read())["retention_until"]
    refused(await case.attempt("POST", "erasure", EXPIRED, by=privacy), 409, "retention-not-expired")
    due = (await privacy.get("/v1/retention-reviews", limit=100)).json()["items"]
    assert {case.id, into.id} & {line["id"] for line in due} == {into.id}
    await into.do("POST", "erasure", EXPIRED, by=privacy)
    for each in (case, into):
        assert (await privacy.get(f"{each.path}/erasure")).json()["basis"] == "retention_expired"


async def test_a_merged_case_out_of_reach_keeps_the_other_from_being_erased(service, officer, lead, privacy):
    case, into = await pair(officer)
    await merged(case, into)
    await service.fetch("UPDATE preventive_case SET level = 3, lowest_level = 1 WHERE id = $1", case.id)
    cleared_for_less = service.person("privacy-oslo", clearance=2)
    answer = await into.attempt("POST", "erasure", UNLAWFUL, by=cleared_for_less)
    assert case.id not in answer.text
    refused(answer, 409, "merged-case-out-of-reach")
    await into.do("POST", "erasure", UNLAWFUL, by=privacy)


async def test_a_merged_case_is_erased_by_itself_too(service, officer, privacy):
    case, into = await pair(officer)
    await merged(case, into)
    await case.do("POST", "erasure", UNLAWFUL, by=privacy)
    assert (await into.read())["title"] == "The other"
    assert (await officer.get(f"{into.path}/merged")).json()["items"] == []
    await into.do("POST", "erasure", UNLAWFUL, by=privacy)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ("merged_into = NULL, merged_at = NULL", "stays merged"),
        ("state = 'assessing'", "stays as it was"),
        ("round = 2", "stays as it was"),
        ("merged_at = NULL", "case_merged"),
    ],
)
async def test_not_even_the_database_takes_a_merger_back(service, officer, change, match):
    case, into = await pair(officer)
    await merged(case, into)
    with pytest.raises(asyncpg.CheckViolationError, match=match):
        await service.fetch(f"UPDATE preventive_case SET {change} WHERE id = $1", case.id)


async def test_not_even_the_database_merges_what_the_rules_forbid(service, officer, privacy):
    case, into = await pair(officer)
    there = await service.person("officer-troms").open()
    merge = "UPDATE preventive_case SET merged_into = $2, merged_at = now() WHERE id = $1"
    for other in (case, there):
        with pytest.raises(asyncpg.CheckViolationError):
            await service.fetch(merge, case.id, other.id)
    await case.do("POST", "legal-holds", {"reason": "court_order"}, by=privacy)
    with pytest.raises(asyncpg.CheckViolationError, match="as it stands"):
        await service.fetch(merge, case.id, into.id)
    third = await officer.open()
    await merged(third, into)
    with pytest.raises(asyncpg.CheckViolationError, match="merged into the case is not erased"):
        await service.fetch(
            "UPDATE preventive_case SET erased_at = now(), erasure_basis = 'unlawful', title = NULL WHERE id = $1",
            into.id,
        )
