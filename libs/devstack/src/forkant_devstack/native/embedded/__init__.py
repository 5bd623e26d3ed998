"""The in-memory broker inside the `confluent-kafka` wheel, for a look and for smoke tests; it is not Kafka.

It speaks the protocol (idempotent producers, groups, transactions), needs neither Java nor Maven, and starts at once.
Its limits: the port is its own choice and changes with each start; everything is lost when it stops; a partition keeps
the newest 5 MiB or 100,000 batches; a group whose members change pauses for nearly its session timeout; an unknown
topic springs up on first use with 4 partitions; there is no admin API, so that topics with a partition count are asked
for on a port beside.
"""

from forkant_devstack.native.embedded.client import Address, address_from, bootstrap_from, create_topics, embedded_spec

__all__ = ["Address", "address_from", "bootstrap_from", "create_topics", "embedded_spec"]
