"""Lists and counts narrowed by every code and date of a case: never more than the caller may see, never fewer."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from case_service.queries.listing import CODED, DATED, Filter
from case_service.tables import preventive_case

PEOPLE = ("officer-oslo", "officer2-oslo", "lead-oslo", "privacy-oslo", "lead-troms")
VARIED: Mapping[str, tuple[Any, ...]] = {
    "case_type": ("person", "group", "place"),
    "theme": ("violence", "fraud"),
    "age_band": ("under_15", "15_17"),
    "arena": ("physical", "digital"),
    "municipality_number": ("0301", "5501", None),
    "purpose_code": ("prevent_crime", "public_safety"),
}
SEED = 20


async def listed(person, **query) -> list[str]:
    found, cursor = [], None
    while True:
        page = await person.get("/v1/cases", limit=7, **query, **({"cursor": cursor} if cursor else {}))
        assert page.status_code == 200, page.text
        found += [item["id"] for item in page.json()["items"]]
        cursor = page.json()["next"]
        if cursor is None:
            return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def varied(module_service):
    """Give a service whose cases differ in every code, and their rows as they are stored."""
    service, rng = module_service, random.Random(SEED)
    officer, lead, privacy = (service.person(name) for name in ("officer-oslo", "lead-oslo", "privacy-oslo"))
    for number in range(30):
        facts = {name: rng.choice(codes) for name, codes in VARIED.items()}
        if facts["case_type"] != "person":
            facts |= {"subject_category": "not_applicable", "age_band": "not_applicable"}
        if number % 4 == 0:
            facts |= {"special_category": True, "necessity_reason": "The school asked for it."}
        case = await officer.open(**facts)
        if number % 6 == 1:
            await case.do("POST", "members", {"subject": "officer2-oslo"})
        if number % 7 == 2:
            await case.do("POST", "close", {"reason": "unfounded"})
        if number % 8 == 3:
            await case.do("POST", "hold", {"reason": "awaiting_partner"})
        if number % 5 == 0:
            await case.do("PUT", "level", {"level": 2 + number % 2}, by=privacy)
        if number % 9 == 4:
            await case.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=lead)
    await (await officer.open()).do("POST", "rejection", {"reason": "no_basis"}, by=lead)
    await service.person("officer-troms").open()
    rows = await service.fetch("SELECT * FROM preventive_case ORDER BY id DESC")
    return service, [dict(row) for row in rows]


def asked(rng: random.Random, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return some filters, of values that some case has and of one that none may have."""
    query: dict[str, Any] = {}
    for name in rng.sample(sorted(CODED), k=rng.randint(1, 3)):
        values = sorted({row[name] for row in rows if row[name] is not None})
        assert values, f"no case has a {name}, so that nothing would be tried"
        query[name] = (
            rng.choice(values)
            if isinstance(values[0], bool)
            else rng.sample(values, k=min(len(values), rng.randint(1, 2)))
        )
    for name, column in rng.sample(sorted(DATED.items()), k=rng.randint(0, 1)):
        at = rng.choice([row[column.name] for row in rows if row[column.name] is not None])
        query[f"{name}_{rng.choice(['from', 'before'])}"] = at.isoformat()
    return query


