import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg


async def test_a_list_is_read_page_by_page_newest_first(empty_service):
    officer = empty_service.person("officer-oslo")
    opened = [(await officer.open(theme=theme)).id for theme in ("drugs", "fraud") * 4]
    seen, params = [], {"limit": 3}
    answer = await officer.get("/v1/cases", **params)
    while True:
        page = answer.json()
        seen += [line["id"] for line in page["items"]]
        if page["next"] is None:
            assert "link" not in answer.headers
            break
        assert f'cursor={page["next"]}>; rel="next"' in answer.headers["link"]
        answer = await officer.get("/v1/cases", **params, cursor=page["next"])
    assert seen == opened[::-1]


async def test_lists_and_counts_agree_under_every_filter(empty_service):
    officer = empty_service.person("officer-oslo")
    for theme in ("drugs", "fraud", "fraud"):
        case = await officer.open(theme=theme)
    await case.do("POST", "close", {"reason": "resources"})
    await officer.open(case_type="place", theme="fraud")
    for params, expected in (
        ({}, 4),
        ({"theme": "fraud"}, 3),
        ({"state": "closed"}, 1),
        ({"state": ["closed", "registered"], "theme": "fraud", "case_type": "person"}, 2),
        ({"state": "active"}, 0),
    ):
        lines = (await officer.get("/v1/cases", **params)).json()["items"]
        count = (await officer.get("/v1/cases/count", **params)).json()["count"]
        assert len(lines) == count == expected


async def test_a_cursor_is_bound_to_its_unit_and_filter(empty_service):
    officer, other = empty_service.person("officer-oslo"), empty_service.person("officer-troms")
    for _ in range(3):
        await officer.open()
    cursor = (await officer.get("/v1/cases", limit=1)).json()["next"]
    for person, params in ((officer, {"theme": "fraud"}), (other, {})):
        answer = await person.get("/v1/cases", cursor=cursor, **params)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-cursor")


async def test_a_case_is_shown_with_its_etag_and_what_is_allowed_next(officer):
    case = await officer.open(description="Long ago.")
    answer = await officer.get(case.path)
    assert answer.headers["etag"] == case.etag
    shown = answer.json()
    assert (shown["title"], shown["description"], shown["case_owner"]) == ("A case", "Long ago.", "officer-oslo")
    assert "assess" in shown["allowed"]


async def test_history_tells_the_events_in_codes_page_by_page(officer, lead):
    case = await officer.open()
    await case.active(lead)
    first = (await officer.get(f"{case.path}/history", limit=10)).json()
    rest = (await officer.get(f"{case.path}/history", limit=10, cursor=first["next"])).json()
    lines = first["items"] + rest["items"]
    assert [line["version"] for line in lines] == list(range(1, 15))
    assert lines[0]["data"]["theme"] == "drugs"
    assert rest["next"] is None


async def feed(person, **params):
    lines, page = [], (await person.get("/v1/changes", **params)).json()
    lines += page["items"]
    while page["more"]:
        page = (await person.get("/v1/changes", cursor=page["next"], **params)).json()
        lines += page["items"]
    return lines, page["next"]


async def test_the_feed_tells_each_changed_case_once_and_goes_on_from_its_cursor(empty_service):
    officer = empty_service.person("officer-oslo")
    cases = [await officer.open() for _ in range(5)]
    await cases[0].do("POST", "hold", {"reason": "awaiting_partner"})
    lines, cursor = await feed(officer, limit=2)
    assert [line["id"] for line in lines] == [each.id for each in (*cases[1:], cases[0])]
    assert {line["change"] for line in lines} == {"upsert"}
    nothing, cursor = await feed(officer, cursor=cursor)
    assert nothing == []
    await cases[2].do("POST", "close", {"reason": "moved"})
    [line], _ = await feed(officer, cursor=cursor)
    assert (line["id"], line["state"], line["version"]) == (cases[2].id, "closed", 4)


async def test_the_feed_has_tombstones_for_what_is_gone(empty_service):
    officer, lead, privacy = (empty_service.person(name) for name in ("officer-oslo", "lead-oslo", "privacy-oslo"))
    erased, moved, shut = [await officer.open() for _ in range(3)]
    await erased.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    offer = (await moved.do("POST", "transfers", {"to_unit": "troms"}))["item_id"]
    troms = empty_service.person("lead-troms")
    await troms.send("POST", f"{moved.path}/transfers/{offer}/accept", {}, etag='"v1"')
    await shut.do("POST", "restriction", {"restricted": True, "reason": "disputed"}, by=lead)
    lines, _ = await feed(officer)
    assert [(line["id"], line["change"], line["reason"], line["state"]) for line in lines] == [
        (erased.id, "gone", "erased", None),
        (moved.id, "gone", "transferred", None),
        (shut.id, "gone", "restricted", None),
    ]
    assert [line["change"] for line in (await feed(lead))[0]] == ["gone", "gone", "upsert"]
    assert [line["id"] for line in (await feed(troms))[0]] == [moved.id]


