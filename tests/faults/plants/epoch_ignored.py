"""Planted bug: the relay deletes what it sent, whoever owns the partition by now."""

import runpy

from forkant_kit import relay_rows

_statement, _, _ = relay_rows._DELETE.partition("AND EXISTS")
# The two are named, so that the statement takes them as the real one does.
relay_rows._DELETE = f"{_statement} AND $4::bigint IS NOT NULL AND $5::text IS NOT NULL"  # type: ignore[misc]
runpy.run_module("forkant_devstack.faults.worker", run_name="__main__")
