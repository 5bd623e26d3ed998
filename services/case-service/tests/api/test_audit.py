"""Who has seen my case, what has somebody looked at, and who may ask."""

from urllib.parse import urlsplit

import asyncpg
import pytest
from case_service.migrate import MIGRATIONS
from case_service.settings import CaseWorkerSettings
from forkant_devstack.testing.assessments import completed_assessment
from forkant_kit.audit.export import documents
from forkant_kit.audit.heads import HeadKey, read_seed
from forkant_kit.audit.sealer import build_sealer
from forkant_kit.audit.settings import DEV_SIGNING_KEY
from forkant_kit.audit.standalone import lines, verify
from forkant_kit.db import create_engine
from forkant_kit.migrations import migrate
from forkant_kit.settings import Environment
from pydantic import SecretStr


async def lines_of(person, **params):
    """Return who did what with which outcome, oldest first, over all pages."""
    seen, page = [], (await person.get("/v1/audit", **params)).json()
    while True:
        seen += page["items"]
        if page["next"] is None:
            return seen[::-1]
        page = (await person.get("/v1/audit", **params, cursor=page["next"])).json()


def told(lines):
    return [(line["subject"], line["action"], line["outcome"]) for line in lines]


async def test_who_has_seen_a_case_names_readers_hits_of_lists_changes_and_those_who_were_refused(empty_service):
    officer, stranger, privacy = (empty_service.person(n) for n in ("officer-oslo", "lead-troms", "privacy-oslo"))
    other, case = await officer.open(theme="fraud"), await officer.open()
    await officer.get(case.path)
    await officer.get("/v1/cases")
    await officer.get("/v1/cases", theme="fraud")
    await officer.get("/v1/changes")
    await officer.get(f"{case.path}/history")
    await case.do("POST", "hold", {"reason": "awaiting_partner"})
    await case.attempt("POST", "hold", {"reason": "awaiting_partner"})
    await stranger.get(case.path)
    found = await lines_of(privacy, object_id=case.id, limit=3)
    assert told(found) == [
        ("officer-oslo", "case.open", "done"),
        ("officer-oslo", "case.read", "done"),
        ("officer-oslo", "case.list", "done"),
        ("officer-oslo", "case.changes", "done"),
        ("officer-oslo", "case.history", "done"),
        ("officer-oslo", "case.put_on_hold", "done"),
        ("officer-oslo", "case.hold", "refused"),
        ("lead-troms", "case.read", "not_found"),
    ]
    assert all(line["object_ids"] == [case.id] for line in found), "other cases of a list are not told"
    assert [line["purpose"] for line in found] == [
        "prevent_crime", "prevent_crime", None, None, "prevent_crime", "prevent_crime", None, None,
    ]  # fmt: skip
    assert found[1]["roles"] == ["case_officer"]
    assert found[6]["refusal"] == "illegal-transition"
    assert ("officer-oslo", "case.list", "done") in told(await lines_of(privacy, object_id=other.id))


async def test_a_change_below_a_case_names_what_was_changed_so_that_it_is_known_who_was_given_access(empty_service):
    officer, auditor = empty_service.person("officer-oslo"), empty_service.person("auditor")
    case = await officer.open()
    given = await case.do("POST", "members", {"subject": "officer2-oslo"})
    await case.do("DELETE", f"members/{given['item_id']}")
    [members] = [
        line["id"]
        for line in (await officer.get(f"{case.path}/members")).json()["items"]
        if line["subject"] == "officer2-oslo"
    ]
    assert members == given["item_id"]
    assert told(await lines_of(auditor, object_id=given["item_id"])) == [
        ("officer-oslo", "case.add_member", "done"),
        ("officer-oslo", "case.end_member", "done"),
    ]


async def test_what_somebody_has_looked_at_is_told_to_those_of_the_unit_and_to_auditors(empty_service):
    officer, stranger = empty_service.person("officer-oslo"), empty_service.person("lead-troms")
    privacy, auditor = empty_service.person("privacy-oslo"), empty_service.person("auditor")
    case = await officer.open()
    await stranger.get(case.path)
    assert told(await lines_of(privacy, subject="officer-oslo")) == [("officer-oslo", "case.open", "done")]
    assert await lines_of(privacy, subject="lead-troms") == []
    assert told(await lines_of(auditor, subject="lead-troms")) == [("lead-troms", "case.read", "not_found")]
    everything = told(await lines_of(auditor))
    assert ("privacy-oslo", "audit.read", "done") in everything
    assert ("auditor", "audit.read", "done") in everything


async def test_a_privacy_officer_asks_only_about_what_the_unit_has_and_also_when_it_is_erased(empty_service):
    officer, privacy = empty_service.person("officer-oslo"), empty_service.person("privacy-oslo")
    foreign = await empty_service.person("officer-troms").open()
    answer = await privacy.get("/v1/audit", object_id=foreign.id)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    own = await officer.open()
    await own.do("POST", "erasure", {"basis": "unlawful"}, by=privacy)
    assert told(await lines_of(privacy, object_id=own.id)) == [
        ("officer-oslo", "case.open", "done"),
        ("privacy-oslo", "case.erase", "done"),
    ]
    auditor = empty_service.person("auditor")
    assert len(await lines_of(auditor, object_id=foreign.id)) == 2


