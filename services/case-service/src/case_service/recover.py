"""After a restore of the database: what is lost, and how versions go on: ``python -m case_service.recover look``."""

from typing import Final

from forkant_contracts.topics import ACCESS_TOPIC, CASE_OPERATIONS_TOPIC, CASE_TOPIC, CATALOGUE_TOPIC, CONCERN_TOPIC
from forkant_kit.recovery.command import main
from forkant_kit.recovery.fence import Counter

from case_service.settings import SERVICE

_RAISE: Final = """
WITH before AS (SELECT version FROM {table} WHERE {key} = :id),
raised AS (UPDATE {table} SET version = :version{more} WHERE {key} = :id AND version < :version)
SELECT version FROM before
"""
# A draft changes the revision alone, and no event tells how many of those there were: what clients hold of the time
# that is lost is thereby refused.
_CASE: Final = ", revision = revision + 1000, change_xid = pg_current_xact_id()::text::bigint"

COUNTERS: Final = (
    Counter(kind="case", topic=CASE_TOPIC, raise_to=_RAISE.format(table="preventive_case", key="id", more=_CASE)),
    Counter(kind="concern", topic=CONCERN_TOPIC, raise_to=_RAISE.format(table="concern", key="id", more="")),
    Counter(kind="review", topic=ACCESS_TOPIC, raise_to=_RAISE.format(table="access_review", key="id", more="")),
    Counter(kind="method", topic=CATALOGUE_TOPIC, raise_to=_RAISE.format(table="method_head", key="id", more="")),
    Counter(kind="unit", topic=CATALOGUE_TOPIC, raise_to=_RAISE.format(table="unit", key="uid", more="")),
    Counter(kind="alarm", topic=CASE_OPERATIONS_TOPIC, raise_to=_RAISE.format(table="alarm", key="id", more="")),
)
"""Where this service counts versions. Examples of best practice are published anew by hand: revisions are rows."""

if __name__ == "__main__":
    raise SystemExit(main(SERVICE, COUNTERS))
