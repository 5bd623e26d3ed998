"""Cases, concerns and what belongs to them; reference data; audit log; outbox and idempotency keys."""

import csv
import json
from collections.abc import Sequence
from datetime import date
from importlib.resources import files
from typing import Final

import sqlalchemy as sa
from alembic import op
from forkant_kit.idempotency import IDEMPOTENCY_DDL
from forkant_kit.outbox_schema import OUTBOX_DDL

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Code lists as they were when this migration was written: a later code comes with a later migration.
UNITS: Final = (
    "oslo", "ost", "innlandet", "sor-ost", "agder", "sor-vest", "vest", "more-og-romsdal", "trondelag", "nordland",
    "troms", "finnmark", "kripos", "okokrim", "up", "pu", "phs",
)  # fmt: skip
CASE_TYPES: Final = ("person", "group", "place", "phenomenon")
WORKING_STATES: Final = ("registered", "assessing", "planned", "active", "follow_up", "evaluating")
STATES: Final = (*WORKING_STATES, "closed", "on_hold", "referred", "rejected")
THEMES: Final = (
    "violence", "drugs", "theft", "vandalism", "sexual_offences", "image_sharing", "domestic_violence",
    "radicalisation", "hate_crime", "fraud", "cybercrime", "organised_crime", "traffic", "environment", "other",
)  # fmt: skip
AGE_BANDS: Final = ("under_15", "15_17", "18_24", "25_plus", "not_applicable")
ARENAS: Final = ("physical", "digital")
SOURCES: Final = (
    "school", "child_welfare", "guardian", "patrol", "online_patrol", "intelligence", "health", "public", "business",
    "other",
)  # fmt: skip
OUTCOMES: Final = ("dismissed", "referred", "case")
SUBJECT_CATEGORIES: Final = (
    "at_risk", "suspected", "convicted", "victim", "witness", "contact", "guardian", "not_applicable",
)  # fmt: skip
PURPOSES: Final = ("prevent_crime", "protect_child", "public_safety")
LEGAL_BASES: Final = ("police_act", "police_databases_act", "consent")
RISK_FACTORS: Final = (
    "truancy", "substance_use", "violent_behaviour", "negative_peers", "family_conflict", "extremist_contact",
    "online_exposure", "poor_lighting", "alcohol_serving", "low_guardianship",
)  # fmt: skip
PROTECTIVE_FACTORS: Final = (
    "school_attachment", "supportive_guardian", "leisure_activity", "positive_peers", "employment",
    "treatment_contact", "partner_engagement",
)  # fmt: skip
MEASURE_KINDS: Final = (
    "concern_conversation", "youth_contract", "follow_up_team", "home_visit", "street_presence",
    "situational_measure", "school_talk", "exit_dialogue", "online_patrol_dialogue", "mediation", "referral",
)  # fmt: skip
PARTNER_KINDS: Final = (
    "slt_coordinator", "child_welfare", "school", "mediation_service", "health", "municipality", "business",
    "voluntary",
)  # fmt: skip
HOLD_REASONS: Final = ("awaiting_partner", "criminal_investigation", "subject_unavailable")
EFFECTS: Final = ("achieved", "partial", "none", "harm", "not_known")
CLOSE_REASONS: Final = ("evaluated", "unfounded", "moved", "duplicate", "consent_withdrawn", "resources")
CANCEL_REASONS: Final = ("not_needed", "subject_declined", "replaced", "case_closed")
RESTRICTION_REASONS: Final = ("purpose_expired", "unfounded", "disputed", "legal_claim")
ERASURE_BASES: Final = ("retention_expired", "unlawful", "unfounded")


def _quoted(codes: Sequence[str]) -> str:
    return ", ".join(f"'{code}'" for code in codes)


def _in(column: str, codes: Sequence[str]) -> str:
    return f"CHECK ({column} IN ({_quoted(codes)}))"


def _within(column: str, codes: Sequence[str]) -> str:
    return f"CHECK ({column} <@ ARRAY[{_quoted(codes)}])"