@pytest.mark.parametrize("persona", ["officer-oslo", "lead-oslo", "pod-admin", "pod-analyst", "downstream-demo"])
async def test_nobody_else_reads_the_audit_trail(service, persona):
    answer = await service.person(persona).get("/v1/audit")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_cursor_of_the_trail_is_bound_to_its_question_and_unit(empty_service):
    privacy, auditor = empty_service.person("privacy-oslo"), empty_service.person("auditor")
    for _ in range(3):
        await privacy.get("/v1/audit")
    answer = await privacy.get("/v1/audit", limit=1)
    cursor = answer.json()["next"]
    assert f"cursor={cursor}" in answer.headers["link"]
    for person, params in ((privacy, {"subject": "x"}), (auditor, {})):
        refused = await person.get("/v1/audit", cursor=cursor, **params)
        assert refused.json()["code"] == "invalid-cursor"


async def test_an_answer_given_again_and_a_count_are_recorded(empty_service):
    officer, auditor = empty_service.person("officer-oslo"), empty_service.person("auditor")
    body = {"source": "school", "theme": "violence", "age_band": "under_15", "description": "x"}
    for _ in range(2):
        await officer.send("POST", "/v1/concerns", body, key="the-same")
    await officer.get("/v1/cases/count")
    assert told(await lines_of(auditor, subject="officer-oslo")) == [
        ("officer-oslo", "concern.receive", "done"),
        ("officer-oslo", "concern.receive", "repeated"),
        ("officer-oslo", "case.count", "done"),
    ]


async def test_what_cannot_be_recorded_is_neither_done_nor_shown(empty_service):
    officer = empty_service.person("officer-oslo")
    case = await officer.open(title="A title that nobody may see unrecorded")
    await empty_service.fetch("ALTER TABLE audit_entry ADD CONSTRAINT broken CHECK (false) NOT VALID")
    before = await empty_service.row_counts()
    answers = [
        await officer.get(case.path),
        await officer.get("/v1/cases"),
        await officer.get("/v1/cases/count"),
        await officer.get("/v1/changes"),
        await officer.send("POST", "/v1/cases", {}),
        await case.attempt("POST", "hold", {"reason": "awaiting_partner"}),
        await case.attempt("PUT", "assessment", completed_assessment()),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "audit-unavailable")}
    assert not any("unrecorded" in answer.text or case.id in answer.text for answer in answers)
    assert await empty_service.row_counts() == before


async def test_a_trail_that_cannot_be_read_is_a_problem_that_tells_what_to_do(empty_service):
    await empty_service.fetch(f"REVOKE SELECT ON audit_entry FROM {urlsplit(empty_service.app_url).username}")
    answer = await empty_service.person("auditor").get("/v1/audit")
    assert (answer.status_code, answer.json()["code"]) == (503, "audit-unavailable")
    assert "can't be read" in answer.json()["title"]


async def test_the_worker_seals_what_the_api_records_and_publishes_a_head_that_verifies(empty_service, tmp_path):
    officer = empty_service.person("officer-oslo")
    await (await officer.open()).read()
    settings = CaseWorkerSettings(
        env=Environment.TEST,
        database_url=SecretStr(empty_service.worker_url),
        oidc_issuer=empty_service.issuer.url,
        audit_head_file=tmp_path / "heads.jsonl",
    )
    engine = create_engine(empty_service.worker_url, application_name="test")
    try:
        await build_sealer(settings, engine).round(publish=True)
    finally:
        await engine.dispose()
    key = HeadKey(read_seed(DEV_SIGNING_KEY))
    trail = [document async for document in documents(empty_service.worker_url)]
    result = verify(trail, lines(tmp_path / "heads.jsonl"), {key.id: key.public})
    assert (result.findings, result.entries, result.published) == ([], 2, 2)


async def test_the_rows_of_the_old_log_move_over_and_are_sealed(postgres):
    urls = await postgres.create_database("old")
    await migrate(owner_url=urls.owner_url, script_location=MIGRATIONS, revision="0002")
    owner = await asyncpg.connect(urls.owner_url)
    try:
        await owner.execute(
            "INSERT INTO audit_log (at, subject, unit, action, aggregate, aggregate_id, version, trace_id)"
            " SELECT now() - make_interval(months => n), 'officer-oslo', 'oslo', 'case.read', 'case',"
            " CASE WHEN n = 1 THEN NULL ELSE gen_random_uuid() END, n, repeat('a', 32) FROM generate_series(1, 3) AS n"
        )
        old = await owner.fetch("SELECT at, aggregate_id FROM audit_log ORDER BY seq")
        await migrate(owner_url=urls.owner_url, script_location=MIGRATIONS)
        new = await owner.fetch("SELECT at, object_ids FROM audit_entry ORDER BY seq")
    finally:
        await owner.close()
    assert [(row["at"], row["object_ids"]) for row in new] == [
        (row["at"], [row["aggregate_id"]] if row["aggregate_id"] else []) for row in old
    ]
    settings = CaseWorkerSettings(env=Environment.TEST, database_url=SecretStr(urls.worker_url), oidc_issuer="http://i")
    engine = create_engine(urls.worker_url, application_name="test")
    try:
        work = build_sealer(settings, engine)
        for _ in range(12):
            await work.round()
    finally:
        await engine.dispose()
    trail = [document async for document in documents(urls.worker_url)]
    result = verify(trail, [], {})
    assert (result.findings, result.entries, result.unsealed) == ([], 3, 0)
