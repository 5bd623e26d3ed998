"""Reorganisations: approved as data, put into effect by the worker; cases and concerns follow their unit.

Units, the districts of municipalities and who holds a case change by an approved reorganisation alone, through
functions of the owner's that the worker may call: a process can write none of it itself. `unit_of_its_time` is the unit
that held a case when it ended, or that received a concern, once another answers for it.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import SYSTEM_ON, Worker, for_worker, guard, told

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

CHANGES: Final = f"{told('changes')} = 'on'"
SOMEBODY: Final = f"coalesce({told('unit')}, '') <> ''"
DIRECTORATE: Final = f"{told('unit')} = 'pod'"

TABLES: Final = (
    # A unit is the aggregate of its events, from its first change on.
    "ALTER TABLE unit ADD COLUMN uid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid()",
    "ALTER TABLE unit ADD COLUMN version integer NOT NULL DEFAULT 0 CHECK (version >= 0)",
    """
    CREATE TABLE reorganisation (
        id uuid PRIMARY KEY,
        version integer NOT NULL CHECK (version >= 1),
        state text NOT NULL
            CHECK (state IN ('proposed', 'approved', 'rejected', 'withdrawn', 'under_way', 'done')),
        kind text NOT NULL CHECK (kind IN ('merge', 'split', 'move_municipalities')),
        effective_on date NOT NULL,
        summary text NOT NULL,
        from_units text[] NOT NULL CHECK (cardinality(from_units) BETWEEN 1 AND 20),
        ends text[] NOT NULL CHECK (ends <@ from_units),
        makes jsonb NOT NULL,
        successors jsonb NOT NULL,
        municipalities jsonb NOT NULL,
        proposed_by text NOT NULL,
        proposed_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        decided_by text,
        decided_at timestamptz,
        begun_at timestamptz,
        done_at timestamptz,
        CONSTRAINT reorganisation_four_eyes CHECK (
            state NOT IN ('approved', 'under_way', 'done') OR decided_by IS NOT NULL AND decided_by <> proposed_by),
        CONSTRAINT reorganisation_begun CHECK (
            (state IN ('under_way', 'done')) = (begun_at IS NOT NULL) AND (state = 'done') = (done_at IS NOT NULL))
    )
    """,
    "CREATE INDEX reorganisation_ahead ON reorganisation (effective_on) WHERE state IN ('approved', 'under_way')",
    """
    CREATE TABLE unit_succession (
        unit text NOT NULL REFERENCES unit,
        predecessor text NOT NULL REFERENCES unit,
        reorganisation_id uuid NOT NULL REFERENCES reorganisation,
        valid_from date NOT NULL,
        PRIMARY KEY (unit, predecessor, reorganisation_id),
        CHECK (unit <> predecessor)
    )
    """,
    "ALTER TABLE preventive_case ADD COLUMN unit_of_its_time text",
    "ALTER TABLE concern ADD COLUMN unit_of_its_time text",
    *(
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_check"
        for table, column in (
            ("municipality_unit", "unit"),
            ("concern", "unit"),
            ("preventive_case", "unit"),
            ("case_departure", "unit"),
            ("transfer", "from_unit"),
            ("transfer", "to_unit"),
        )
    ),
    "ALTER TABLE municipality_unit ADD FOREIGN KEY (unit) REFERENCES unit",
)

GUARDS: Final = (
    *guard(
        "reorganisation",
        see=SOMEBODY,
        add=f"{DIRECTORATE} AND proposed_by = {told('subject')} AND state = 'proposed' AND {CHANGES}",
        change=f"{DIRECTORATE} AND state IN ('approved', 'rejected', 'withdrawn') AND {CHANGES}",
        worker=Worker.READS,
    ),
    for_worker("REVOKE ALL ON reorganisation, unit_succession FROM {app}"),
    for_worker("GRANT SELECT, INSERT ON reorganisation TO {app}"),
    for_worker("GRANT UPDATE (state, version, updated_at, decided_by, decided_at) ON reorganisation TO {app}"),
    for_worker("GRANT SELECT ON unit_succession TO {app}"),
)

# Not a foreign key, which would lock the unit's one row for every case that is opened; and asked once for a statement,
# which may insert thousands.
_HOLDS: Final = """
    u.id = named AND u.kind IN ('district', 'special_body') AND (
        pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER')
        OR u.valid_from <= day AND (u.valid_to IS NULL OR u.valid_to > day))