REFERENCE: Final = (
    """
    CREATE TABLE municipality (
        number text PRIMARY KEY CHECK (number ~ '^[0-9]{4}$'),
        name text NOT NULL,
        county_number text NOT NULL CHECK (county_number ~ '^[0-9]{2}$'),
        county text NOT NULL,
        valid_from date NOT NULL,
        valid_to date CHECK (valid_to > valid_from)
    )
    """,
    f"""
    CREATE TABLE municipality_unit (
        number text NOT NULL REFERENCES municipality,
        unit text NOT NULL {_in("unit", UNITS)},
        valid_from date NOT NULL,
        valid_to date CHECK (valid_to > valid_from),
        assumption text,
        PRIMARY KEY (number, valid_from)
    )
    """,
    f"""
    CREATE TABLE method (
        code text NOT NULL {_in("code", MEASURE_KINDS)},
        version integer NOT NULL CHECK (version >= 1),
        name_nb text NOT NULL,
        name_en text NOT NULL,
        valid_from date NOT NULL,
        PRIMARY KEY (code, version)
    )
    """,
    """
    CREATE TABLE method_step (
        method_code text NOT NULL,
        method_version integer NOT NULL,
        step text NOT NULL CHECK (step ~ '^[a-z][a-z0-9_]{1,40}$'),
        position integer NOT NULL CHECK (position >= 1),
        mandatory boolean NOT NULL,
        name_nb text NOT NULL,
        name_en text NOT NULL,
        PRIMARY KEY (method_code, method_version, step),
        UNIQUE (method_code, method_version, position),
        FOREIGN KEY (method_code, method_version) REFERENCES method
    )
    """,
)

CONCERN: Final = (
    f"""
    CREATE TABLE concern (
        id uuid PRIMARY KEY,
        unit text NOT NULL {_in("unit", UNITS)},
        version integer NOT NULL CHECK (version >= 1),
        state text NOT NULL CHECK (state IN ('received', 'decided')),
        source text NOT NULL {_in("source", SOURCES)},
        theme text NOT NULL {_in("theme", THEMES)},
        age_band text NOT NULL {_in("age_band", AGE_BANDS)},
        arena text NOT NULL {_in("arena", ARENAS)},
        municipality_number text CONSTRAINT concern_municipality REFERENCES municipality,
        description text CHECK (length(description) BETWEEN 1 AND 4000),
        registered_by text NOT NULL,
        received_at timestamptz NOT NULL,
        recorded_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        outcome text {_in("outcome", OUTCOMES)},
        case_id uuid,
        note text CHECK (length(note) BETWEEN 1 AND 2000),
        decided_by text,
        decided_at timestamptz CHECK (decided_at >= received_at),
        erased_at timestamptz,
        CONSTRAINT concern_decided CHECK (
            (state = 'decided') = (outcome IS NOT NULL)
            AND (state = 'decided') = (decided_at IS NOT NULL AND decided_by IS NOT NULL)),
        CONSTRAINT concern_case CHECK ((coalesce(outcome, '') = 'case') = (case_id IS NOT NULL)),
        CONSTRAINT concern_erased CHECK (
            CASE WHEN erased_at IS NULL THEN description IS NOT NULL ELSE description IS NULL AND note IS NULL END)
    )
    """,
    "CREATE INDEX concern_by_unit ON concern (unit, id)",
)

