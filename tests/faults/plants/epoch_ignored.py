"""Planted bug: the relay deletes what it sent, whoever owns the partition by now."""

import runpy

from forkant_kit import relay_rows

relay_rows._DELETE = """
DELETE FROM outbox AS o
USING unnest($1::text[], $2::int[], $3::bigint[], $4::text[]) AS sent (topic, partition, epoch, seqs)
WHERE o.topic = sent.topic AND o.partition = sent.partition AND o.seq = ANY (CAST(sent.seqs AS bigint[]))
  AND $5::text IS NOT NULL
"""  # type: ignore[misc]
runpy.run_module("forkant_devstack.faults.worker", run_name="__main__")
