"""Events go to the partition that Kafka's default partitioner chooses, so that other writers of a key meet them there."""

from aiokafka.partitioner import DefaultPartitioner
from forkant_kit.outbox import partition_of
from hypothesis import given
from hypothesis import strategies as st


@given(st.binary(max_size=80), st.integers(1, 50))
def test_a_key_goes_to_the_partition_that_the_client_chooses(key, partitions):
    places = list(range(partitions))
    assert partition_of(key, partitions) == DefaultPartitioner()(key, places, places)
