"""Operational units: a district adds, renames and ends its own; with a merger they go on below the successor.

A process still writes no unit itself. It calls functions of the owner's, which ask the stance for whom it acts: a
district changes what is below it. Before this revision a reorganisation failed at an operational unit that was to begin
after its day, and left one that was to end after it.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import SYSTEM_ON, for_worker, told

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_ADD: Final = """
    CREATE FUNCTION add_operational_unit(
        made uuid, slug text, nb text, nn text, en text, begins date, ends date) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        district unit;
    BEGIN
        -- Held, so that no reorganisation ends it meanwhile.
        SELECT * INTO district FROM unit AS d WHERE d.id = $unit AND d.kind = 'district' FOR SHARE;
        IF NOT coalesce(FOUND AND $changes = 'on', false) THEN
            RAISE EXCEPTION 'a district alone adds operational units' USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF begins < district.valid_from OR begins >= district.valid_to OR ends > district.valid_to THEN
            RETURN 'not there';
        END IF;
        INSERT INTO unit (id, kind, parent, name_nb, name_nn, name_en, valid_from, valid_to, uid, version)
        VALUES (district.id || '/' || slug, 'operational_unit', district.id, nb, nn, en, begins, ends, made, 1)
        ON CONFLICT (id) DO NOTHING;
        RETURN CASE WHEN FOUND THEN 'added' ELSE 'exists' END;
    END $$
"""
_CHANGE: Final = """
    CREATE FUNCTION change_operational_unit(
        which uuid, seen integer, nb text, nn text, en text, ends date) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        reached integer;
    BEGIN
        IF NOT coalesce($changes = 'on', false) THEN
            RAISE EXCEPTION 'nothing is to be changed' USING ERRCODE = 'insufficient_privilege';
        END IF;
        UPDATE unit AS u SET name_nb = nb, name_nn = nn, name_en = en, valid_to = ends, version = u.version + 1
        WHERE u.uid = which AND u.version = seen AND u.parent = $unit RETURNING u.version INTO reached;
        RETURN reached;
    END $$
"""
STATEMENTS: Final = (
    *(each.replace("$unit", told("unit")).replace("$changes", told("changes")) for each in (_ADD, _CHANGE)),
    """
    CREATE OR REPLACE FUNCTION take_effect(asked uuid, today date, at timestamptz)
    RETURNS TABLE (changed text, uid uuid, version integer)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        r reorganisation;
    BEGIN
        SELECT * INTO r FROM reorganisation AS o
        WHERE o.id = asked AND o.state = 'approved' AND o.effective_on <= today FOR UPDATE;
        IF NOT FOUND THEN
            RETURN;
        END IF;
        INSERT INTO unit (id, kind, name_nb, name_nn, name_en, valid_from)
        SELECT m.id, m.kind, m.name_nb, m.name_nn, m.name_en, r.effective_on
        FROM jsonb_to_recordset(r.makes) AS m (id text, kind text, name_nb text, name_nn text, name_en text);
        WITH moving AS (
            SELECT mu.number, mu.valid_from, goes_to(asked, mu.unit, mu.number) AS after
            FROM municipality_unit AS mu WHERE mu.valid_to IS NULL AND mu.unit = ANY (r.from_units)
        ), closed AS (
            UPDATE municipality_unit AS mu SET valid_to = r.effective_on
            FROM moving AS m WHERE m.after IS NOT NULL AND mu.number = m.number AND mu.valid_from = m.valid_from
        )
        INSERT INTO municipality_unit (number, unit, valid_from)
        SELECT m.number, m.after, r.effective_on FROM moving AS m WHERE m.after IS NOT NULL;
        -- In a merger operational units go on below the successor; of two with one name there, the first does.
        INSERT INTO unit (id, kind, parent, name_nb, name_nn, name_en, valid_from, valid_to, version)
        SELECT DISTINCT ON (made.id) made.id, u.kind, made.parent, u.name_nb, u.name_nn, u.name_en,
               greatest(u.valid_from, r.effective_on), u.valid_to, 1
        FROM unit AS u CROSS JOIN LATERAL (
            SELECT r.successors->>u.parent AS parent, (r.successors->>u.parent) || '/' || split_part(u.id, '/', 2) AS id
        ) AS made
        WHERE u.parent = ANY (r.ends) AND r.municipalities = '{}'
          AND (u.valid_to IS NULL OR u.valid_to > r.effective_on)
        ORDER BY made.id, u.id
        ON CONFLICT (id) DO NOTHING;
        -- What would begin below a unit that is there no more never does.
        DELETE FROM unit AS u WHERE u.parent = ANY (r.ends) AND u.valid_from >= r.effective_on;
        UPDATE unit AS u SET valid_to = r.effective_on, version = u.version + 1
        WHERE u.parent = ANY (r.ends) AND (u.valid_to IS NULL OR u.valid_to > r.effective_on);
        UPDATE unit AS u SET valid_to = r.effective_on WHERE u.id = ANY (r.ends) AND u.valid_to IS NULL;
        INSERT INTO unit_succession (unit, predecessor, reorganisation_id, valid_from)
        SELECT DISTINCT t.after, f.before, asked, r.effective_on
        FROM unnest(r.from_units) AS f (before)
        CROSS JOIN LATERAL (
            SELECT r.successors->>f.before UNION SELECT m.value FROM jsonb_each_text(r.municipalities) AS m
        ) AS t (after)
        WHERE t.after IS NOT NULL AND t.after <> f.before;
        UPDATE access_substitution AS s SET valid_to = greatest(at, s.valid_from)
        WHERE s.unit = ANY (r.ends) AND s.valid_to > at;
        -- In a split nobody can say which part somebody goes to: what they keep is removed on its day.
        UPDATE saved_search AS s SET unit = r.successors->>s.unit
        WHERE s.unit = ANY (r.ends) AND r.municipalities = '{}';
        UPDATE reorganisation AS o SET state = 'under_way', version = o.version + 1, begun_at = at, updated_at = at
        WHERE o.id = asked;
        RETURN QUERY UPDATE unit AS u SET version = u.version + 1
        WHERE u.id = ANY (r.from_units)
           OR u.id IN (SELECT s.unit FROM unit_succession AS s WHERE s.reorganisation_id = asked)
        RETURNING u.id, u.uid, u.version;
    END $$
    """,
    # Those that somebody put there by hand begin to have versions.
    "UPDATE unit SET version = 1 WHERE kind = 'operational_unit' AND version = 0",
)
_CALLED: Final = """add_operational_unit(uuid, text, text, text, text, date, date),
    change_operational_unit(uuid, integer, text, text, text, date)"""
RIGHTS: Final = (
    f"REVOKE ALL ON FUNCTION {_CALLED} FROM PUBLIC",
    for_worker(f"GRANT EXECUTE ON FUNCTION {_CALLED} TO {{app}}"),
)


def upgrade() -> None:
    op.execute(SYSTEM_ON)
    for statement in (*STATEMENTS, *RIGHTS):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("units stay; go on to a later version instead")