CASE: Final = (
    # fillfactor: a case is updated some thirty times, and room on its page keeps an update off other pages.
    f"""
    CREATE TABLE preventive_case (
        id uuid PRIMARY KEY,
        unit text NOT NULL {_in("unit", UNITS)},
        version integer NOT NULL CHECK (version >= 1),
        revision integer NOT NULL CHECK (revision >= 1),
        round integer NOT NULL DEFAULT 1 CHECK (round >= 1),
        state text NOT NULL {_in("state", STATES)},
        held_from text {_in("held_from", WORKING_STATES)},
        hold_reason text {_in("hold_reason", HOLD_REASONS)},
        restricted boolean NOT NULL DEFAULT false,
        restriction_reason text {_in("restriction_reason", RESTRICTION_REASONS)},
        case_type text NOT NULL {_in("case_type", CASE_TYPES)},
        theme text NOT NULL {_in("theme", THEMES)},
        age_band text NOT NULL {_in("age_band", AGE_BANDS)},
        subject_category text NOT NULL {_in("subject_category", SUBJECT_CATEGORIES)},
        purpose_code text NOT NULL {_in("purpose_code", PURPOSES)},
        legal_basis text NOT NULL {_in("legal_basis", LEGAL_BASES)},
        arena text NOT NULL {_in("arena", ARENAS)},
        municipality_number text CONSTRAINT case_municipality REFERENCES municipality,
        concern_id uuid UNIQUE REFERENCES concern,
        special_category boolean NOT NULL DEFAULT false,
        title text CHECK (length(title) BETWEEN 1 AND 200),
        subject text CHECK (length(subject) BETWEEN 1 AND 200),
        description text CHECK (length(description) BETWEEN 1 AND 4000),
        necessity_reason text CHECK (length(necessity_reason) BETWEEN 1 AND 1000),
        opened_by text NOT NULL,
        case_owner text NOT NULL,
        opened_at timestamptz NOT NULL,
        recorded_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        closed_at timestamptz CHECK (closed_at >= opened_at),
        close_reason text {_in("close_reason", CLOSE_REASONS)},
        clarification_deadline date NOT NULL,
        erased_at timestamptz,
        erasure_basis text {_in("erasure_basis", ERASURE_BASES)},
        change_xid bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
        CONSTRAINT case_held CHECK (
            (state = 'on_hold') = (held_from IS NOT NULL) AND (state = 'on_hold') = (hold_reason IS NOT NULL)),
        CONSTRAINT case_closed CHECK (
            (state = 'closed') = (closed_at IS NOT NULL) AND (state = 'closed') = (close_reason IS NOT NULL)),
        CONSTRAINT case_restricted CHECK (restricted = (restriction_reason IS NOT NULL)),
        CONSTRAINT case_person CHECK (
            case_type <> 'person' OR (age_band <> 'not_applicable' AND subject_category <> 'not_applicable')),
        CONSTRAINT case_necessity CHECK (
            erased_at IS NOT NULL OR special_category = (necessity_reason IS NOT NULL)),
        CONSTRAINT case_erased CHECK (
            (erased_at IS NULL) = (erasure_basis IS NULL)
            AND CASE WHEN erased_at IS NULL THEN title IS NOT NULL
                ELSE coalesce(title, subject, description, necessity_reason) IS NULL END)
    ) WITH (fillfactor = 80)
    """,
    """
    ALTER TABLE concern ADD CONSTRAINT concern_became FOREIGN KEY (case_id) REFERENCES preventive_case
        DEFERRABLE INITIALLY DEFERRED
    """,
    "CREATE INDEX case_by_unit ON preventive_case (unit, id)",
    "CREATE INDEX case_by_state ON preventive_case (unit, state, id)",
    "CREATE INDEX case_by_change ON preventive_case (unit, change_xid, id)",
    f"""
    CREATE TABLE case_departure (
        case_id uuid NOT NULL REFERENCES preventive_case,
        unit text NOT NULL {_in("unit", UNITS)},
        version integer NOT NULL,
        departed_at timestamptz NOT NULL,
        change_xid bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
        PRIMARY KEY (case_id, unit)
    )
    """,
    "CREATE INDEX departure_by_change ON case_departure (unit, change_xid, case_id)",
)