def holds(row: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    for name, wanted in query.items():
        if name in CODED:
            if row[name] not in (wanted if isinstance(wanted, list) else [wanted]):
                return False
            continue
        what, _, side = name.rpartition("_")
        value = row[DATED[what].name]
        if value is None or (value.isoformat() >= wanted) != (side == "from"):
            return False
    return True


@pytest.mark.parametrize("number", range(40))
async def test_any_filter_shows_those_of_the_callers_cases_that_meet_it_on_pages_and_in_the_count(varied, number):
    service, rows = varied
    query = asked(random.Random(number), rows)
    for name in PEOPLE:
        person = service.person(name)
        visible = set(await listed(person))
        expected = [str(row["id"]) for row in rows if str(row["id"]) in visible and holds(row, query)]
        assert await listed(person, **query) == expected, (name, query)
        assert (await person.get("/v1/cases/count", **query)).json() == {"count": len(expected)}, (name, query)


async def test_the_filters_tried_find_something_and_leave_something_out(varied):
    service, rows = varied
    privacy = service.person("privacy-oslo")
    sizes = [len(await listed(privacy, **asked(random.Random(number), rows))) for number in range(40)]
    assert sum(1 for size in sizes if 0 < size < 30) > 20


def test_every_code_and_date_of_a_case_can_be_asked_for():
    elsewhere = {
        "ids, texts and people": {
            "id", "concern_id", "prevention_goal", "title", "subject", "description", "necessity_reason", "opened_by", "case_owner",
        },
        "whose it is, which the caller's unit says": {"unit", "unit_of_its_time"},
        "counters": {"version", "revision", "round", "change_xid", "lowest_level"},
        "cases that no list shows": {"erased_at", "erasure_basis", "merged_into", "merged_at"},
        "what retention is worked out from, whose last day is asked for": {
            "retention_rule", "retention_rules_version", "retention_floor", "ended_at", "reopened_at",
        },
        "what the days of tasks are worked out from": {"process_version", "held_on"},
    }  # fmt: skip
    asked_for = {*CODED, *(column.name for column in DATED.values())}
    assert set(preventive_case.c.keys()) - asked_for == set().union(*elsewhere.values())


@pytest.mark.parametrize(
    "query",
    [
        {"theme": "unknown"},
        {"theme": "weather"},
        {"level": 4},
        {"level": "high"},
        {"municipality_number": "301"},
        {"restricted": "perhaps"},
        {"opened_from": "2026-01-01"},
        {"opened_from": "1767225600"},
        {"opened_before": "yesterday"},
        {"clarification_deadline_from": "2026-02-30"},
        {"opened_after": "2026-01-01T00:00:00Z"},
        {"title": "fights"},
        {"theme": ["violence"] * 51},
    ],
    ids=lambda query: "-".join(str(part)[:20] for part in (*query.keys(), *query.values())),
)
@pytest.mark.parametrize("path", ["/v1/cases", "/v1/cases/count"])
async def test_what_is_no_code_date_or_filter_is_refused_instead_of_left_out(officer, path, query):
    answer = await officer.get(path, **query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert "weather" not in answer.text
    assert "yesterday" not in answer.text


async def test_a_cursor_goes_on_under_its_own_filter_alone(varied):
    service, _ = varied
    officer = service.person("officer-oslo")
    cursor = (await officer.get("/v1/cases", limit=1, theme=["violence", "fraud"])).json()["next"]
    again = await officer.get("/v1/cases", limit=1, theme=["fraud", "violence", "fraud"], cursor=cursor)
    assert again.status_code == 200, "the order of codes says nothing"
    for other in (
        {"theme": "violence"},
        {},
        {"age_band": ["violence", "fraud"]},
        {"theme": ["violence", "fraud"], "level": 1},
    ):
        answer = await officer.get("/v1/cases", limit=1, cursor=cursor, **other)
        assert answer.status_code in {400, 422}, other


def test_two_filters_that_differ_have_different_keys():
    now = datetime(2026, 3, 1, tzinfo=UTC)
    filters = [
        Filter(),
        Filter(one_of={"theme": ("fraud",)}),
        Filter(one_of={"case_type": ("fraud",)}),
        Filter(one_of={"theme": ("fraud", "violence")}),
        Filter(one_of={"level": (1,)}),
        Filter(one_of={"restricted": (True,)}),
        Filter(since={"opened": now}),
        Filter(before={"opened": now}),
        Filter(since={"closed": now}),
        Filter(since={"opened": now + timedelta(microseconds=1)}),
    ]
    assert len({each.key() for each in filters}) == len(filters)
