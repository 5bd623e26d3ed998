"""The journal of events, and a function that hands out what moved the figures of a district between two moments.

It is the worker's alone; it is written beside the projection, by a reader of its own. What the live generation knows of
cases of before is where their journal begins: their earlier events may be gone from Kafka.

Revision ID: 0015
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import SYSTEM_ON, Worker, for_worker, guard, told

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_MAY_LOOK: Final = f"""
{told("looks_behind")} = 'on'
AND ({told("districts")} = 'all' OR {told("districts")} = 'own' AND of_district = {told("unit")})
"""
_FUNCTIONS: Final = (
    """
    CREATE FUNCTION journal_since() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT min(recorded_at) FROM event_journal
    $$
    """,
    f"""
    CREATE FUNCTION journal_behind(
        of_district text, since timestamptz, until timestamptz, of_concerns boolean, most integer
    )
    RETURNS SETOF event_journal
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT j.* FROM event_journal AS j
        WHERE {_MAY_LOOK} AND j.recorded_at <= until AND j.aggregate_id IN (
            SELECT m.aggregate_id FROM event_journal AS m
            WHERE m.recorded_at > since AND m.recorded_at <= until
              AND starts_with(m.type, 'no.forkant.concern.') = of_concerns
              AND EXISTS (
                  SELECT FROM event_journal AS d WHERE d.aggregate_id = m.aggregate_id
                  AND (d.unit = of_district OR starts_with(d.unit, of_district || '/'))
              )
            GROUP BY m.aggregate_id ORDER BY m.aggregate_id LIMIT most
        )
        ORDER BY j.aggregate_id, j.version
    $$
    """,  # noqa: S608  the stance above
)
_BEGIN: Final = (
    """
    INSERT INTO aggregate_version (consumer_group, aggregate_id, version)
    SELECT 'indicator-service.g0', v.aggregate_id, v.version FROM aggregate_version AS v JOIN generation AS g
        ON v.consumer_group = 'indicator-service' || CASE WHEN g.number > 1 THEN '.g' || g.number ELSE '' END
    WHERE g.state = 'live'
    """,
    *(
        f"""
        INSERT INTO event_journal (aggregate_id, version, event_id, type, source, data_schema, unit, occurred_at,
                                   recorded_at, data)
        SELECT v.aggregate_id, v.version, v.aggregate_id, 'base.{kind}', '', '', f.unit, now(), now(),
               CAST(f.fact AS text)
        FROM aggregate_version AS v JOIN {kind}_fact AS f ON f.{kind}_id = v.aggregate_id
        JOIN generation AS g ON g.number = f.generation AND g.state = 'live'
        WHERE v.consumer_group = 'indicator-service.g0'
        """  # noqa: S608  the names above
        for kind in ("case", "concern")
    ),
)
_SIGNATURES: Final = ("journal_since()", "journal_behind(text, timestamptz, timestamptz, boolean, integer)")


def upgrade() -> None:
    op.execute(SYSTEM_ON)
    op.execute("""
        CREATE TABLE event_journal (
            aggregate_id uuid NOT NULL,
            version integer NOT NULL,
            event_id uuid NOT NULL,
            type text NOT NULL,
            source text NOT NULL,
            data_schema text NOT NULL,
            unit text NOT NULL,
            occurred_at timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL,
            data text NOT NULL,
            PRIMARY KEY (aggregate_id, version)
        )
    """)
    op.execute("CREATE INDEX event_journal_recorded ON event_journal (recorded_at)")
    for statement in guard("event_journal", see="false", worker=Worker.WRITES):
        op.execute(statement)
    op.execute(for_worker("REVOKE ALL ON event_journal FROM {app}"))
    op.execute(for_worker("GRANT SELECT, INSERT, DELETE ON event_journal TO {worker}"))
    for statement in (*_BEGIN, *_FUNCTIONS):
        op.execute(statement)
    for signature in _SIGNATURES:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(for_worker(f"GRANT EXECUTE ON FUNCTION {signature} TO {{app}}"))


def downgrade() -> None:
    raise NotImplementedError("what was kept stays; go on to a later version instead")