WORK: Final = (
    f"""
    CREATE TABLE assessment (
        case_id uuid NOT NULL REFERENCES preventive_case,
        round integer NOT NULL,
        completed boolean NOT NULL,
        risk_factors text[] NOT NULL {_within("risk_factors", RISK_FACTORS)},
        protective_factors text[] NOT NULL {_within("protective_factors", PROTECTIVE_FACTORS)},
        summary text CHECK (length(summary) BETWEEN 1 AND 4000),
        child_view text CHECK (length(child_view) BETWEEN 1 AND 2000),
        author text NOT NULL,
        saved_at timestamptz NOT NULL,
        completed_at timestamptz,
        PRIMARY KEY (case_id, round),
        CHECK (completed = (completed_at IS NOT NULL))
    )
    """,
    # The two-person rule stands in the database too: whoever writes a plan can't approve it.
    """
    CREATE TABLE plan (
        case_id uuid NOT NULL REFERENCES preventive_case,
        round integer NOT NULL,
        summary text CHECK (length(summary) BETWEEN 1 AND 4000),
        goals integer NOT NULL CHECK (goals BETWEEN 1 AND 20),
        goals_with_baseline integer NOT NULL CHECK (goals_with_baseline BETWEEN 0 AND goals),
        author text NOT NULL,
        written_at timestamptz NOT NULL,
        approved_by text,
        approved_at timestamptz,
        PRIMARY KEY (case_id, round),
        CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
        CONSTRAINT plan_two_persons CHECK (approved_by <> author)
    )
    """,
    """
    CREATE TABLE plan_goal (
        case_id uuid NOT NULL,
        round integer NOT NULL,
        position integer NOT NULL CHECK (position BETWEEN 1 AND 20),
        text text NOT NULL CHECK (length(text) BETWEEN 1 AND 500),
        measurable boolean NOT NULL,
        baseline text CHECK (length(baseline) BETWEEN 1 AND 200),
        target text CHECK (length(target) BETWEEN 1 AND 200),
        PRIMARY KEY (case_id, round, position),
        FOREIGN KEY (case_id, round) REFERENCES plan
    )
    """,
    f"""
    CREATE TABLE measure (
        id uuid PRIMARY KEY,
        case_id uuid NOT NULL REFERENCES preventive_case,
        round integer NOT NULL,
        kind text NOT NULL {_in("kind", MEASURE_KINDS)},
        arena text NOT NULL {_in("arena", ARENAS)},
        state text NOT NULL CHECK (state IN ('planned', 'started', 'completed', 'cancelled')),
        due_on date NOT NULL,
        method_code text CHECK (method_code = kind),
        method_version integer,
        description text CHECK (length(description) BETWEEN 1 AND 2000),
        planned_by text NOT NULL,
        planned_at timestamptz NOT NULL,
        started_at timestamptz,
        completed_at timestamptz,
        mandatory_steps_met boolean,
        cancelled_at timestamptz,
        cancel_reason text {_in("cancel_reason", CANCEL_REASONS)},
        FOREIGN KEY (method_code, method_version) REFERENCES method,
        CHECK ((method_code IS NULL) = (method_version IS NULL)),
        CHECK (state NOT IN ('started', 'completed') OR started_at IS NOT NULL),
        CHECK ((state = 'completed') = (completed_at IS NOT NULL)),
        CHECK ((mandatory_steps_met IS NOT NULL) = (state = 'completed' AND method_code IS NOT NULL)),
        CHECK ((state = 'cancelled') = (cancelled_at IS NOT NULL)),
        CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL)),
        UNIQUE (id, method_code, method_version)
    )
    """,
    "CREATE INDEX measure_by_case ON measure (case_id)",
    """
    CREATE TABLE measure_step (
        measure_id uuid NOT NULL,
        step text NOT NULL,
        method_code text NOT NULL,
        method_version integer NOT NULL,
        done_by text NOT NULL,
        done_at timestamptz NOT NULL,
        PRIMARY KEY (measure_id, step),
        FOREIGN KEY (measure_id, method_code, method_version) REFERENCES measure (id, method_code, method_version),
        FOREIGN KEY (method_code, method_version, step) REFERENCES method_step
    )
    """,
    """
    CREATE TABLE follow_up (
        id uuid PRIMARY KEY,
        case_id uuid NOT NULL REFERENCES preventive_case,
        round integer NOT NULL,
        state text NOT NULL CHECK (state IN ('scheduled', 'held')),
        due_on date NOT NULL,
        notes text CHECK (length(notes) BETWEEN 1 AND 4000),
        scheduled_by text NOT NULL,
        scheduled_at timestamptz NOT NULL,
        held_by text,
        held_at timestamptz,
        CHECK ((state = 'held') = (held_at IS NOT NULL) AND (state = 'held') = (held_by IS NOT NULL)),
        CHECK (state = 'held' OR notes IS NULL)
    )
    """,
    "CREATE INDEX follow_up_by_case ON follow_up (case_id)",
    f"""
    CREATE TABLE evaluation (
        case_id uuid NOT NULL REFERENCES preventive_case,
        round integer NOT NULL,
        completed boolean NOT NULL,
        effect text {_in("effect", EFFECTS)},
        mechanism text CHECK (length(mechanism) BETWEEN 1 AND 2000),
        moderators text CHECK (length(moderators) BETWEEN 1 AND 2000),
        implementation text CHECK (length(implementation) BETWEEN 1 AND 2000),
        economics text CHECK (length(economics) BETWEEN 1 AND 2000),
        author text NOT NULL,
        saved_at timestamptz NOT NULL,
        completed_at timestamptz,
        PRIMARY KEY (case_id, round),
        CHECK (completed = (completed_at IS NOT NULL)),
        CHECK (NOT completed OR effect IS NOT NULL)
    )
    """,
    f"""
    CREATE TABLE partner (
        id uuid PRIMARY KEY,
        case_id uuid NOT NULL REFERENCES preventive_case,
        kind text NOT NULL {_in("kind", PARTNER_KINDS)},
        name text CHECK (length(name) BETWEEN 1 AND 200),
        added_by text NOT NULL,
        added_at timestamptz NOT NULL,
        removed_at timestamptz
    )
    """,
    "CREATE INDEX partner_by_case ON partner (case_id)",
    f"""
    CREATE TABLE transfer (
        id uuid PRIMARY KEY,
        case_id uuid NOT NULL REFERENCES preventive_case,
        from_unit text NOT NULL {_in("from_unit", UNITS)},
        to_unit text NOT NULL {_in("to_unit", UNITS)},
        state text NOT NULL CHECK (state IN ('offered', 'accepted', 'rejected', 'revoked')),
        revision integer NOT NULL CHECK (revision >= 1),
        note text CHECK (length(note) BETWEEN 1 AND 2000),
        offered_by text NOT NULL,
        offered_at timestamptz NOT NULL,
        decided_by text,
        decided_at timestamptz,
        CHECK (from_unit <> to_unit),
        CHECK ((state = 'offered') = (decided_at IS NULL))
    )
    """,
    "CREATE UNIQUE INDEX transfer_one_open ON transfer (case_id) WHERE state = 'offered'",
    "CREATE INDEX transfer_by_case ON transfer (case_id)",
    "CREATE INDEX transfer_from ON transfer (from_unit, id)",
    "CREATE INDEX transfer_to ON transfer (to_unit, id)",
    """
    CREATE TABLE case_note (
        id uuid PRIMARY KEY,
        case_id uuid NOT NULL REFERENCES preventive_case,
        action text NOT NULL,
        text text NOT NULL CHECK (length(text) BETWEEN 1 AND 2000),
        author text NOT NULL,
        written_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX case_note_by_case ON case_note (case_id)",
)

AUDIT: Final = (
    # No free text: the columns can hold only codes, ids and a subject that the issuer made up.
    f"""
    CREATE TABLE audit_log (
        seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT now(),
        subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
        unit text NOT NULL {_in("unit", (*UNITS, "pod"))},
        action text NOT NULL CHECK (action ~ '^[a-z]+[.][a-z_-]+$'),
        aggregate text NOT NULL CHECK (aggregate IN ('case', 'concern')),
        aggregate_id uuid,
        version integer CHECK (version >= 1),
        trace_id text CHECK (trace_id ~ '^[0-9a-f]{{32}}$')
    )
    """,
    "CREATE INDEX audit_by_aggregate ON audit_log (aggregate_id, seq)",
    """
    CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the audit log only grows' USING ERRCODE = 'insufficient_privilege';
    END $$
    """,
    """
    CREATE TRIGGER audit_log_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()
    """,
)

GRANTS: Final = (
    # The application role may not rewrite what happened, nor the reference data. Tables without a grant here get the
    # ordinary ones after the migration.
    """
    DO $$
    DECLARE
        app text := regexp_replace(current_user, '_owner$', '_app');
    BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
            EXECUTE format('GRANT SELECT, INSERT ON audit_log, event_archive TO %I', app);
            EXECUTE format('GRANT SELECT ON municipality, municipality_unit, method, method_step TO %I', app);
        END IF;
    END $$
    """,
)


def upgrade() -> None:
    for statement in (*REFERENCE, *CONCERN, *CASE, *WORK, *AUDIT, *OUTBOX_DDL, *IDEMPOTENCY_DDL, *GRANTS):
        op.execute(statement)
    _load_municipalities()
    _load_methods()


def downgrade() -> None:
    raise NotImplementedError("the first migration is undone by dropping the database")


def _load_municipalities() -> None:
    source = files("case_service").joinpath("data/municipalities-2024.csv").read_text("utf-8")
    rows = [
        {**row, "valid_from": date.fromisoformat(row["valid_from"]), "assumption": row["assumption"] or None}
        for row in csv.DictReader(source.splitlines())
    ]
    _insert(
        "municipality",
        ("number", "name", "county_number", "county", "valid_from"),
        [(r["municipality_number"], r["name"], r["county_number"], r["county"], r["valid_from"]) for r in rows],
    )
    _insert(
        "municipality_unit",
        ("number", "unit", "valid_from", "assumption"),
        [(r["municipality_number"], r["police_district"], r["valid_from"], r["assumption"]) for r in rows],
    )


def _load_methods() -> None:
    methods = json.loads(files("case_service").joinpath("data/methods-1.json").read_text("utf-8"))
    _insert(
        "method",
        ("code", "version", "name_nb", "name_en", "valid_from"),
        [(m["code"], m["version"], m["name_nb"], m["name_en"], date.fromisoformat(m["valid_from"])) for m in methods],
    )
    _insert(
        "method_step",
        ("method_code", "method_version", "step", "position", "mandatory", "name_nb", "name_en"),
        [
            (m["code"], m["version"], step["code"], position, step["mandatory"], step["name_nb"], step["name_en"])
            for m in methods
            for position, step in enumerate(m["steps"], start=1)
        ],
    )


def _insert(table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    # Light tables without types: the driver takes the types from the columns themselves.
    target = sa.table(table, *(sa.column(name) for name in columns))
    op.bulk_insert(target, [dict(zip(columns, row, strict=True)) for row in rows])
