"""Records that are copied into a batch are what Kafka's client would have written there itself."""

from aiokafka.producer.message_accumulator import BatchBuilder
from forkant_kit.record_bytes import CopiedBatch, encode_content
from hypothesis import example, given
from hypothesis import strategies as st

HEADERS = st.lists(st.tuples(st.text(max_size=40), st.binary(max_size=200)), max_size=14)
RECORDS = st.lists(
    st.tuples(st.binary(max_size=200), st.binary(max_size=400), HEADERS, st.integers(0, 2**45)), min_size=1, max_size=30
)
PRODUCER = st.tuples(st.integers(0, 2**62), st.integers(0, 2**15 - 1), st.integers(0, 2**31 - 1))


def by_the_client(records) -> BatchBuilder:
    batch = BatchBuilder(10_000_000, 0)
    for key, value, headers, stamp in records:
        assert batch.append(timestamp=stamp, key=key, value=value, headers=headers) is not None
    batch.close()
    return batch


def by_copying(records, *, batch_bytes: int) -> CopiedBatch:
    encoded = [(encode_content(key=key, value=value, headers=headers), stamp) for key, value, headers, stamp in records]
    return CopiedBatch(encoded, batch_bytes=batch_bytes)


@given(records=RECORDS, batch_bytes=st.integers(100, 20_000), producer=PRODUCER)
@example(records=[(b"k", b"v" * 70_000, [("name", b"x" * 9_000)], 1)] * 3, batch_bytes=200, producer=(7, 1, 42))
@example(records=[(b"", b"", [], n * 2**20) for n in (5, 1, 9, 0)], batch_bytes=9_000, producer=(7, 1, 42))
def test_a_copied_batch_is_the_one_that_the_client_would_write(records, batch_bytes, producer):
    ours = by_copying(records, batch_bytes=batch_bytes)
    fitted = ours.record_count()
    theirs = by_the_client(records[:fitted])
    assert (ours.record_count(), ours.size(), ours.closed()) == (theirs.record_count(), theirs.size(), True)
    assert fitted == 1 or ours.size() <= batch_bytes
    assert fitted == len(records) or by_the_client(records[: fitted + 1]).size() > batch_bytes
    theirs._set_producer_state(*producer)
    ours._set_producer_state(*producer)
    assert ours._build() == theirs._build()


def test_a_batch_that_is_sent_again_has_the_same_bytes():
    batch = by_copying([(b"k", b"v", [], 1)], batch_bytes=1_000)
    batch._set_producer_state(7, 1, 42)
    first = bytes(batch._build())
    assert (bytes(batch._build()), batch.size()) == (first, len(first))


def test_without_records_a_batch_is_empty():
    assert CopiedBatch([], batch_bytes=1_000).record_count() == 0
