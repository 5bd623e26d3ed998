"""Letters to people: addresses, what a token last said of a person, the queue, and what each letter tells.

What a letter tells hangs on the inbox entry: where that goes, with an erasure, a transfer or a merger, it goes from
every letter, sent or not.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import Worker, for_worker, guard, told

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES: Final = (
    """
    CREATE TABLE person_standing (
        person text PRIMARY KEY,
        unit text NOT NULL,
        roles text[] NOT NULL,
        clearance integer NOT NULL,
        proven_at timestamptz NOT NULL,
        lapsed_from timestamptz,
        lapsed_until timestamptz,
        CHECK ((lapsed_from IS NULL) = (lapsed_until IS NULL))
    )
    """,
    """
    CREATE TABLE contact (
        person text NOT NULL,
        channel text NOT NULL CHECK (channel IN ('email', 'sms')),
        address bytea NOT NULL,
        confirmed_at timestamptz,
        code bytea,
        code_until timestamptz,
        code_tries integer NOT NULL DEFAULT 0,
        updated_at timestamptz NOT NULL,
        PRIMARY KEY (person, channel),
        CHECK ((code IS NULL) = (code_until IS NULL)),
        CHECK (confirmed_at IS NULL OR code IS NULL)
    )
    """,
    # One row for each entry of which it is not yet worked out who is to be told, and how far that has come.
    """
    CREATE TABLE fan_out (
        entry_id uuid PRIMARY KEY REFERENCES inbox_entry ON DELETE CASCADE,
        after_person text NOT NULL DEFAULT '',
        created_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE letter (
        id uuid PRIMARY KEY,
        person text NOT NULL,
        channel text NOT NULL,
        purpose text NOT NULL CHECK (purpose IN ('message', 'digest', 'confirmation')),
        window_at timestamptz,
        status text NOT NULL CHECK (status IN ('pending', 'delivered', 'dead', 'cancelled', 'failed')),
        reason text,
        attempts integer NOT NULL DEFAULT 0,
        rung integer NOT NULL DEFAULT 0,
        due_at timestamptz NOT NULL,
        last_outcome text,
        wording text,
        created_at timestamptz NOT NULL,
        settled_at timestamptz,
        redacted_at timestamptz,
        UNIQUE (person, channel, purpose, window_at),
        CHECK ((status = 'pending') = (settled_at IS NULL)),
        CHECK ((purpose = 'digest') <= (window_at IS NOT NULL))
    ) WITH (fillfactor = 80)
    """,
    "CREATE INDEX letter_due ON letter (due_at) WHERE status = 'pending'",
    "CREATE INDEX letter_by_person ON letter (person, id)",
    "CREATE INDEX letter_by_age ON letter (settled_at)",
    """
    CREATE TABLE letter_item (
        letter_id uuid NOT NULL REFERENCES letter ON DELETE CASCADE,
        entry_id uuid NOT NULL REFERENCES inbox_entry ON DELETE CASCADE,
        person text NOT NULL,
        channel text NOT NULL,
        PRIMARY KEY (letter_id, entry_id),
        UNIQUE (person, channel, entry_id)
    )
    """,
    "CREATE INDEX letter_item_by_entry ON letter_item (entry_id)",
)

MINE: Final = f"person = {told('subject')}"
MY_CHANGES: Final = f"CASE WHEN {told('changes')} = 'on' THEN {MINE} ELSE false END"
AS_MY_TOKEN_SAYS: Final = f"""CASE WHEN {told("changes")} = 'on' THEN {MINE} AND unit = {told("unit")}
    AND roles = string_to_array({told("roles")}, ' ') ELSE false END"""
WITH_ITS_LETTER: Final = "EXISTS (SELECT FROM letter AS l WHERE l.id = letter_id)"
WALLS: Final = (
    *guard(
        "person_standing",
        see=MINE,
        add=AS_MY_TOKEN_SAYS,
        change=AS_MY_TOKEN_SAYS,
        remove=MY_CHANGES,
        worker=Worker.WRITES,
    ),
    *guard("contact", see=MINE, add=MY_CHANGES, change=MY_CHANGES, remove=MY_CHANGES, worker=Worker.WRITES),
    *guard("letter", see=MINE, add=MY_CHANGES, change=MY_CHANGES, worker=Worker.WRITES),
    *guard("letter_item", see=WITH_ITS_LETTER, worker=Worker.WRITES),
    *guard("fan_out", see="false", worker=Worker.WRITES),
)

# What somebody's letters are about, to ask the case service before anything of it is shown.
ABOUT: Final = (
    f"""
    CREATE FUNCTION letters_of_mine_tell(letters uuid[])
    RETURNS TABLE (entry_id uuid, kind text, needs text, subject text, subject_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT DISTINCT e.id, e.kind, e.needs, e.subject, e.subject_id
        FROM letter AS l JOIN letter_item AS i ON i.letter_id = l.id JOIN inbox_entry AS e ON e.id = i.entry_id
        WHERE l.{MINE} AND l.id = ANY (letters)
    $$
    """,  # noqa: S608 - of this file's own constants
    "REVOKE ALL ON FUNCTION letters_of_mine_tell(uuid[]) FROM PUBLIC",
)
GRANTS: Final = (
    "GRANT EXECUTE ON FUNCTION letters_of_mine_tell(uuid[]) TO {app}",
    "REVOKE ALL ON person_standing, contact, letter, letter_item, fan_out FROM {app}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON person_standing, contact TO {app}",
    "GRANT SELECT, INSERT, UPDATE ON letter TO {app}",
    "GRANT SELECT ON letter_item TO {app}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON person_standing, contact, letter, letter_item, fan_out TO {worker}",
)


def upgrade() -> None:
    for statement in (*TABLES, *WALLS, *ABOUT):
        op.execute(statement)
    for grant in GRANTS:
        op.execute(for_worker(grant))


def downgrade() -> None:
    raise NotImplementedError("letters that were sent stay; go on to a later version instead")
