"""Apache Kafka without Docker: one KRaft node from Maven's jars, each checked against a committed SHA-256."""

from forkant_devstack.native.kafka.broker import Kafka, java_command, kafka_spec, prepare_in, prepare_kafka
from forkant_devstack.native.kafka.jars import VERSION
from forkant_devstack.native.kafka.tools import KafkaUnavailableError

__all__ = ["VERSION", "Kafka", "KafkaUnavailableError", "java_command", "kafka_spec", "prepare_in", "prepare_kafka"]
