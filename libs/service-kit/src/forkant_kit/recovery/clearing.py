"""Taking the lost events off Kafka, so that whoever reads a topic from its beginning reads what did happen.

Single records can't be taken out of a topic. All up to where it ended are removed, offsets go on from there, and what
the archive has is published once more behind them.
"""

from collections.abc import Mapping

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from forkant_kit.kafka_tls import KafkaTls, security


async def clear(ends: Mapping[TopicPartition, int], *, kafka_bootstrap: str, kafka_tls: KafkaTls | None = None) -> int:
    """Remove the records below these offsets, and return from how many partitions; a Kafka user needs DELETE for it.

    Raises:
        aiokafka.errors.KafkaError: the broker refused or is away; repeating is harmless.
    """
    wanted = {place: RecordsToDelete(before_offset=end) for place, end in ends.items() if end > 0}
    if not wanted:
        return 0
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap, **security(kafka_tls))
    await admin.start()
    try:
        await admin.delete_records(wanted)
    finally:
        await admin.close()
    return len(wanted)
