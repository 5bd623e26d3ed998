"""The upkeep of the event archive as DDL: functions of the owner's, which the application's role may call.

``ensure_archive_partitions`` makes the months to come and gives every event that fell into the default partition, for
want of a worker that made its month in time, a month of its own. ``drop_archive_months`` removes old months, but only
those from which nothing is missed: see there. ``archive_state`` tells what there is.
"""

from collections.abc import Sequence
from typing import Final

LEAST_MONTHS: Final = 25
"""Months that are always kept before the current one: last year, a rolling year, and a month to correct either."""

_BOUND: Final = """
CREATE FUNCTION archive_bound(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$
"""
# The new table is filled before it is attached. For a month that events may be written in already, writers wait
# meanwhile: one that had chosen the default partition before would be refused after. For a month to come none waits.
# A lock that can't be had soon is tried for the next time.
_ENSURE: Final = """
CREATE OR REPLACE FUNCTION ensure_archive_partitions(months_ahead integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET lock_timeout = '5s' AS $$
DECLARE
    month timestamptz;
    name text;
    low uuid;
    high uuid;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ensure_archive_partitions'));
    FOR month IN
        SELECT date_trunc('month', now()) + make_interval(months => step) FROM generate_series(0, months_ahead) AS step
        UNION
        SELECT date_trunc('month', made) FROM (
            SELECT uuid_extract_timestamp(event_id) AS made FROM event_archive_default
            WHERE uuid_extract_version(event_id) = 7
        ) AS stray
        WHERE made BETWEEN '2020-01-01' AND now() + interval '1 year'
        ORDER BY 1
    LOOP
        name := 'event_archive_' || to_char(month, 'YYYY_MM');
        CONTINUE WHEN to_regclass('public.' || name) IS NOT NULL;
        low := archive_bound(month);
        high := archive_bound(month + interval '1 month');
        EXECUTE format('CREATE TABLE public.%I (LIKE public.event_archive INCLUDING DEFAULTS INCLUDING CONSTRAINTS '
                       'INCLUDING INDEXES)', name);
        EXECUTE format('CREATE UNIQUE INDEX ON public.%I (aggregate_id, aggregate_version)', name);
        IF month <= now() THEN
            LOCK TABLE ONLY public.event_archive IN SHARE ROW EXCLUSIVE MODE;
        END IF;
        LOCK TABLE public.event_archive_default IN ACCESS EXCLUSIVE MODE;
        EXECUTE format('WITH stray AS (DELETE FROM public.event_archive_default WHERE event_id >= %L AND event_id < %L '
                       'RETURNING *) INSERT INTO public.%I SELECT * FROM stray', low, high, name);
        EXECUTE format('ALTER TABLE public.event_archive ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                       name, low, high);
    END LOOP;
END $$
"""
_STATE: Final = """
CREATE FUNCTION archive_state() RETURNS TABLE (month text, bytes bigint, strays bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT nullif(replace(c.relname, 'event_archive_', ''), 'default'), pg_total_relation_size(c.oid),
           CASE WHEN c.relname = 'event_archive_default' THEN (SELECT count(*) FROM event_archive_default) ELSE 0 END
    FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'public.event_archive'::regclass ORDER BY 1
$$
"""
# A month goes only when each aggregate in it has ended for good, with all of its events in months that go together:
# else replaying what is left would begin in the middle of something. Deciding takes no lock; nothing can come after
# an aggregate's end, and what is queued again meanwhile is looked for once more under the lock.
_DROP: Final = """
CREATE FUNCTION drop_archive_months(keep_months integer)
RETURNS TABLE (month text, held_by bigint, dropped boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET lock_timeout = '5s' AS $$
DECLARE
    oldest_kept text := to_char(date_trunc('month', now()) - make_interval(months => keep_months), 'YYYY_MM');
    final_types text[] := {final_types};
    old oid[];
    going oid[];
    held oid[];
    holders bigint[] := '{{}}';
    place oid;
BEGIN
    IF keep_months < {least} THEN
        RAISE EXCEPTION 'at least {least} months must be kept' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ensure_archive_partitions'));
    SELECT coalesce(array_agg(c.oid ORDER BY c.relname), '{{}}') INTO old
    FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'public.event_archive'::regclass AND c.relname ~ '^event_archive_[0-9]{{4}}_[0-9]{{2}}$'
      AND c.relname < 'event_archive_' || oldest_kept;
    IF old = '{{}}' THEN
        RETURN;
    END IF;
    CREATE TEMPORARY TABLE life ON COMMIT DROP AS
    SELECT e.aggregate_id, array_agg(DISTINCT e.tableoid) AS places,
           bool_or(o.event_id IS NOT NULL)
           OR max(e.aggregate_version) IS DISTINCT FROM max(e.aggregate_version)
              FILTER (WHERE regexp_replace(e.type, '[.]v[0-9]+$', '') = ANY(final_types)) AS goes_on
    FROM event_archive AS e LEFT JOIN outbox AS o ON o.event_id = e.event_id
    WHERE e.aggregate_id IN (SELECT aggregate_id FROM event_archive WHERE tableoid = ANY(old))
    GROUP BY e.aggregate_id;
    going := old;
    LOOP
        SELECT array_agg(DISTINCT p) INTO held FROM pg_temp.life, unnest(places) AS p
        WHERE p = ANY(going) AND (goes_on OR NOT places <@ going);
        EXIT WHEN held IS NULL;
        going := ARRAY(SELECT p FROM unnest(going) AS p WHERE p <> ALL(held));
    END LOOP;
    IF going <> '{{}}' THEN
        LOCK TABLE ONLY public.event_archive IN ACCESS EXCLUSIVE MODE;
        IF EXISTS (SELECT FROM outbox JOIN event_archive AS e USING (event_id) WHERE e.tableoid = ANY(going)) THEN
            going := '{{}}';
        END IF;
    END IF;
    FOREACH place IN ARRAY old LOOP
        SELECT replace(relname, 'event_archive_', '') INTO month FROM pg_class WHERE oid = place;
        SELECT count(*) INTO held_by FROM pg_temp.life
        WHERE place = ANY(places) AND (goes_on OR NOT places <@ (going || place));
        dropped := place = ANY(going);
        RETURN NEXT;
    END LOOP;
    FOREACH place IN ARRAY going LOOP
        SELECT relname INTO month FROM pg_class WHERE oid = place;
        EXECUTE format('ALTER TABLE public.event_archive DETACH PARTITION public.%I', month);
        EXECUTE format('DROP TABLE public.%I', month);
    END LOOP;
    DROP TABLE pg_temp.life;
END $$
"""


def archive_ddl(*, final_types: Sequence[str]) -> tuple[str, ...]:
    """Return the statements that make these functions, in order, beside the outbox.

    Args:
        final_types: event types without their major version, after which an aggregate never has another event.
    """
    quoted = ", ".join(f"'{each}'" for each in final_types)
    drop = _DROP.format(final_types=f"ARRAY[{quoted}]::text[]", least=LEAST_MONTHS)
    # What may remove months is for the service alone, not for whoever can connect.
    closed = tuple(
        f"REVOKE ALL ON FUNCTION {each} FROM PUBLIC"
        for each in ("drop_archive_months(integer)", "ensure_archive_partitions(integer)", "archive_state()")
    )
    return (_BOUND, _ENSURE, _STATE, drop, *closed, _GRANT)


_GRANT: Final = """
DO $$
DECLARE
    app text := regexp_replace(current_user, '_owner$', '_app');
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
        EXECUTE format('GRANT EXECUTE ON FUNCTION drop_archive_months(integer), ensure_archive_partitions(integer), '
                       'archive_state() TO %I', app);
    END IF;
END $$
"""