"""
_UNIT_IS_THERE: Final = """
    CREATE FUNCTION $name() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        day date := (coalesce(nullif(current_setting('forkant.at', true), '')::timestamptz, now())
                     AT TIME ZONE 'Europe/Oslo')::date;
    BEGIN
        IF EXISTS (SELECT FROM $which AS asked (named) WHERE NOT EXISTS (SELECT FROM unit AS u WHERE $holds)) THEN
            RAISE EXCEPTION 'the unit is not there on this day'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'unit_is_there';
        END IF;
        RETURN $returned;
    END $$
"""


def _asked(name: str, *, which: str, returned: str = "NULL") -> str:
    filled = _UNIT_IS_THERE.replace("$name", name).replace("$which", which)
    return filled.replace("$holds", _HOLDS).replace("$returned", returned)


UNIT_IS_THERE: Final = (
    _asked("unit_is_there", which="(SELECT DISTINCT unit FROM made)"),
    _asked("offered_unit_is_there", which="(SELECT DISTINCT to_unit FROM made)"),
    _asked("next_unit_is_there", which="(VALUES (NEW.unit))", returned="NEW"),
    *(
        f"CREATE TRIGGER unit_is_there AFTER INSERT ON {table} REFERENCING NEW TABLE AS made "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        for table, function in (
            ("preventive_case", "unit_is_there"),
            ("concern", "unit_is_there"),
            ("transfer", "offered_unit_is_there"),
        )
    ),
    """
    CREATE TRIGGER next_unit_is_there BEFORE UPDATE OF unit ON preventive_case
        FOR EACH ROW WHEN (NEW.unit IS DISTINCT FROM OLD.unit) EXECUTE FUNCTION next_unit_is_there()
    """,
)

FUNCTIONS: Final = (
    # Whom something of a unit goes to; NULL: it stays.
    """
    CREATE FUNCTION goes_to(asked uuid, from_unit text, municipality text) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT CASE WHEN from_unit = ANY (r.from_units) THEN
            coalesce(r.municipalities->>municipality, r.successors->>from_unit) END
        FROM reorganisation AS r WHERE r.id = asked
    $$
    """,
    """
    CREATE FUNCTION take_effect(asked uuid, today date, at timestamptz)
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
        UPDATE unit AS u SET valid_to = r.effective_on
        WHERE (u.id = ANY (r.ends) OR u.parent = ANY (r.ends)) AND u.valid_to IS NULL;
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
    """
    CREATE FUNCTION waits_to_move(asked uuid, most integer) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT c.id FROM reorganisation AS r
        JOIN preventive_case AS c ON c.unit = ANY (r.from_units)
        WHERE r.id = asked AND r.begun_at IS NOT NULL
          AND (c.unit = ANY (r.ends) OR c.state NOT IN ('closed', 'referred', 'rejected') AND c.erased_at IS NULL)
          AND goes_to(asked, c.unit, c.municipality_number) <> c.unit
        ORDER BY c.id LIMIT most
    $$
    """,
    # What has ended stays with the unit of its time, and another answers for it: no event, no version.
    """
    CREATE FUNCTION move_for_reorganisation(
        asked uuid, by_which uuid, seen integer, events integer, by_whom text, at timestamptz)
    RETURNS TABLE (now_at text, version integer)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        c preventive_case;
        target text;
        keeps boolean;
    BEGIN
        PERFORM FROM reorganisation AS r WHERE r.id = by_which AND r.begun_at IS NOT NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the reorganisation is not under way' USING ERRCODE = 'insufficient_privilege';
        END IF;
        SELECT * INTO c FROM preventive_case AS p WHERE p.id = asked AND p.revision = seen FOR UPDATE;
        IF NOT FOUND THEN
            RETURN;
        END IF;
        target := goes_to(by_which, c.unit, c.municipality_number);
        IF target IS NULL OR target = c.unit THEN
            RETURN;
        END IF;
        keeps := c.state IN ('closed', 'referred', 'rejected') OR c.erased_at IS NOT NULL OR c.merged_into IS NOT NULL;
        IF keeps = (events > 0) THEN
            RETURN;
        END IF;
        INSERT INTO case_departure (case_id, unit, version, departed_at, lowest_level, change_xid)
        VALUES (asked, c.unit, c.version + events, at, c.lowest_level, pg_current_xact_id()::text::bigint)
        ON CONFLICT (case_id, unit) DO UPDATE SET version = excluded.version, departed_at = excluded.departed_at,
            lowest_level = excluded.lowest_level, change_xid = excluded.change_xid;
        DELETE FROM case_departure AS d WHERE d.case_id = asked AND d.unit = target;
        UPDATE transfer AS t SET state = 'revoked', revision = t.revision + 1, decided_by = by_whom, decided_at = at
        WHERE t.case_id = asked AND t.state = 'offered';
        UPDATE task AS t SET unit = target WHERE t.case_id = asked AND t.unit = c.unit;
        UPDATE access_review AS v SET unit = target WHERE v.case_id = asked AND v.unit = c.unit AND v.verdict IS NULL;
        RETURN QUERY UPDATE preventive_case AS p
        SET unit = target, unit_of_its_time = CASE WHEN keeps THEN coalesce(p.unit_of_its_time, p.unit) END,
            version = p.version + events, revision = p.revision + 1, change_xid = pg_current_xact_id()::text::bigint
        WHERE p.id = asked RETURNING p.unit, p.version;
    END $$
    """,
    # An offer to a unit that ends is taken back on the case that it is of.
    """
    CREATE FUNCTION offers_to_ended(asked uuid, most integer) RETURNS TABLE (case_id uuid, transfer_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT t.case_id, t.id FROM reorganisation AS r JOIN transfer AS t ON t.to_unit = ANY (r.ends)
        WHERE r.id = asked AND r.begun_at IS NOT NULL AND t.state = 'offered' ORDER BY t.id LIMIT most
    $$
    """,
    """
    CREATE FUNCTION revoke_for_reorganisation(
        asked uuid, offer uuid, by_which uuid, seen integer, events integer, by_whom text, at timestamptz)
    RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        reached integer;
    BEGIN
        UPDATE preventive_case AS p SET version = p.version + events, revision = p.revision + 1,
            change_xid = pg_current_xact_id()::text::bigint
        WHERE p.id = asked AND p.revision = seen RETURNING p.version INTO reached;
        IF FOUND THEN
            UPDATE transfer AS t SET state = 'revoked', revision = t.revision + 1, decided_by = by_whom, decided_at = at
            FROM reorganisation AS r
            WHERE t.id = offer AND t.state = 'offered' AND r.id = by_which AND t.to_unit = ANY (r.ends)
              AND r.begun_at IS NOT NULL;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'no such offer goes to a unit that ended' USING ERRCODE = 'insufficient_privilege';
            END IF;
        END IF;
        RETURN reached;
    END $$
    """,
    """
    CREATE FUNCTION move_concerns(by_which uuid, most integer) RETURNS TABLE (id uuid, now_at text)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        UPDATE concern AS c
        SET unit_of_its_time = coalesce(c.unit_of_its_time, c.unit),
            unit = goes_to(by_which, c.unit, c.municipality_number)
        WHERE c.id IN (
            SELECT w.id FROM reorganisation AS r JOIN concern AS w ON w.unit = ANY (r.from_units)
            WHERE r.id = by_which AND r.begun_at IS NOT NULL AND (w.unit = ANY (r.ends) OR w.state = 'received')
              AND goes_to(by_which, w.unit, w.municipality_number) <> w.unit
            ORDER BY w.id LIMIT most FOR UPDATE OF w)
        RETURNING c.id, c.unit
    $$
    """,
    """
    CREATE FUNCTION reorganisation_done(asked uuid, at timestamptz) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        UPDATE reorganisation AS r SET state = 'done', version = r.version + 1, done_at = at, updated_at = at
        WHERE r.id = asked AND r.state = 'under_way' RETURNING true
    $$
    """,
)
_CALLED: Final = """take_effect(uuid, date, timestamptz), waits_to_move(uuid, integer),
    move_for_reorganisation(uuid, uuid, integer, integer, text, timestamptz), offers_to_ended(uuid, integer),
    revoke_for_reorganisation(uuid, uuid, uuid, integer, integer, text, timestamptz), move_concerns(uuid, integer),
    reorganisation_done(uuid, timestamptz)"""
RIGHTS: Final = (
    f"REVOKE ALL ON FUNCTION {_CALLED}, goes_to(uuid, text, text) FROM PUBLIC",
    for_worker(f"GRANT EXECUTE ON FUNCTION {_CALLED} TO {{worker}}"),
)


def upgrade() -> None:
    op.execute(SYSTEM_ON)
    for statement in (*TABLES, *GUARDS, *UNIT_IS_THERE, *FUNCTIONS, *RIGHTS):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was decided about units stays; go on to a later version instead")
