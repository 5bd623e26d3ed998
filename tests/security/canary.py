"""Finds a marker that should be nowhere: in any text, in capitals or not, and as bytes are written in text."""

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from forkant_devstack.testing.plain_http import plain_client
from forkant_devstack.testing.span_collector import Span

CANARY = "Kanarifugl Xyzzyson"


def _base64_forms(word: bytes) -> Iterable[str]:
    """Yield how a word looks within a longer text in base64, which depends on where it begins."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + word).decode()
        yield encoded[-(-before * 8 // 6) : (before + len(word)) * 8 // 6]


FORMS = frozenset(
    form.lower()
    for word in CANARY.split()
    for form in (word, word.encode().hex(), word.encode("utf-16-le").hex(), *_base64_forms(word.encode()))
)
"""Each word of the marker by itself, since an address or an identifier puts something else between them."""


def found_in(*parts: object) -> set[str]:
    """Return the forms of the marker in some values; bytes are read as text, whatever else they may be."""
    shown = "\n".join(part.decode("latin-1") if isinstance(part, bytes) else str(part) for part in parts).lower()
    return {form for form in FORMS if form in shown}


def in_answer(answer: httpx.Response) -> set[str]:
    """Look at the whole answer: body, headers and the words beside the status."""
    return found_in(answer.content, answer.text, answer.headers.raw, answer.reason_phrase)


def in_logs(folder: Path) -> set[str]:
    """Return the names of the logs in a folder that hold the marker."""
    return {log.name for log in folder.glob("*.log") if found_in(log.read_bytes())}


def in_spans(spans: Iterable[Span]) -> list[Span]:
    """Return the spans that hold the marker."""
    return [span for span in spans if found_in(span.service, span.name, span.attributes, span.links)]


async def in_metrics(ports: Iterable[int]) -> set[int]:
    """Return the ports whose metrics hold the marker."""
    marked = set()
    async with plain_client(timeout=30) as client:
        for port in ports:
            answer = await client.get(f"http://127.0.0.1:{port}/metrics")
            assert answer.status_code == 200
            marked |= {port} if in_answer(answer) else set()
    return marked


async def on_topics(bootstrap: str, partitions: dict[str, int]) -> tuple[list[Any], int]:
    """Read topics from their beginning; return the records that hold the marker, and how many there are in all."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [TopicPartition(name, number) for name, count in partitions.items() for number in range(count)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        records: list[Any] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                records.extend(batch)
    finally:
        await consumer.stop()
    return [record for record in records if _in_record(record)], len(records)


def _in_record(record: Any) -> set[str]:
    headers = [part for name, value in record.headers for part in (name, value or b"")]
    return found_in(record.key or b"", record.value or b"", *headers)


async def in_tables(url: str) -> set[str]:
    """Return the tables that hold the marker, in clear or in bytes; the role must be one that sees every row."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            " AND NOT relispartition AND relname <> 'alembic_version'"
        )
        query = " UNION ALL ".join(
            f"SELECT '{row['relname']}' AS name WHERE EXISTS"
            f' (SELECT FROM "{row["relname"]}" AS t WHERE lower(t::text) LIKE ANY ($1))'
            for row in tables
        )
        return {row["name"] for row in await connection.fetch(query, [f"%{form}%" for form in FORMS])}
    finally:
        await connection.close()