async def test_the_feed_begins_at_a_moment_when_asked(empty_service):
    officer = empty_service.person("officer-oslo")
    await officer.open()
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert (await feed(officer, changed_since=ahead))[0] == []
    assert len((await feed(officer, changed_since="2020-01-01T00:00:00Z"))[0]) == 1


async def test_the_feed_misses_no_change_that_commits_late(empty_service):
    officer = empty_service.person("officer-oslo")
    slow, quick = await officer.open(), await officer.open()
    _, cursor = await feed(officer)
    connection = await asyncpg.connect(empty_service.owner_url, server_settings={"forkant.system": "on"})
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(
            "UPDATE preventive_case SET version = version + 1, revision = revision + 1,"
            " change_xid = pg_current_xact_id()::text::bigint WHERE id = $1",
            slow.id,
        )
        await quick.do("POST", "hold", {"reason": "awaiting_partner"})
        early, cursor = await feed(officer, cursor=cursor)
        await transaction.commit()
    finally:
        await connection.close()
    late, _ = await feed(officer, cursor=cursor)
    assert [line["id"] for line in early + late] == [slow.id, quick.id]


async def test_every_reading_of_a_case_is_in_the_audit_trail_before_the_answer(service, officer):
    case = await officer.open()
    await officer.get(case.path)
    await officer.get(f"{case.path}/history")
    rows = await service.fetch(
        "SELECT subject, unit, action, version FROM audit_entry WHERE $1 = ANY(object_ids) ORDER BY seq", case.id
    )
    assert [tuple(row) for row in rows] == [
        ("officer-oslo", "oslo", "case.open", 2),
        ("officer-oslo", "oslo", "case.read", 2),
        ("officer-oslo", "oslo", "case.history", 2),
    ]


async def test_a_reading_that_finds_nothing_leaves_a_refusal_and_no_other_row(service, officer, stranger):
    case = await officer.open()
    before = await service.row_counts()
    await stranger.get(case.path)
    assert await service.row_counts() == before
    [row] = await service.fetch(
        "SELECT subject, action, outcome, refusal FROM audit_entry WHERE $1 = ANY(object_ids) AND outcome <> 'done'",
        case.id,
    )
    assert tuple(row) == ("lead-troms", "case.read", "not_found", "not-found")


async def test_every_change_has_one_audit_row_and_a_refused_one_has_none(service, officer, lead):
    case = await officer.open()
    await case.active(lead)
    await case.attempt("POST", "resume")
    rows = await service.fetch(
        "SELECT subject, action, version FROM audit_entry WHERE $1 = ANY(object_ids) AND outcome = 'done' ORDER BY seq",
        case.id,
    )
    assert [tuple(row) for row in rows] == [
        ("officer-oslo", "case.open", 2),
        ("officer-oslo", "case.assess", 5),
        ("officer-oslo", "case.plan", 7),
        ("lead-oslo", "case.approve_plan", 9),
        ("officer-oslo", "case.plan_measure", 11),
        ("officer-oslo", "case.start_measure", 14),
    ]


async def test_readers_and_writers_at_once_never_see_an_etag_that_does_not_fit(officer):
    case = await officer.open()

    async def write() -> None:
        for number in range(10):
            await case.do("PUT", "assessment", {"summary": str(number)})

    async def look() -> None:
        for _ in range(20):
            answer = await officer.get(case.path)
            shown = answer.json()
            revision = int(answer.headers["etag"].strip('"v'))
            written = int(shown["assessment"]["summary"]) if shown["assessment"] else -1
            assert revision == written + 2

    await asyncio.gather(write(), look(), look())


async def test_what_was_made_is_found_where_the_answer_said(officer, lead, due):
    case = await officer.open()
    await case.active(lead)
    for tail, body in (
        ("measures", {"kind": "home_visit", "due_on": due}),
        ("follow-ups", {"due_on": due}),
        ("partners", {"kind": "school"}),
        ("transfers", {"to_unit": "troms"}),
    ):
        made = await case.attempt("POST", tail, body)
        found = await officer.get(made.headers["location"])
        assert (made.status_code, found.status_code, found.json()["id"]) == (201, 200, made.json()["item_id"])
