"""What was published is withdrawn by those who answer for it, and changed by nobody."""

from uuid import uuid4

import asyncpg
import pytest

from .conftest import EXAMPLE, Draft, body, found, people_of, refused, rows_with


@pytest.mark.parametrize("by", ["lead", "privacy", "directorate"])
async def test_a_withdrawn_example_reads_but_is_not_found(module_service, people, drafted, by):
    receipt = await (await drafted()).published()
    path, person = f"/v1/best-practices/{receipt['id']}", getattr(people, by)
    outdated = {"reason": "outdated"}
    assert refused(await people.stranger.send("POST", f"{path}/withdrawal", outdated, etag='"v1"')) == (
        403, "example-of-another-unit",
    )  # fmt: skip
    assert refused(await people.officer.send("POST", f"{path}/withdrawal", outdated, etag='"v1"')) == (403, "forbidden")
    assert (await person.send("POST", f"{path}/withdrawal", outdated)).status_code == 428
    done = await person.send("POST", f"{path}/withdrawal", outdated, etag='"v1"')
    assert done.is_success, done.text
    assert await found(people.analyst) == []
    assert await found(people.analyst, q="overføring") == []
    shown = await people.analyst.get(path)
    assert (shown.json()["state"], shown.json()["title"]) == ("withdrawn", EXAMPLE["title"])
    assert refused(await person.send("POST", f"{path}/withdrawal", outdated, etag='"v1"')) == (412, "stale-version")
    again = await person.send("POST", f"{path}/withdrawal", outdated, etag=shown.headers["etag"])
    assert refused(again) == (409, "already-withdrawn")


async def test_an_example_that_points_to_somebody_loses_every_text_it_ever_had(module_service, people, drafted):
    first = await (await drafted(title="Vaktbod ved perrongen")).published()
    await (await drafted()).published(revises=first["id"])
    path = f"/v1/best-practices/{first['id']}"
    for reason, etag in (("outdated", '"v2"'), ("identifies", '"v3"')):
        done = await people.directorate.send("POST", f"{path}/withdrawal", {"reason": reason}, etag=etag)
        assert done.is_success, done.text
    for revision in (await people.analyst.get(f"{path}/revisions")).json()["items"]:
        assert {revision[name] for name in EXAMPLE if name != "language"} == {None}
    assert await rows_with(module_service, "Vaktbod", "vaktbod") == set()
    draft = await drafted()
    await draft.reviewed()
    assert refused(await draft.attempt("lead", "publication", {"revises": first["id"]})) == (409, "already-withdrawn")
    assert refused(await draft.attempt("lead", "publication", {"revises": str(uuid4())})) == (404, "not-found")


async def test_nobody_revises_what_another_unit_published(module_service, people, drafted):
    receipt = await (await drafted()).published()
    others = people_of(module_service, "troms")
    case = await others.officer.open()
    await case.evaluated(others.lead)
    theirs = Draft(others, await others.officer.send("POST", "/v1/best-practices", body(case)))
    await theirs.reviewed()
    answer = await theirs.attempt("lead", "publication", {"revises": receipt["id"]})
    assert refused(answer) == (403, "example-of-another-unit")


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("UPDATE best_practice_revision SET title = 'x'", "stays as it was"),
        ("UPDATE best_practice_revision SET theme = 'other'", "permission denied"),
        ("DELETE FROM best_practice_revision", "permission denied"),
        ("DELETE FROM best_practice", "permission denied"),
        ("UPDATE best_practice SET unit = 'troms'", "permission denied"),
        ("INSERT INTO best_practice (unit, state, version, revision) VALUES ('troms', 'published', 1, 1)", "row-level"),
    ],
)  # fmt: skip
async def test_the_database_lets_nobody_change_what_was_published(module_service, drafted, statement, refusal):
    await (await drafted()).published()
    connection = await asyncpg.connect(module_service.app_url)
    try:
        await connection.execute(
            "SELECT set_config('forkant.unit', 'oslo', false), set_config('forkant.changes', 'on', false)"
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=refusal):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_another_unit_changes_no_example_past_the_application(module_service, drafted):
    await (await drafted()).published()
    connection = await asyncpg.connect(module_service.app_url)
    try:
        await connection.execute(
            "SELECT set_config('forkant.unit', 'troms', false), set_config('forkant.changes', 'on', false)"
        )
        assert await connection.fetchval("SELECT count(*) FROM best_practice") == 1
        for statement in (
            "UPDATE best_practice SET state = 'withdrawn', withdrawal_reason = 'outdated'",
            f"UPDATE best_practice_revision SET {', '.join(f'{name} = NULL' for name in EXAMPLE if name != 'language')}",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await connection.execute(statement)
    finally:
        await connection.close()
