"""Free text is sealed under a data key for each case and each concern; what was written in clear is sealed here.

The tables are written anew, so that no clear text stays in their files. It stays in backups and in the write-ahead log
until these expire. Processes of the release before write clear text, which is refused from here on: stop them first.
"""

import base64
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from forkant_kit.rls.schema import SYSTEM_ON, Worker, for_worker, guard, told
from forkant_kit.vault import DATA_KEY_DDL, DataKey, Vault
from forkant_kit.vault_settings import keyring_of_migration

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXTS: Final[dict[str, dict[str, int]]] = {
    "concern": {"description": 4000, "note": 2000},
    "preventive_case": {"title": 200, "subject": 200, "description": 4000, "necessity_reason": 1000},
    "assessment": {"summary": 4000, "child_view": 2000},
    "plan": {"summary": 4000},
    "plan_goal": {"text": 500, "baseline": 200, "target": 200},
    "measure": {"description": 2000},
    "follow_up": {"notes": 4000},
    "evaluation": {"mechanism": 2000, "moderators": 2000, "implementation": 2000, "economics": 2000},
    "partner": {"name": 200},
    "transfer": {"note": 2000},
    "case_note": {"text": 2000},
}
"""The columns of text, and how many characters each holds."""
OWNERS: Final = {"concern": "id", "preventive_case": "id"}
ROWS: Final = {
    "concern": (),
    "preventive_case": (),
    "assessment": ("round",),
    "plan": ("round",),
    "plan_goal": ("round", "position"),
    "evaluation": ("round",),
}
_AROUND: Final = 29
_BYTES_OF_A_CHARACTER: Final = 4
_AT_A_TIME: Final = 500

CHANGES: Final = f"{told('changes')} = 'on'"
WITH_ITS_OWNER: Final = """
(EXISTS (SELECT FROM preventive_case AS c WHERE c.id = owner_id)
 OR EXISTS (SELECT FROM concern AS c WHERE c.id = owner_id))
"""
KEYS: Final = (
    *DATA_KEY_DDL,
    # A key comes in the statement that brings its owner, which the policy could not see yet. Sealed as it is, it opens
    # nothing for whoever has no key of the service, and it is destroyed with its owner alone.
    *guard(
        "data_key",
        see=WITH_ITS_OWNER,
        add=CHANGES,
        change=f"{WITH_ITS_OWNER} AND {CHANGES}",
        worker=Worker.WRITES,
    ),
    for_worker("GRANT SELECT, INSERT, UPDATE (sealed, sealed_by, shredded_at) ON data_key TO {app}"),
)
_WITHOUT_KEY: Final = sa.text("""
SELECT id, erased_at FROM (
    SELECT id, erased_at FROM preventive_case UNION ALL SELECT id, erased_at FROM concern
) AS owner WHERE id > :after ORDER BY id LIMIT :limit
""")
_SHREDDED: Final = sa.text("INSERT INTO data_key (owner_id, shredded_at) VALUES (:owner_id, :at)")
_KEY: Final = sa.text("INSERT INTO data_key (owner_id, sealed, sealed_by) VALUES (:owner_id, :sealed, :sealed_by)")
_NOBODY: Final = UUID(int=0)


def upgrade() -> None:
    op.execute(SYSTEM_ON)
    for statement in KEYS:
        op.execute(statement)
    for table, texts in TEXTS.items():
        checks = ", ".join(f"DROP CONSTRAINT {table}_{column}_check" for column in texts)
        op.execute(f"ALTER TABLE {table} {checks}")
    _seal_all()
    for table, texts in TEXTS.items():
        op.execute(f"ALTER TABLE {table} {', '.join(_as_bytes(table, *text) for text in texts.items())}")


def downgrade() -> None:
    raise NotImplementedError("what was sealed is not opened again; go on to a later version instead")


def _as_bytes(table: str, column: str, characters: int) -> str:
    most = _AROUND + characters * _BYTES_OF_A_CHARACTER
    return (
        f"ALTER COLUMN {column} TYPE bytea USING decode({column}, 'base64'), "
        f"ADD CONSTRAINT {table}_{column}_sealed CHECK (octet_length({column}) BETWEEN {_AROUND + 1} AND {most})"
    )


def _seal_all() -> None:
    conn, vault, after = op.get_bind(), None, _NOBODY
    while owners := conn.execute(_WITHOUT_KEY, {"after": after, "limit": _AT_A_TIME}).all():
        vault = vault or Vault(keyring_of_migration())
        gone = [{"owner_id": owner, "at": erased_at} for owner, erased_at in owners if erased_at is not None]
        made = [vault.new(owner) for owner, erased_at in owners if erased_at is None]
        for statement, rows in ((_SHREDDED, gone), (_KEY, [row for _, row in made])):
            if rows:
                conn.execute(statement, rows)
        for table in TEXTS:
            _seal_rows(conn, table, {key.owner_id: key for key, _ in made})
        after = owners[-1].id


def _seal_rows(conn: sa.Connection, table: str, keys: dict[UUID, DataKey]) -> None:
    columns, named, owner = tuple(TEXTS[table]), ROWS.get(table, ("id",)), OWNERS.get(table, "case_id")
    facts = ", ".join((f"{owner} AS owner", *named, *columns))
    found = conn.execute(
        sa.text(f"SELECT ctid::text AS place, {facts} FROM {table} WHERE {owner} = ANY(:owners)"),  # noqa: S608 - as below
        {"owners": [*keys]},
    )
    rows = [row for row in found.mappings() if any(row[column] is not None for column in columns)]
    if not rows:
        return
    sealed = {column: [_sealed(keys, table, column, row, named) for row in rows] for column in columns}
    changes = ", ".join(f"{column} = r.{column}" for column in columns)
    lists = ", ".join(f"CAST(:{column} AS text[])" for column in columns)
    listed = f"unnest(CAST(CAST(:places AS text[]) AS tid[]), {lists}) AS r (place, {', '.join(columns)})"
    write = f"UPDATE {table} AS t SET {changes} FROM {listed} WHERE t.ctid = r.place"  # noqa: S608 - names of above
    conn.execute(sa.text(write), {"places": [row["place"] for row in rows], **sealed})


def _sealed(keys: dict[UUID, DataKey], table: str, column: str, row: Any, named: Sequence[str]) -> str | None:
    if row[column] is None:
        return None
    place = "/".join((table, column, *(str(row[name]) for name in named)))
    return base64.b64encode(keys[row["owner"]].seal(row[column], place=place)).decode()
