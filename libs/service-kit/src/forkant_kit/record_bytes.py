"""Kafka records as bytes: written once with the event, and copied into batches when they are sent.

A record of Kafka's format 2 is its length, attributes, distance in time and place from the batch's first record, and
then the key, the value and the headers. All but the last three depend on the batch; the last three are nearly all of
it, and are kept as they will be sent. So the relay neither reads, joins nor encodes attributes of events.
"""

from collections.abc import Sequence
from functools import lru_cache
from struct import Struct
from typing import Final

from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBase
from aiokafka.record.util import calc_crc32c, encode_varint

Header = tuple[str, bytes]

_HEADER: Final[Struct] = DefaultRecordBase.HEADER_STRUCT
_AFTER_LENGTH: Final = DefaultRecordBase.AFTER_LEN_OFFSET
_CRC_AT: Final = DefaultRecordBase.CRC_OFFSET
_CHECKED_FROM: Final = DefaultRecordBase.ATTRIBUTES_OFFSET
_MAGIC: Final = 2


EncodedRecord = tuple[bytes, int]
"""A record to send: its key, value and headers as bytes of Kafka's format 2, and its time in Unix milliseconds."""


def encode_content(*, key: bytes, value: bytes, headers: Sequence[Header]) -> bytes:
    """Return key, value and headers of a record in Kafka's format 2."""
    parts = [_varint(len(key)), key, _varint(len(value)), value, _varint(len(headers))]
    for name, text in headers:
        parts += (_name(name), _varint(len(text)), text)
    return b"".join(parts)


class CopiedBatch(BatchBuilder):  # type: ignore[misc]  # aiokafka has no types
    """A batch that is filled once, by copying encoded records.

    It takes the place of the client's own builder, of which the client calls only what is defined here.
    """

    def __init__(self, records: Sequence[EncodedRecord], *, batch_bytes: int) -> None:
        """Take as many of the records, from the first on, as fit; at least one, however large it is."""
        self._parts: list[bytes] = []
        self._size, self._count = _HEADER.size, 0
        self._first_ms = self._last_ms = 0
        self._producer = (-1, -1, -1)
        self._buffer: bytearray | None = None
        self._fill(records, batch_bytes)

    def _fill(self, records: Sequence[EncodedRecord], limit: int) -> None:
        if not records:
            return
        size, add = self._size, self._parts.append
        first_ms = last_ms = records[0][1]
        place = 0
        for content, stamp in records:
            prefix = b"\0%b%b" % (_varint(stamp - first_ms), _varint(place))
            prefix = _varint(len(prefix) + len(content)) + prefix
            grown = size + len(prefix) + len(content)
            if grown > limit and place:
                break
            add(prefix)
            add(content)
            size, place = grown, place + 1
            last_ms = max(last_ms, stamp)
        self._size, self._count, self._first_ms, self._last_ms = size, place, first_ms, last_ms

    def closed(self) -> bool:
        """Whether nothing more can be added, which is so from the start."""
        return True

    def close(self) -> None:
        """Do nothing: the batch is closed."""

    def size(self) -> int:
        """Return the batch's bytes."""
        return self._size

    def record_count(self) -> int:
        """Return how many records it holds."""
        return self._count

    def _set_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        self._producer = (producer_id, producer_epoch, base_sequence)

    def _build(self) -> bytearray:
        if self._buffer is None:
            self._buffer = self._joined()
            self._parts.clear()
        return self._buffer

    def _joined(self) -> bytearray:
        header = _HEADER.pack(
            0,  # the broker gives the offset
            self._size - _AFTER_LENGTH,
            DefaultRecordBase.NO_PARTITION_LEADER_EPOCH,
            _MAGIC,
            0,  # the checksum, when the rest is there
            DefaultRecordBase.CODEC_NONE,
            self._count - 1,
            self._first_ms,
            self._last_ms,
            *self._producer,
            self._count,
        )
        whole = bytearray().join((header, *self._parts))
        whole[_CRC_AT:_CHECKED_FROM] = calc_crc32c(memoryview(whole)[_CHECKED_FROM:]).to_bytes(4)
        return whole


@lru_cache(maxsize=16_384)
def _varint(value: int) -> bytes:
    written = bytearray()
    encode_varint(value, written.append)
    return bytes(written)


@lru_cache(maxsize=256)
def _name(name: str) -> bytes:
    raw = name.encode()
    return _varint(len(raw)) + raw
