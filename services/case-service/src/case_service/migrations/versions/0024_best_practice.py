"""Examples of best practice: drafts of a case, and what was published of them, which leads back to none.

An example gets a random id when it is published, keeps no moment but the year, and names nobody who wrote or reviewed
it; its draft goes in the same transaction. Who drafted from which case, the audit trail alone knows.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import for_worker, guard, told

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

UNIT: Final = told("unit")
CHANGES: Final = f"{told('changes')} = 'on'"
SOMEBODY: Final = f"coalesce({UNIT}, '') <> ''"
THEIR_OWN: Final = f"unit = {UNIT}"
FEWEST_ALIKE: Final = 5


def one_of(column: str, codes: str) -> str:
    """Return a column of codes."""
    listed = ", ".join(f"'{code}'" for code in codes.split())
    return f"{column} text NOT NULL CHECK ({column} IN ({listed}))"


CHECKS: Final = "ARRAY['names', 'places', 'dates', 'rare_combination', 'photos_and_links']"
CODES: Final = ",\n".join(
    (
        one_of("language", "nb nn"),
        one_of(
            "theme",
            "violence drugs theft vandalism sexual_offences image_sharing domestic_violence radicalisation hate_crime "
            "fraud cybercrime organised_crime traffic environment other",
        ),
        one_of("case_type", "person group place phenomenon"),
        one_of("arena", "physical digital"),
        one_of(
            "measure_kind",
            "concern_conversation youth_contract follow_up_team home_visit street_presence situational_measure "
            "school_talk exit_dialogue online_patrol_dialogue mediation referral",
        ),
        one_of("effect", "achieved partial none harm not_known"),
        "method_code text",
        "method_version integer",
        "CHECK ((method_code IS NULL) = (method_version IS NULL))",
        "FOREIGN KEY (method_code, method_version) REFERENCES method (code, version)",
        f"checks text[] NOT NULL CHECK (checks <@ {CHECKS})",
        "answers jsonb NOT NULL",
    )
)
TEXTS: Final = ("title", "context", "what_was_done", "mechanism", "conditions", "advice")
WEIGHTS: Final = dict(zip(TEXTS, "ABBCCB", strict=True))
SEARCH: Final = " || ".join(
    f"setweight(to_tsvector('norwegian', coalesce({name}, '')), '{weight}')" for name, weight in WEIGHTS.items()
)

TABLES: Final = (
    f"""
    CREATE TABLE best_practice_draft (
        id uuid PRIMARY KEY,
        case_id uuid NOT NULL REFERENCES preventive_case,
        revision integer NOT NULL CHECK (revision >= 1),
        state text NOT NULL CHECK (state IN ('draft', 'reviewed')),
        {CODES},
        title bytea NOT NULL,
        context bytea NOT NULL,
        what_was_done bytea NOT NULL,
        mechanism bytea,
        conditions bytea,
        advice bytea NOT NULL,
        authors text[] NOT NULL CHECK (cardinality(authors) >= 1),
        drafted_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        reviewed_by text CHECK (reviewed_by <> ALL (authors)),
        reviewed_at timestamptz,
        CONSTRAINT best_practice_draft_reviewed CHECK (
            (state = 'reviewed') = (reviewed_by IS NOT NULL) AND (reviewed_by IS NULL) = (reviewed_at IS NULL)
            AND (state = 'draft' OR cardinality(checks) = 5))
    )
    """,
    "CREATE INDEX best_practice_draft_by_case ON best_practice_draft (case_id)",
    """
    CREATE TABLE best_practice (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        unit text NOT NULL,
        state text NOT NULL CHECK (state IN ('published', 'withdrawn')),
        version integer NOT NULL CHECK (version >= 1),
        revision integer NOT NULL CHECK (revision >= 1),
        withdrawal_reason text CHECK (withdrawal_reason IN ('outdated', 'disproved', 'identifies')),
        CONSTRAINT best_practice_withdrawn CHECK ((state = 'withdrawn') = (withdrawal_reason IS NOT NULL))
    )
    """,
    f"""
    CREATE TABLE best_practice_revision (
        example_id uuid NOT NULL REFERENCES best_practice,
        revision integer NOT NULL CHECK (revision >= 1),
        published_year integer NOT NULL CHECK (published_year BETWEEN 2020 AND 2200),
        {CODES},
        {", ".join(f"{name} text" for name in TEXTS)},
        search tsvector GENERATED ALWAYS AS ({SEARCH}) STORED,
        PRIMARY KEY (example_id, revision),
        CHECK (cardinality(checks) = 5)
    )
    """,
    "CREATE INDEX best_practice_revision_search ON best_practice_revision USING gin (search)",
    # What was published stays as it was; that it points to somebody after all takes its words away, and nothing else.
    f"""
    CREATE FUNCTION example_is_only_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF num_nonnulls({", ".join(f"NEW.{name}" for name in TEXTS)}) > 0 THEN
            RAISE EXCEPTION 'what was published stays as it was' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER best_practice_revision_is_only_emptied BEFORE UPDATE ON best_practice_revision
    FOR EACH ROW EXECUTE FUNCTION example_is_only_emptied()
    """,
)

OF_A_CASE: Final = f"EXISTS (SELECT FROM preventive_case AS c WHERE c.id = case_id AND c.unit = {UNIT})"
WRITES: Final = f"{OF_A_CASE} AND {CHANGES}"
DECIDES: Final = f"({THEIR_OWN} OR {UNIT} = 'pod') AND {CHANGES}"
OWNERS: Final = f"(b.{THEIR_OWN} OR {UNIT} = 'pod')"
OF_ITS_EXAMPLE: Final = "EXISTS (SELECT FROM best_practice AS b WHERE b.id = example_id AND {})"
GUARDS: Final = (
    *guard("best_practice_draft", see=OF_A_CASE, add=WRITES, change=WRITES, remove=WRITES),
    *guard("best_practice", see=SOMEBODY, add=f"{THEIR_OWN} AND {CHANGES}", change=DECIDES),
    *guard(
        "best_practice_revision",
        see=SOMEBODY,
        add=f"{OF_ITS_EXAMPLE.format(f'b.{THEIR_OWN}')} AND {CHANGES}",
        change=f"{OF_ITS_EXAMPLE.format(f'(b.{THEIR_OWN} OR {UNIT} = $q$pod$q$)')} AND {CHANGES}",
    ),
    for_worker("REVOKE ALL ON best_practice_draft, best_practice, best_practice_revision FROM {app}"),
    for_worker("GRANT SELECT, INSERT, UPDATE, DELETE ON best_practice_draft TO {app}"),
    for_worker("""
        GRANT SELECT, INSERT, UPDATE (state, version, revision, withdrawal_reason) ON best_practice TO {app}
    """),
    for_worker("GRANT SELECT, INSERT ON best_practice_revision TO {app}"),
    for_worker(f"GRANT UPDATE ({', '.join(TEXTS)}) ON best_practice_revision TO {{app}}"),
)

# Whoever drafts sees the cases alone that they are a member of; how many there are of a kind is asked of all.
ALIKE: Final = (
    f"""
    CREATE FUNCTION few_cases_alike(asked uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT count(*) < {FEWEST_ALIKE} FROM (
            SELECT FROM preventive_case AS c
            JOIN preventive_case AS o ON o.unit = c.unit AND o.theme = c.theme AND o.case_type = c.case_type
            WHERE c.id = asked AND c.unit = {UNIT} AND o.erased_at IS NULL
            LIMIT {FEWEST_ALIKE}
        ) AS alike
    $$
    """,  # noqa: S608 - of this file's own constants
    "REVOKE ALL ON FUNCTION few_cases_alike(uuid) FROM PUBLIC",
    for_worker("GRANT EXECUTE ON FUNCTION few_cases_alike(uuid) TO {app}"),
)


def upgrade() -> None:
    for statement in (*TABLES, *GUARDS, *ALIKE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was published stays; go on to a later version instead")
