"""How methods and codes change: proposals with hearings, an append-only log of changes, and retirement.

A method comes from an approved proposal alone, by a function of the owner's that the directorate may call; so does the
retirement of a method or a code. The application's role still can't write methods, steps or retirements itself.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker, guard, told

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

UNIT: Final = told("unit")
SUBJECT: Final = told("subject")
CHANGES: Final = f"{told('changes')} = 'on'"
SOMEBODY: Final = f"coalesce({UNIT}, '') <> ''"
DIRECTORATE: Final = f"{UNIT} = 'pod'"

TABLES: Final = (
    "ALTER TABLE method ADD COLUMN retired_from date CHECK (retired_from >= valid_from)",
    # A method is the aggregate of its events, from version 1 on: what the first migration loaded was told to nobody.
    """
    CREATE TABLE method_head (
        code text PRIMARY KEY,
        id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
        version integer NOT NULL DEFAULT 0 CHECK (version >= 0)
    )
    """,
    "INSERT INTO method_head (code) SELECT DISTINCT code FROM method",
    """
    CREATE TABLE method_proposal (
        id uuid PRIMARY KEY,
        method_code text NOT NULL,
        unit text NOT NULL,
        version integer NOT NULL CHECK (version >= 1),
        state text NOT NULL
            CHECK (state IN ('proposed', 'hearing', 'approved', 'published', 'rejected', 'withdrawn')),
        name_nb text NOT NULL,
        name_en text NOT NULL,
        summary text NOT NULL,
        steps jsonb NOT NULL CHECK (jsonb_array_length(steps) BETWEEN 1 AND 20),
        proposed_by text NOT NULL,
        proposed_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        hearing_until date,
        approved_by text CHECK (approved_by <> proposed_by),
        approved_at timestamptz,
        published_version integer,
        valid_from date,
        CONSTRAINT method_proposal_heard
            CHECK (state IN ('proposed', 'rejected', 'withdrawn') OR hearing_until IS NOT NULL),
        CONSTRAINT method_proposal_approved CHECK (
            (state NOT IN ('approved', 'published') OR approved_by IS NOT NULL)
            AND (approved_by IS NULL) = (approved_at IS NULL)),
        CONSTRAINT method_proposal_published CHECK (
            (state = 'published') = (published_version IS NOT NULL)
            AND (state = 'published') = (valid_from IS NOT NULL)),
        FOREIGN KEY (method_code, published_version) REFERENCES method (code, version)
    )
    """,
    "CREATE INDEX method_proposal_by_state ON method_proposal (state, id)",
    """
    CREATE TABLE method_comment (
        id uuid PRIMARY KEY,
        proposal_id uuid NOT NULL REFERENCES method_proposal,
        unit text NOT NULL,
        author text NOT NULL,
        text text NOT NULL,
        written_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX method_comment_by_proposal ON method_comment (proposal_id, id)",
    """
    CREATE TABLE method_change (
        id uuid PRIMARY KEY,
        method_code text NOT NULL,
        proposal_id uuid REFERENCES method_proposal,
        action text NOT NULL CHECK (action ~ '^[a-z_]{1,40}$'),
        unit text NOT NULL,
        subject text NOT NULL,
        reason text,
        changed_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX method_change_by_method ON method_change (method_code, id)",
    """
    CREATE TABLE code_retirement (
        list text NOT NULL CHECK (list ~ '^[a-z_]{1,40}$'),
        code text NOT NULL CHECK (code ~ '^[a-z0-9_]{1,40}$'),
        retired_from date NOT NULL,
        retired_by text NOT NULL,
        retired_at timestamptz NOT NULL,
        PRIMARY KEY (list, code)
    )
    """,
    """
    CREATE FUNCTION method_log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'what was said and decided about methods stays' USING ERRCODE = 'insufficient_privilege';
    END $$
    """,
    *(
        f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION method_log_only_grows()"
        for table in ("method_comment", "method_change", "code_retirement")
    ),
)

GUARDS: Final = (
    *guard(
        "method_proposal",
        see=SOMEBODY,
        add=f"unit = {UNIT} AND proposed_by = {SUBJECT} AND state = 'proposed' AND {CHANGES}",
        change=f"(unit = {UNIT} OR {DIRECTORATE}) AND state <> 'published' AND {CHANGES}",
    ),
    *guard("method_comment", see=SOMEBODY, add=f"unit = {UNIT} AND author = {SUBJECT} AND {CHANGES}"),
    *guard("method_change", see=SOMEBODY, add=f"unit = {UNIT} AND subject = {SUBJECT} AND {CHANGES}"),
    for_worker("REVOKE ALL ON method_proposal, method_comment, method_change, method_head, code_retirement FROM {app}"),
    for_worker("GRANT SELECT, INSERT, UPDATE ON method_proposal TO {app}"),
    for_worker("GRANT SELECT, INSERT ON method_comment, method_change TO {app}"),
    for_worker("GRANT SELECT ON method_head, code_retirement TO {app}"),
)

FUNCTIONS: Final = (
    """
    CREATE FUNCTION only_the_directorate() RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF coalesce(current_setting('forkant.unit', true), '') <> 'pod'
           OR coalesce(current_setting('forkant.changes', true), '') <> 'on' THEN
            RAISE EXCEPTION 'the directorate alone does this' USING ERRCODE = 'insufficient_privilege';
        END IF;
    END $$
    """,
    """
    CREATE FUNCTION publish_method(asked uuid, starts date, at timestamptz)
    RETURNS TABLE (method_id uuid, head_version integer, method_version integer)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        chosen method_proposal;
        next integer;
    BEGIN
        PERFORM only_the_directorate();
        SELECT * INTO chosen FROM method_proposal WHERE id = asked AND state = 'approved' FOR UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'only an approved proposal is published' USING ERRCODE = 'insufficient_privilege';
        END IF;
        INSERT INTO method_head (code) VALUES (chosen.method_code) ON CONFLICT DO NOTHING;
        UPDATE method_head AS h SET version = h.version + 1 WHERE h.code = chosen.method_code
        RETURNING h.id, h.version INTO method_id, head_version;
        SELECT coalesce(max(m.version), 0) + 1 INTO next FROM method AS m WHERE m.code = chosen.method_code;
        INSERT INTO method (code, version, name_nb, name_en, valid_from)
        VALUES (chosen.method_code, next, chosen.name_nb, chosen.name_en, starts);
        INSERT INTO method_step (method_code, method_version, step, position, mandatory, name_nb, name_en)
        SELECT chosen.method_code, next, s.value->>'code', s.ordinality, (s.value->>'mandatory')::boolean,
               s.value->>'name_nb', s.value->>'name_en'
        FROM jsonb_array_elements(chosen.steps) WITH ORDINALITY AS s;
        UPDATE method_proposal AS p
        SET state = 'published', published_version = next, valid_from = starts, version = p.version + 1, updated_at = at
        WHERE p.id = asked;
        method_version := next;
        RETURN NEXT;
    END $$
    """,
    """
    CREATE FUNCTION retire_method(asked text, since date)
    RETURNS TABLE (method_id uuid, head_version integer)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        PERFORM only_the_directorate();
        PERFORM FROM method_head AS h WHERE h.code = asked FOR UPDATE;
        UPDATE method AS m SET retired_from = greatest(since, m.valid_from)
        WHERE m.code = asked AND m.retired_from IS NULL;
        IF FOUND THEN
            RETURN QUERY UPDATE method_head AS h SET version = h.version + 1 WHERE h.code = asked
            RETURNING h.id, h.version;
        END IF;
    END $$
    """,
    """
    CREATE FUNCTION retire_code(of_list text, asked text, since date, by_whom text, at timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        PERFORM only_the_directorate();
        INSERT INTO code_retirement VALUES (of_list, asked, since, by_whom, at) ON CONFLICT DO NOTHING;
        RETURN FOUND;
    END $$
    """,
    """
    REVOKE ALL ON FUNCTION only_the_directorate(), publish_method(uuid, date, timestamptz), retire_method(text, date),
    retire_code(text, text, date, text, timestamptz) FROM PUBLIC
    """,
    for_worker("""
        GRANT EXECUTE ON FUNCTION publish_method(uuid, date, timestamptz), retire_method(text, date),
        retire_code(text, text, date, text, timestamptz) TO {app}
    """),
)

# In the database, so that no way of writing passes by them, and no request asks once more. A code that stood before may
# stay: an assessment is saved anew with what it had.
RETIRED: Final = (
    """
    CREATE FUNCTION refuse_retired(list_name text, codes text[], since timestamptz) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM code_retirement AS r WHERE r.list = list_name AND r.code = ANY (codes)
            AND r.retired_from <= (since AT TIME ZONE 'Europe/Oslo')::date
        ) THEN
            RAISE EXCEPTION 'a code is retired' USING ERRCODE = 'check_violation', CONSTRAINT = 'code_retired';
        END IF;
    END $$
    """,
    """
    CREATE FUNCTION refuse_retired_in_case() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM refuse_retired('theme', ARRAY[NEW.theme], NEW.opened_at);
        PERFORM refuse_retired('case_type', ARRAY[NEW.case_type], NEW.opened_at);
        PERFORM refuse_retired('legal_basis', ARRAY[NEW.legal_basis], NEW.opened_at);
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION refuse_retired_in_concern() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM refuse_retired('theme', ARRAY[NEW.theme], NEW.received_at);
        PERFORM refuse_retired('concern_source', ARRAY[NEW.source], NEW.received_at);
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION refuse_retired_in_measure() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM refuse_retired('measure_kind', ARRAY[NEW.kind], NEW.planned_at);
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION refuse_retired_in_assessment() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        had_risk text[] := '{}';
        had_protective text[] := '{}';
    BEGIN
        SELECT a.risk_factors, a.protective_factors INTO had_risk, had_protective FROM assessment AS a
        WHERE a.case_id = NEW.case_id AND a.round = NEW.round;
        PERFORM refuse_retired('risk_factor', ARRAY(
            SELECT unnest(NEW.risk_factors) EXCEPT SELECT unnest(coalesce(had_risk, '{}'))), NEW.saved_at);
        PERFORM refuse_retired('protective_factor', ARRAY(
            SELECT unnest(NEW.protective_factors) EXCEPT SELECT unnest(coalesce(had_protective, '{}'))), NEW.saved_at);
        RETURN NEW;
    END $$
    """,
    *(
        f"CREATE TRIGGER {name}_takes_no_retired_code BEFORE {when} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_retired_in_{name}()"
        for name, table, when in (
            ("case", "preventive_case", "INSERT"),
            ("concern", "concern", "INSERT"),
            ("measure", "measure", "INSERT"),
            ("assessment", "assessment", "INSERT OR UPDATE"),
        )
    ),
)


def upgrade() -> None:
    for statement in (*TABLES, *GUARDS, *FUNCTIONS, *RETIRED):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was decided about methods stays; go on to a later version instead")
