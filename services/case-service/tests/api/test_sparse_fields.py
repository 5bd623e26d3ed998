"""Answers that show only the fields that the caller names: smaller, and in nothing else different."""

import pytest

CONCERN = {"source": "school", "theme": "violence", "age_band": "under_15", "description": "Something was seen."}


@pytest.fixture
async def places(officer):
    """Return where lists and single ones of each kind are read: the path, the fields named, and what comes with them."""
    case = await officer.open()
    concern = (await officer.send("POST", "/v1/concerns", CONCERN)).headers["location"]
    [task] = (await officer.get(f"{case.path}/tasks")).json()["items"]
    return {
        "cases": ("/v1/cases", "state,theme", {"id", "version", "state", "theme"}),
        "case": (case.path, "title,measures", {"id", "version", "title", "measures"}),
        "concerns": ("/v1/concerns", "source", {"id", "version", "source"}),
        "concern": (concern, "description", {"id", "version", "description"}),
        "tasks": ("/v1/tasks", "kind,due_on", {"id", "kind", "due_on"}),
        "tasks of a case": (f"{case.path}/tasks", "kind", {"id", "kind"}),
        "task": (f"{case.path}/tasks/{task['id']}", "assignee", {"id", "assignee"}),
    }


KINDS = ("cases", "case", "concerns", "concern", "tasks", "tasks of a case", "task")


@pytest.mark.parametrize("kind", KINDS)
async def test_only_what_is_named_comes_as_it_comes_with_all(service, officer, places, kind):
    path, named, expected = places[kind]
    whole, entries = await officer.get(path), await entries_of(service)
    part = await officer.get(path, fields=named)
    assert part.status_code == 200, part.text
    shown, all_shown = part.json(), whole.json()
    if "items" in all_shown:
        assert {**shown, "items": []} == {**all_shown, "items": []}
        shown, all_shown = shown["items"], all_shown["items"]
    else:
        shown, all_shown = [shown], [all_shown]
    assert {*shown[0]} == expected
    assert shown == [{name: one[name] for name in expected} for one in all_shown]
    assert part.headers.get("etag") == whole.headers.get("etag")
    after = await entries_of(service)
    assert len(after) == len(entries) + 1
    assert after[-1] == entries[-1]


async def entries_of(service):
    told = "action, object_kind, object_ids, version, purpose"
    rows = await service.fetch(f"SELECT {told} FROM audit_entry WHERE outcome = 'done' ORDER BY seq")
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("named", ["gossip", "state,", "", "id,State", "subject.name", "a" * 100])
async def test_a_field_that_is_not_there_is_refused_with_those_that_are(service, officer, places, kind, named):
    path = places[kind][0]
    before = await entries_of(service)
    answer = await officer.get(path, fields=named)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown-field")
    assert places[kind][2] <= {*answer.json()["known"]}
    assert "gossip" not in answer.text
    assert await entries_of(service) == before


async def test_naming_fields_shows_nothing_that_the_list_does_not_show(officer, places):
    for kind in ("cases", "concerns"):
        for hidden in ("title", "description"):
            answer = await officer.get(places[kind][0], fields=hidden)
            assert answer.json()["code"] == "unknown-field"


async def test_what_somebody_may_not_see_is_not_there_whatever_is_named(officer, stranger, places):
    for kind in ("case", "concern", "task"):
        path, named, _ = places[kind]
        assert (await stranger.get(path, fields=named)).status_code == 404


async def test_the_etag_of_a_part_is_good_for_a_change(officer):
    case = await officer.open()
    part = await officer.get(case.path, fields="state")
    answer = await officer.send("PUT", f"{case.path}/assessment", {"summary": "Seen."}, etag=part.headers["etag"])
    assert answer.status_code == 200


async def test_the_next_page_shows_the_same_fields(officer):
    for _ in range(3):
        await officer.open()
    first = await officer.get("/v1/cases", fields="state", limit=1)
    assert "fields=state" in first.headers["link"]
    second = await officer.get("/v1/cases", fields="state", limit=1, cursor=first.json()["next"])
    assert {*second.json()["items"][0]} == {"id", "version", "state"}
    assert second.json()["items"][0]["id"] != first.json()["items"][0]["id"]


async def test_restricted_information_stays_without_its_words(officer, lead):
    case = await officer.open()
    fact = {
        "statement_type": "fact", "verification_status": "unverified", "source": "witness",
        "subject_category": "at_risk", "text": "Was seen.",
    }  # fmt: skip
    made = await case.do("POST", "information", fact)
    clear = {"outcome": "incorrect", "verification_status": "verified"}
    await case.do("POST", f"information/{made['item_id']}/clarification", clear)
    [shown] = (await officer.get(case.path, fields="information")).json()["information"]
    assert (shown["restricted"], shown["text"]) == (True, None)


async def test_a_search_by_words_shows_only_what_is_named_and_is_recorded_as_one_of_all(service, officer):
    case, body = await officer.open(title="Feltmerke-51"), {"words": "Feltmerke-51"}
    path = "/v1/cases/search"
    whole = (await officer.send("POST", path, body)).json()
    told = await entries_of(service)
    part = await officer.send("POST", f"{path}?fields=state,theme", body)
    assert {*part.json()["items"][0]} == {"id", "version", "state", "theme"}
    assert part.json() == {
        **whole, "items": [{name: one[name] for name in part.json()["items"][0]} for one in whole["items"]],
    }  # fmt: skip
    assert (await entries_of(service))[-1] == told[-1]
    assert [one["id"] for one in whole["items"]] == [case.id]
    for hidden in ("title", "gossip", ""):
        answer = await officer.send("POST", f"{path}?fields={hidden}", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown-field")
