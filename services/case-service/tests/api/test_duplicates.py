"""What looks alike is listed with the reasons, to those who may see it, and by nothing but codes and moments."""

from datetime import UTC, datetime, timedelta

import pytest

NOW = datetime.now(UTC)
ALL = ["same_case_type", "same_theme", "same_age_band", "same_municipality", "near_in_time"]
UNLAWFUL = {"basis": "unlawful"}
OTHERS = (
    {"case_type": "group", "subject_category": "not_applicable", "age_band": "not_applicable"},
    {"theme": "violence"},
    {"age_band": "under_15"},
    {"municipality_number": "5501"},
    {"occurred_at": (NOW - timedelta(days=91)).isoformat()},
)


async def alike(thing, by=None):
    answer = await (by or thing.by).get(f"{thing.path}/duplicates", limit=100)
    assert answer.status_code == 200, answer.text
    return {line["id"]: line for line in answer.json()["items"]}


async def of_its_own(person, **fields):
    """Open a case of a theme and municipality that no other test here uses."""
    return await person.open(**{"theme": "fraud", "municipality_number": "1103", **fields})


async def test_a_case_with_the_same_codes_is_listed_with_the_reasons_and_no_text(module_service):
    officer = module_service.person("officer-oslo")
    case, other = await officer.open(title="One"), await officer.open(title="Another")
    line = (await alike(case))[other.id]
    assert (line["kind"], line["reasons"], line["state"]) == ("case", ALL, "registered")
    assert set(line) == {
        "kind", "id", "state", "case_type", "theme", "age_band", "municipality_number", "since", "reasons",
    }  # fmt: skip
    assert case.id not in await alike(case)
    assert case.id in await alike(other)


@pytest.mark.parametrize("fields", OTHERS, ids=lambda fields: next(iter(fields)))
async def test_a_case_that_differs_in_one_code_is_not(module_service, fields):
    officer = module_service.person("officer-oslo")
    case, other = await officer.open(), await officer.open(**fields)
    assert other.id not in await alike(case)
    assert case.id not in await alike(other)


async def test_a_case_of_which_the_municipality_is_not_known_is_listed_without_that_reason(module_service):
    officer = module_service.person("officer-oslo")
    case, other = await officer.open(), await officer.open(municipality_number=None)
    assert (await alike(case))[other.id]["reasons"] == [reason for reason in ALL if reason != "same_municipality"]


async def test_a_case_from_just_within_the_days_is_listed(module_service):
    officer = module_service.person("officer-oslo")
    case = await officer.open()
    other = await officer.open(occurred_at=(NOW - timedelta(days=89)).isoformat())
    assert other.id in await alike(case)


async def test_nothing_is_listed_that_the_caller_may_not_see_or_that_no_longer_counts(module_service):
    officer, lead, privacy = (module_service.person(who) for who in ("officer-oslo", "lead-oslo", "privacy-oslo"))
    case, into = await officer.open(), await officer.open()
    hidden, restricted, erased, merged = await lead.open(), *[await officer.open() for _ in range(3)]
    await restricted.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=lead)
    await erased.do("POST", "erasure", UNLAWFUL, by=privacy)
    await merged.do("POST", "merge", {"into": into.id, "into_etag": into.etag})
    there = await module_service.person("officer-troms").open()
    gone = {hidden.id, restricted.id, erased.id, merged.id, there.id}
    assert not gone & (await alike(case)).keys()
    assert gone & (await alike(case, lead)).keys() == {hidden.id, restricted.id}
    stranger = module_service.person("officer2-oslo")
    assert (await stranger.get(f"{case.path}/duplicates")).status_code == 404


async def test_a_concern_finds_concerns_and_cases_like_it_and_not_the_case_that_it_became(module_service, concern):
    officer = module_service.person("officer-oslo")
    facts = {
        "case_type": "person", "subject_category": "at_risk", "purpose_code": "protect_child",
        "legal_basis": "police_act", "title": "From a concern",
    }  # fmt: skip
    received = [await officer.send("POST", "/v1/concerns", concern) for _ in range(3)]
    first, second, third = (answer.json()["id"] for answer in received)
    decision = {"outcome": "case", "case": facts}
    decided = await officer.send("POST", f"/v1/concerns/{third}/decision", decision, etag=received[2].headers["etag"])
    case = decided.json()["case_id"]

    async def found(concern_id):
        items = (await officer.get(f"/v1/concerns/{concern_id}/duplicates", limit=100)).json()["items"]
        return {line["id"]: line for line in items}

    lines = await found(first)
    assert {second, third, case} <= lines.keys()
    assert first not in lines
    reasons = [reason for reason in ALL if reason != "same_case_type"]
    assert (lines[second]["kind"], lines[second]["case_type"], lines[second]["reasons"]) == ("concern", None, reasons)
    assert (lines[case]["kind"], lines[case]["case_type"], lines[case]["reasons"]) == ("case", "person", reasons)
    assert case not in await found(third)
    elsewhere = module_service.person("officer-troms")
    assert (await elsewhere.get(f"/v1/concerns/{first}/duplicates")).status_code == 404
    # Who may not see the case is not told of it by the concern that it came from, nor by one like it.
    another = module_service.person("officer2-oslo")
    items = (await another.get(f"/v1/concerns/{first}/duplicates", limit=100)).json()["items"]
    assert case not in {line["id"] for line in items}


async def test_an_erased_concern_is_neither_asked_about_nor_listed(module_service, concern):
    officer = module_service.person("officer-oslo")
    kept, gone = [(await officer.send("POST", "/v1/concerns", concern)).json()["id"] for _ in range(2)]
    await module_service.fetch(
        "UPDATE concern SET erased_at = now(), description = NULL, note = NULL WHERE id = $1", gone
    )
    assert (await officer.get(f"/v1/concerns/{gone}/duplicates")).status_code == 404
    items = (await officer.get(f"/v1/concerns/{kept}/duplicates", limit=100)).json()["items"]
    assert gone not in {line["id"] for line in items}


async def test_pages_follow_each_other_newest_first(module_service):
    officer = module_service.person("officer-oslo")
    cases = [await of_its_own(officer) for _ in range(6)]
    seen, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = (await officer.get(f"{cases[0].path}/duplicates", limit=2, **more)).json()
        seen += [line["id"] for line in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [case.id for case in reversed(cases[1:])]
