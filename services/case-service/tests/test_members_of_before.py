"""Cases from before there were members: whoever worked on one becomes a member, and nobody else does."""

from case_service.migrate import MIGRATIONS
from forkant_kit.migrations import migrate
from forkant_kit.vault_settings import DEV_TEXT_KEY, TEXT_KEYS_VARIABLE

from .conftest import Service

ROW = """
INSERT INTO preventive_case (id, unit, version, revision, state, case_type, theme, age_band, subject_category,
    purpose_code, legal_basis, arena, title, opened_by, case_owner, opened_at, recorded_at, updated_at,
    clarification_deadline)
SELECT $1::text::uuid, $2, 1, 1, 'registered', 'place', 'violence', 'not_applicable', 'not_applicable', 'prevent_crime',
    'police_act', 'physical', 'A square', $3, $4, day, day, day, '2026-07-01'
FROM (SELECT timestamptz '2026-01-01') AS at (day)
"""
STAYED = "01900000-0000-7000-8000-000000000001"
MOVED = "01900000-0000-7000-8000-000000000002"


async def test_who_worked_on_a_case_before_the_upgrade_is_a_member_after_it(postgres, issuer, monkeypatch):
    monkeypatch.setenv(TEXT_KEYS_VARIABLE, DEV_TEXT_KEY)
    urls = await postgres.create_database("case")
    await migrate(owner_url=urls.owner_url, script_location=MIGRATIONS, revision="0005")
    service = Service(
        app=None,  # type: ignore[arg-type]
        client=None,  # type: ignore[arg-type]
        issuer=issuer,
        owner_url=urls.owner_url,
        app_url=urls.app_url,
        worker_url=urls.worker_url,
    )
    await service.fetch(ROW, STAYED, "oslo", "opener", "owner")
    await service.fetch(ROW, MOVED, "troms", "opener", "taker")
    assessed = (
        "INSERT INTO assessment VALUES ($1::text::uuid, 1, false, '{}', '{}', NULL, NULL, $2, $3::text::timestamptz)"
    )
    await service.fetch(assessed, STAYED, "writer", "2026-01-05")
    await service.fetch(assessed, MOVED, "left-behind", "2026-01-05")
    await service.fetch(
        "INSERT INTO transfer (id, case_id, from_unit, to_unit, state, revision, offered_by, offered_at, decided_by,"
        " decided_at) VALUES (gen_random_uuid(), $1::text::uuid, 'oslo', 'troms', 'accepted', 2, 'opener',"
        " '2026-02-01', 'taker', '2026-02-02')",
        MOVED,
    )
    await service.fetch(
        "INSERT INTO follow_up (id, case_id, round, state, due_on, scheduled_by, scheduled_at)"
        " VALUES (gen_random_uuid(), $1::text::uuid, 1, 'scheduled', '2026-05-01', 'newcomer', '2026-03-01')",
        MOVED,
    )
    await migrate(owner_url=urls.owner_url, script_location=MIGRATIONS)
    members = {
        case: sorted(
            row["subject"]
            for row in await service.fetch(
                "SELECT subject FROM access_grant WHERE object_id = $1::text::uuid AND kind = 'member'", case
            )
        )
        for case in (STAYED, MOVED)
    }
    assert members == {STAYED: ["opener", "owner", "writer"], MOVED: ["newcomer", "taker"]}
    levels = await service.fetch("SELECT DISTINCT level, lowest_level FROM preventive_case")
    assert [tuple(row) for row in levels] == [(1, 1)]
