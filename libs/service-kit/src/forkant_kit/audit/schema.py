"""The tables of the audit trail as DDL: entries by month, their links in the chain, and where the chain stands.

Entries and links only grow. Their triggers refuse everybody, the owner too; whoever turns them off as the owner breaks
the chain, which the published heads show. What removes old months is in ``upkeep_schema``.
"""

from typing import Final

from forkant_kit.audit.upkeep_schema import UPKEEP_DDL

_TABLES: Final = (
    # ``xid`` comes before ``at``: a row's transaction has its id before the row has its moment, which closing a month
    # relies on. Each column holds codes, ids and moments, and has a form that no sentence fits.
    """
    CREATE TABLE audit_entry (
        seq bigint GENERATED ALWAYS AS IDENTITY,
        xid bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
        client_id text NOT NULL CHECK (length(client_id) BETWEEN 1 AND 255),
        unit text NOT NULL CHECK (unit ~ '^[a-z0-9][a-z0-9/-]{0,63}$'),
        roles text[] NOT NULL CHECK (array_to_string(roles, '') ~ '^[A-Za-z0-9_.:-]*$'),
        action text NOT NULL CHECK (action ~ '^[a-z]+[.][a-z_-]{1,63}$'),
        object_kind text CHECK (object_kind ~ '^[a-z_]{1,63}$'),
        object_ids uuid[] NOT NULL CHECK (cardinality(object_ids) <= 10000),
        version integer CHECK (version >= 1),
        outcome text NOT NULL CHECK (outcome IN ('done', 'repeated', 'not_found', 'refused')),
        refusal text CHECK (refusal ~ '^[a-z0-9-]{1,63}$'),
        purpose text CHECK (purpose ~ '^[a-z_]{1,63}$'),
        reason_id uuid,
        trace_id text CHECK (trace_id ~ '^[0-9a-f]{32}$'),
        request_id uuid,
        PRIMARY KEY (at, seq),
        CONSTRAINT audit_refusal CHECK ((refusal IS NULL) = (outcome IN ('done', 'repeated')))
    ) PARTITION BY RANGE (at)
    """,
    "CREATE INDEX audit_entry_order ON audit_entry (xid, seq)",
    "CREATE INDEX audit_entry_subject ON audit_entry (subject, at, seq)",
    # The pending list takes what a page of a list names in one go; the sealer files it away, so that no reader waits.
    "CREATE INDEX audit_entry_objects ON audit_entry USING gin (object_ids) WITH (gin_pending_list_limit = 65536)",
    """
    CREATE TABLE audit_link (
        position bigint NOT NULL CHECK (position >= 1),
        segment date NOT NULL,
        at timestamptz NOT NULL,
        seq bigint NOT NULL,
        hash bytea NOT NULL CHECK (length(hash) = 32),
        PRIMARY KEY (position, segment)
    ) PARTITION BY RANGE (segment)
    """,
    "CREATE INDEX audit_link_entry ON audit_link (at, seq)",
    """
    CREATE TABLE audit_chain (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        chain uuid NOT NULL,
        position bigint NOT NULL CHECK (position >= 0),
        hash bytea NOT NULL CHECK (length(hash) = 32),
        segment date NOT NULL,
        opened_xid bigint NOT NULL,
        closing_xid bigint,
        sealed_xid bigint NOT NULL,
        sealed_seq bigint NOT NULL
    )
    """,
    """
    CREATE TABLE audit_checkpoint (
        segment date PRIMARY KEY,
        first_position bigint NOT NULL,
        last_position bigint NOT NULL,
        entries bigint NOT NULL,
        hash bytea NOT NULL CHECK (length(hash) = 32),
        dropped_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )
    """,
)
_ONLY_GROWS: Final = (
    """
    CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the audit trail only grows' USING ERRCODE = 'insufficient_privilege';
    END $$
    """,
    """
    CREATE FUNCTION audit_chain_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.chain <> OLD.chain OR NEW.position < OLD.position
           OR (NEW.position = OLD.position AND NEW.hash <> OLD.hash) THEN
            RAISE EXCEPTION 'the audit chain only goes on' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END $$
    """,
    *(
        f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()"
        for table in ("audit_entry", "audit_link", "audit_checkpoint")
    ),
    """
    CREATE TRIGGER audit_chain_stays BEFORE DELETE OR TRUNCATE ON audit_chain
        FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()
    """,
    """
    CREATE TRIGGER audit_chain_goes_on BEFORE UPDATE ON audit_chain
        FOR EACH ROW EXECUTE FUNCTION audit_chain_goes_on()
    """,
)
# The chain begins with a hash of its own name, so that no two chains can be passed off for each other.
_BEGIN: Final = (
    "SELECT ensure_audit_months(now(), 12)",
    """
    INSERT INTO audit_chain (chain, position, hash, segment, opened_xid, sealed_xid, sealed_seq)
    SELECT made.chain, 0, sha256(convert_to('forkant-audit-chain-v1' || chr(10) || made.chain, 'UTF8')),
           date_trunc('month', now() AT TIME ZONE 'UTC')::date, 0, 0, 0
    FROM (SELECT gen_random_uuid() AS chain OFFSET 0) AS made
    """,
)
_GRANT: Final = """
DO $$
DECLARE
    app text := regexp_replace(current_user, '_owner$', '_app');
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
        EXECUTE format('GRANT SELECT, INSERT ON audit_entry, audit_link TO %I', app);
        EXECUTE format('GRANT SELECT, UPDATE ON audit_chain TO %I', app);
        EXECUTE format('GRANT SELECT ON audit_checkpoint TO %I', app);
        EXECUTE format('GRANT EXECUTE ON FUNCTION ensure_audit_months(timestamptz, integer), '
                       'drop_audit_months(integer), tidy_audit() TO %I', app);
    END IF;
END $$
"""

AUDIT_DDL: Final[tuple[str, ...]] = (*_TABLES, *_ONLY_GROWS, *UPKEEP_DDL, *_BEGIN, _GRANT)
"""Statements that make the audit trail, in order; run them as the owner of the database."""
