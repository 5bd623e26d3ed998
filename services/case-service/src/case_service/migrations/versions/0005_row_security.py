"""Row-level security on everything that is about somebody: the second wall, below the service's own predicates.

It is coarser than they are, and asks nothing of them. A row is there for the unit that holds its case or is offered it;
what hangs on a case is there with the case. Only a transaction that says that it changes something writes.
"""

from typing import Final

from alembic import op
from forkant_kit.rls.schema import Worker, for_worker, guard, told

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UNIT: Final = told("unit")
CHANGES: Final = f"{told('changes')} = 'on'"
WITH_ITS_CASE: Final = "EXISTS (SELECT FROM preventive_case AS c WHERE c.id = case_id)"

# Asked once for each statement, and only when it meets a row of another unit. It is the owner's, so that the policies
# of cases and of offers don't ask each other without end.
FROM_ELSEWHERE: Final = (
    """
    CREATE FUNCTION cases_from_elsewhere() RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT coalesce(array_agg(case_id), '{}') FROM transfer
        WHERE to_unit = current_setting('forkant.unit', true) AND state = 'offered'
    $$
    """,
)
CASE_IS_THERE: Final = f"""
(unit = {UNIT} OR id = ANY ((SELECT cases_from_elsewhere())::uuid[]))
AND (NOT restricted OR {told("sees_restricted")} = 'on')
"""
CASE: Final = (
    *guard(
        "preventive_case",
        see=CASE_IS_THERE,
        add=f"unit = {UNIT} AND {CHANGES}",
        change=f"{CASE_IS_THERE} AND {CHANGES}",
    ),
    # A policy sees a row before or after a change; that a case changes hands by an open offer alone takes both.
    """
    CREATE FUNCTION case_moves_by_offer() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM transfer WHERE case_id = OLD.id AND from_unit = OLD.unit AND to_unit = NEW.unit
            AND state = 'offered'
        ) AND NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
            RAISE EXCEPTION 'a case moves to a unit that it is on offer to' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER case_moves_by_offer BEFORE UPDATE OF unit ON preventive_case
        FOR EACH ROW WHEN (NEW.unit IS DISTINCT FROM OLD.unit) EXECUTE FUNCTION case_moves_by_offer()
    """,
)


def below(table: str, there: str = WITH_ITS_CASE) -> tuple[str, ...]:
    """Return the guard of a table whose rows are there with their case."""
    writes = f"{there} AND {CHANGES}"
    return guard(table, see=there, add=writes, change=writes, remove=writes)


WORK: Final = tuple(
    statement
    for table in ("assessment", "plan", "plan_goal", "measure", "follow_up", "evaluation", "partner", "case_note")
    for statement in below(table)
) + below("measure_step", "EXISTS (SELECT FROM measure AS m WHERE m.id = measure_id)")

# The concern that a case came from is erased with it, in whichever unit the case is by then. One that became a
# restricted case is restricted with it: by a list of these, since a hidden case can't be asked whether it is one.
CONCERN_IS_THERE: Final = f"""
(unit = {UNIT} OR EXISTS (SELECT FROM preventive_case AS c WHERE c.id = concern.case_id AND c.concern_id = concern.id))
AND (case_id IS NULL OR {told("sees_restricted")} = 'on' OR case_id <> ALL ((SELECT restricted_cases())::uuid[]))
"""
CONCERN: Final = (
    """
    CREATE FUNCTION restricted_cases() RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT coalesce(array_agg(id), '{}') FROM preventive_case WHERE restricted AND concern_id IS NOT NULL
    $$
    """,
    "CREATE INDEX case_restricted ON preventive_case (id) WHERE restricted AND concern_id IS NOT NULL",
    *guard(
        "concern",
        see=CONCERN_IS_THERE,
        add=f"unit = {UNIT} AND {CHANGES}",
        change=f"{CONCERN_IS_THERE} AND {CHANGES}",
    ),
)

# An offer shows a case to a unit, so it is made only of a case of the own unit; a grant says which columns change.
OFFER_IS_THERE: Final = f"(from_unit = {UNIT} OR to_unit = {UNIT} OR {WITH_ITS_CASE})"
OFFERS: Final = (
    *guard(
        "transfer",
        see=OFFER_IS_THERE,
        add=f"from_unit = {UNIT} AND {CHANGES} "
        "AND EXISTS (SELECT FROM preventive_case AS c WHERE c.id = case_id AND c.unit = from_unit)",
        change=f"{OFFER_IS_THERE} AND {CHANGES}",
        remove=f"{WITH_ITS_CASE} AND {CHANGES}",
    ),
    for_worker("REVOKE UPDATE ON transfer FROM {app}"),
    for_worker("GRANT SELECT, INSERT, DELETE ON transfer TO {app}"),
    for_worker("GRANT UPDATE (state, revision, decided_by, decided_at) ON transfer TO {app}"),
    *guard(
        "case_departure",
        see=f"unit = {UNIT} OR {WITH_ITS_CASE}",
        add=f"{WITH_ITS_CASE} AND {CHANGES}",
        change=f"{WITH_ITS_CASE} AND {CHANGES}",
        remove=f"{WITH_ITS_CASE} AND {CHANGES}",
    ),
)

# The archive holds no text, but it tells what happens in a case. The owner's functions drop
# old months when nothing in them goes on, so they must see all, whoever calls them.
OF_MY_CASE: Final = "EXISTS (SELECT FROM preventive_case AS c WHERE c.id = aggregate_id)"
EVENTS: Final = (
    *guard(
        "event_archive",
        see=OF_MY_CASE,
        add=f"(unit = {UNIT} OR {OF_MY_CASE}) AND {CHANGES}",
        worker=Worker.WRITES,
        owner="true",
    ),
    # What waits to be published is the worker's alone: the application puts it there and never looks.
    for_worker("REVOKE ALL ON outbox, relay_lease, relay_member FROM {app}"),
    for_worker("GRANT INSERT ON outbox TO {app}"),
    for_worker("GRANT SELECT, INSERT, UPDATE, DELETE ON outbox, relay_lease, relay_member TO {worker}"),
)

# Stored answers are their caller's. An erasure forgets everybody's that are about the case, without seeing them.
ANSWERS: Final = (
    *guard(
        "idempotency_key",
        see=f"subject = {told('subject')}",
        add=f"subject = {told('subject')}",
        worker=Worker.WRITES,
    ),
    """
    CREATE FUNCTION forget_answers(about uuid[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        DELETE FROM idempotency_key WHERE aggregate_id = ANY (about)
    $$
    """,
)
FUNCTIONS: Final = (
    "REVOKE ALL ON FUNCTION cases_from_elsewhere(), restricted_cases(), forget_answers(uuid[]) FROM PUBLIC",
    for_worker("GRANT EXECUTE ON FUNCTION cases_from_elsewhere(), restricted_cases(), forget_answers(uuid[]) TO {app}"),
)


def upgrade() -> None:
    for statement in (*FROM_ELSEWHERE, *CASE, *WORK, *CONCERN, *OFFERS, *EVENTS, *ANSWERS, *FUNCTIONS):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a wall is not taken down; go on to a later version instead")
