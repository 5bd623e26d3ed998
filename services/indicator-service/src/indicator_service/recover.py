"""After a restore of the database: what is lost, and how it goes on: ``python -m indicator_service.recover look``."""

from typing import Final

from forkant_contracts.topics import INDICATOR_OPERATIONS_TOPIC, STEERING_TOPIC
from forkant_kit.recovery.command import main
from forkant_kit.recovery.fence import Counter

from indicator_service.settings import SERVICE

_RAISE: Final = """
WITH before AS (SELECT {count} AS version FROM {table} WHERE id = :id),
raised AS (UPDATE {table} SET {count} = :version WHERE id = :id AND {count} < :version)
SELECT version FROM before
"""

COUNTERS: Final = (
    Counter(kind="watch", topic=STEERING_TOPIC, raise_to=_RAISE.format(table="indicator_watch", count="version")),
    Counter(kind="plan_watch", topic=STEERING_TOPIC, raise_to=_RAISE.format(table="plan_watch", count="version")),
    Counter(kind="plan", topic=STEERING_TOPIC, raise_to=_RAISE.format(table="prevention_plan", count="approvals")),
    Counter(kind="pilot", topic=STEERING_TOPIC, raise_to=_RAISE.format(table="pilot", count="told")),
    Counter(kind="alarm", topic=INDICATOR_OPERATIONS_TOPIC, raise_to=_RAISE.format(table="alarm", count="version")),
)
"""Where this service counts versions of what it publishes."""

if __name__ == "__main__":
    raise SystemExit(main(SERVICE, COUNTERS))
