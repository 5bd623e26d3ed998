"""Until when each case is kept, by rules that come as data; existing cases get the day that version 1 gives them."""

from importlib.resources import files
from typing import Final

import sqlalchemy as sa
from alembic import op
from forkant_kit.rls.schema import SYSTEM_ON, for_worker

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COLUMNS: Final = """
ALTER TABLE preventive_case
    ADD COLUMN reject_reason text CHECK (reject_reason IN ('not_preventive', 'no_basis', 'unfounded')),
    ADD COLUMN ended_at timestamptz CHECK (ended_at >= opened_at),
    ADD COLUMN reopened_at timestamptz CHECK (reopened_at >= opened_at),
    ADD COLUMN retention_until date,
    ADD COLUMN retention_rule text CHECK (retention_rule ~ '^[a-z][a-z0-9_]{1,40}$'),
    ADD COLUMN retention_rules_version integer CHECK (retention_rules_version >= 1),
    ADD COLUMN retention_floor date
"""
# When a case was referred or rejected, and why, stood in its events alone. Of one whose month was dropped from the
# archive the last change is known; an ended case changes no more save in how it is kept.
ENDED: Final = """
UPDATE preventive_case AS c
SET ended_at = coalesce(c.closed_at, e.occurred_at, c.updated_at),
    reject_reason = CASE WHEN c.state = 'rejected' THEN e.reason END
FROM preventive_case AS same LEFT JOIN LATERAL (
    SELECT occurred_at, nullif(data->>'reason', 'unknown') AS reason FROM event_archive
    WHERE aggregate_id = same.id AND type IN ('no.forkant.case.referred.v1', 'no.forkant.case.rejected.v1')
    ORDER BY aggregate_version DESC LIMIT 1
) AS e ON true
WHERE same.id = c.id AND c.state IN ('closed', 'referred', 'rejected')
"""
REOPENED: Final = """
UPDATE preventive_case AS c SET reopened_at = e.occurred_at
FROM (SELECT DISTINCT ON (aggregate_id) aggregate_id, occurred_at FROM event_archive
      WHERE type = 'no.forkant.case.reopened.v1' ORDER BY aggregate_id, aggregate_version DESC) AS e
WHERE e.aggregate_id = c.id
"""
# What case_service.domain.retention does with the rules; a test holds them together.
KEPT: Final = sa.text("""
UPDATE preventive_case AS c
SET retention_until = k.until, retention_rule = k.code, retention_rules_version = k.version
FROM (
    SELECT f.id, r.code, r.version, ((CASE r.counts_from WHEN 'ended' THEN f.ended_on ELSE f.began_on END)
        + make_interval(months => r.months))::date AS until
    FROM (
        SELECT id, case_type, age_band, purpose_code, coalesce(close_reason, reject_reason, '') AS reason,
               CASE WHEN state IN ('closed', 'referred', 'rejected') THEN state ELSE 'open' END AS stands,
               (coalesce(reopened_at, opened_at) AT TIME ZONE 'Europe/Oslo')::date AS began_on,
               (ended_at AT TIME ZONE 'Europe/Oslo')::date AS ended_on
        FROM preventive_case
    ) AS f CROSS JOIN LATERAL (
        SELECT rule->>'code' AS code, rule->>'counts_from' AS counts_from, (rule->>'months')::int AS months,
               (CAST(:rules AS jsonb)->>'version')::int AS version
        FROM jsonb_array_elements(CAST(:rules AS jsonb)->'rules') WITH ORDINALITY AS of_all (rule, position)
        WHERE (rule->'when'->'stands' IS NULL OR jsonb_exists(rule->'when'->'stands', f.stands))
          AND (rule->'when'->'case_type' IS NULL OR jsonb_exists(rule->'when'->'case_type', f.case_type))
          AND (rule->'when'->'age_band' IS NULL OR jsonb_exists(rule->'when'->'age_band', f.age_band))
          AND (rule->'when'->'purpose_code' IS NULL OR jsonb_exists(rule->'when'->'purpose_code', f.purpose_code))
          AND (rule->'when'->'reason' IS NULL OR jsonb_exists(rule->'when'->'reason', f.reason))
        ORDER BY position LIMIT 1
    ) AS r
) AS k
WHERE k.id = c.id
""")
# A hold that stands keeps a case for no less than it is kept today.
FLOORS: Final = """
UPDATE preventive_case AS c SET retention_floor = c.retention_until
WHERE EXISTS (SELECT FROM legal_hold AS h WHERE h.case_id = c.id AND h.lifted_at IS NULL)
"""
HOLDS: Final = (
    """
    ALTER TABLE preventive_case
        ALTER COLUMN retention_until SET NOT NULL,
        ALTER COLUMN retention_rule SET NOT NULL,
        ALTER COLUMN retention_rules_version SET NOT NULL,
        ADD CONSTRAINT case_ended CHECK ((state IN ('closed', 'referred', 'rejected')) = (ended_at IS NOT NULL)),
        ADD CONSTRAINT case_rejected CHECK (state = 'rejected' OR reject_reason IS NULL),
        ADD CONSTRAINT case_floor CHECK (retention_until >= retention_floor)
    """,
    "CREATE INDEX case_by_retention ON preventive_case (unit, retention_until, id) WHERE erased_at IS NULL",
    # The worker asks it each hour of all cases, and finds none but after the rules have changed.
    "CREATE INDEX case_by_rules ON preventive_case (retention_rules_version) WHERE erased_at IS NULL",
)
# The worker works retention out anew when the rules change. Neither version nor revision move: nobody wrote anything,
# and a client that holds the case goes on. What somebody changed meanwhile was worked out with that change.
RECALCULATED: Final = (
    """
    CREATE FUNCTION set_retention(ids uuid[], revisions integer[], untils date[], rules text[], rules_version integer)
    RETURNS TABLE (id uuid)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        UPDATE preventive_case AS c
        SET retention_until = r.until, retention_rule = r.rule, retention_rules_version = set_retention.rules_version
        FROM unnest(ids, revisions, untils, rules) AS r (id, revision, until, rule)
        WHERE c.id = r.id AND c.revision = r.revision AND c.erased_at IS NULL
          AND c.retention_rules_version < set_retention.rules_version
        RETURNING c.id
    $$
    """,
    "REVOKE ALL ON FUNCTION set_retention(uuid[], integer[], date[], text[], integer) FROM PUBLIC",
    for_worker("GRANT EXECUTE ON FUNCTION set_retention(uuid[], integer[], date[], text[], integer) TO {worker}"),
)
# Erasures go by many cases at once, and each certificate says how many answers were forgotten about its own.
ANSWERS: Final = (
    """
    CREATE FUNCTION forget_answers_of(about uuid[]) RETURNS TABLE (aggregate_id uuid, gone bigint)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        WITH gone AS (
            DELETE FROM idempotency_key AS k WHERE k.aggregate_id = ANY (about) RETURNING k.aggregate_id
        )
        SELECT g.aggregate_id, count(*) FROM gone AS g GROUP BY g.aggregate_id
    $$
    """,
    "REVOKE ALL ON FUNCTION forget_answers_of(uuid[]) FROM PUBLIC",
    for_worker("GRANT EXECUTE ON FUNCTION forget_answers_of(uuid[]) TO {app}"),
    "DROP FUNCTION forget_answers(uuid[])",
)


def upgrade() -> None:
    op.execute(SYSTEM_ON)
    for statement in (COLUMNS, ENDED, REOPENED):
        op.execute(statement)
    rules = files("case_service").joinpath("data/retention-rules-1.json").read_text("utf-8")
    op.get_bind().execute(KEPT, {"rules": rules})
    for statement in (FLOORS, *HOLDS, *RECALCULATED, *ANSWERS):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("until when a case is kept is not forgotten; go on to a later version instead")
