"""The upkeep of the audit trail as DDL: functions of the owner's, which the application's role may call.

``ensure_audit_months`` makes the months to come, ``drop_audit_months`` removes those past their time and leaves a
checkpoint for each, and ``tidy_audit`` files the object ids that wait beside their index.
"""

from typing import Final

LEAST_MONTHS: Final = 12
"""Months that every entry is kept at the least."""
MOST_MONTHS: Final = 35
"""Greatest number of months to keep: a month goes as a whole, when its last entry is old enough; its first is then a
month older, and nothing is kept longer than 36 months."""

_ENSURE: Final = """
CREATE FUNCTION ensure_audit_months(since timestamptz, months_ahead integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET lock_timeout = '5s' AS $$
DECLARE
    month timestamptz;
    name text;
    pair text[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ensure_audit_months'));
    -- The month before is made too, for a clock that is set back at midnight.
    FOR month IN
        SELECT generate_series(date_trunc('month', since) - interval '1 month',
                               date_trunc('month', now()) + make_interval(months => months_ahead), interval '1 month')
    LOOP
        FOREACH pair SLICE 1 IN ARRAY ARRAY[['audit_entry', 'timestamptz'], ['audit_link', 'date']] LOOP
            name := pair[1] || '_' || to_char(month, 'YYYY_MM');
            CONTINUE WHEN to_regclass('public.' || name) IS NOT NULL
                       OR EXISTS (SELECT FROM public.audit_checkpoint WHERE segment >= month::date);
            EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)',
                           name, pair[1], month, month + interval '1 month');
            -- A statement that names the partition does not fire the triggers of the whole.
            EXECUTE format('CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON public.%I '
                           'FOR EACH STATEMENT EXECUTE FUNCTION public.audit_only_grows()', name);
        END LOOP;
    END LOOP;
END $$
"""
# A month goes with its links only when the chain has left it, each of its entries is linked in it, and every older
# month has gone: else something is wrong, and what is left is the evidence.
_DROP: Final = f"""
CREATE FUNCTION drop_audit_months(keep_months integer)
RETURNS TABLE (month date, dropped boolean, first_position bigint, last_position bigint, entries bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET lock_timeout = '5s' AS $$
#variable_conflict use_column
DECLARE
    name text;
    links bigint;
    ending bytea;
    before bigint;
BEGIN
    IF keep_months NOT BETWEEN {LEAST_MONTHS} AND {MOST_MONTHS} THEN
        RAISE EXCEPTION 'between {LEAST_MONTHS} and {MOST_MONTHS} months must be kept'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ensure_audit_months'));
    PERFORM FROM audit_chain FOR UPDATE;
    FOR name IN
        SELECT to_char(begun, 'YYYY_MM') FROM (
            -- The planner may ask for the date of any relation's name before it looks for the inheritance.
            SELECT CASE WHEN c.relname ~ '_[0-9]{{4}}_[0-9]{{2}}$' THEN to_date(right(c.relname, 7), 'YYYY_MM') END
                AS begun FROM pg_inherits AS i
            JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = 'public.audit_entry'::regclass) AS months
        WHERE begun + interval '1 month' + make_interval(months => keep_months) <= now() ORDER BY begun
    LOOP
        month := to_date(name, 'YYYY_MM');
        EXECUTE format('SELECT count(*), min(position), max(position) FROM public.%I', 'audit_link_' || name)
            INTO links, first_position, last_position;
        EXECUTE format('SELECT count(*) FROM public.%I', 'audit_entry_' || name) INTO entries;
        SELECT coalesce(max(last_position), 0) INTO before FROM audit_checkpoint;
        dropped := (SELECT segment > month FROM audit_chain) AND links = entries
            AND (links = 0 OR (first_position = before + 1 AND last_position - before = links))
            AND NOT EXISTS (SELECT FROM audit_link WHERE segment > month AND at < month + interval '1 month');
        IF NOT dropped THEN
            RETURN NEXT;
            RETURN;
        END IF;
        first_position := before + 1;
        last_position := before + links;
        SELECT hash INTO ending FROM audit_link WHERE position = last_position;
        IF ending IS NULL THEN
            SELECT hash INTO ending FROM audit_checkpoint ORDER BY segment DESC LIMIT 1;
        END IF;
        IF ending IS NULL THEN
            SELECT sha256(convert_to('forkant-audit-chain-v1' || chr(10) || chain, 'UTF8')) INTO ending
            FROM audit_chain;
        END IF;
        INSERT INTO audit_checkpoint (segment, first_position, last_position, entries, hash)
        VALUES (month, first_position, last_position, entries, ending);
        EXECUTE format('DROP TABLE public.%I, public.%I', 'audit_entry_' || name, 'audit_link_' || name);
        RETURN NEXT;
    END LOOP;
END $$
"""  # noqa: S608 - numbers of ours
_TIDY: Final = """
CREATE FUNCTION tidy_audit() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    place regclass;
BEGIN
    FOR place IN
        SELECT x.indexrelid FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indexrelid
        JOIN pg_am AS a ON a.oid = c.relam
        WHERE a.amname = 'gin' AND x.indrelid IN (
            to_regclass('public.audit_entry_' || to_char(now(), 'YYYY_MM')),
            to_regclass('public.audit_entry_' || to_char(now() - interval '1 day', 'YYYY_MM')))
    LOOP
        PERFORM gin_clean_pending_list(place);
    END LOOP;
END $$
"""
UPKEEP_DDL: Final[tuple[str, ...]] = (
    _ENSURE,
    _DROP,
    _TIDY,
    """
    REVOKE ALL ON FUNCTION ensure_audit_months(timestamptz, integer), drop_audit_months(integer), tidy_audit()
        FROM PUBLIC
    """,
)
