"""The canary's own check: a marker that is planted in each place is found there, however it is written."""

import asyncio
import base64
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus
from uuid import uuid4

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from forkant_devstack.testing.plain_http import plain_client
from forkant_devstack.testing.span_collector import running_collector
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from .canary import CANARY, found_in, in_answer, in_logs, in_metrics, in_spans, in_tables, on_topics

WRITINGS = {
    "as it is": CANARY,
    "in capitals": CANARY.upper(),
    "the last name alone": CANARY.split()[1],
    "as an identifier": CANARY.lower().replace(" ", "_"),
    "in an address": quote(CANARY),
    "in a form": quote_plus(CANARY),
    "as bytes": CANARY.encode().hex(),
    "as two-byte text": CANARY.encode("utf-16-le").hex(),
    "as an error repeats it": repr({"title": [CANARY]}),
    **{f"in base64 after {n} bytes": base64.b64encode(b"x" * n + CANARY.encode() + b"xyz").decode() for n in range(4)},
}
LOGGING = """
import sys, structlog
from forkant_devstack.testing.plain_http import plain_client
from forkant_kit.logs import set_up_logging
set_up_logging(service="planted", level="info")
structlog.get_logger("planted").info("case_opened", path="/v1/cases/" + sys.argv[1])
"""


@pytest.mark.parametrize("writing", WRITINGS)
def test_the_marker_is_found_when_it_is_written(writing):
    assert found_in("before", f"…{WRITINGS[writing]}…", "after")
    assert found_in(f"...{WRITINGS[writing]}...".encode())


def test_nothing_is_found_where_no_marker_is():
    clean = {"title": "Uro i parken", "id": str(uuid4()), "at": datetime.now(UTC).isoformat()}
    assert found_in(clean, base64.b64encode(b"kanari"), b"\xff\xfe") == set()


@pytest.mark.parametrize("writing", ["as it is", "in an address", "as bytes"])
def test_a_marker_that_a_process_logs_is_found(tmp_path, writing):
    with (tmp_path / "planted.log").open("w") as log:
        subprocess.run([sys.executable, "-c", LOGGING, WRITINGS[writing]], stdout=log, check=True)
    (tmp_path / "clean.log").write_text('{"event": "case_opened"}\n')
    assert in_logs(tmp_path) == {"planted.log"}


@pytest.mark.parametrize("place", ["name", "attribute", "value"])
async def test_a_marker_in_a_span_is_found(place):
    message = ExportTraceServiceRequest()
    spans = message.resource_spans.add().scope_spans.add().spans
    spans.add(name="GET /v1/cases")
    marked = spans.add(name=CANARY if place == "name" else "GET /v1/cases/{case_id}")
    pair = marked.attributes.add(key=CANARY if place == "attribute" else "http.route")
    pair.value.string_value = CANARY if place == "value" else "/v1/cases"
    async with running_collector() as collector, plain_client() as client:
        await client.post(f"{collector.url}/v1/traces", content=message.SerializeToString())
        assert len(collector.spans) == 2
        assert in_spans(collector.spans) == [collector.spans[1]]


@asynccontextmanager
async def showing(text: str) -> AsyncIterator[int]:
    """Answer whatever is asked on a port with a text."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def test_a_marker_in_a_metric_is_found():
    async with showing("cases_total 1\n") as clean, showing(f'cases_total{{title="{CANARY}"}} 1\n') as planted:
        assert await in_metrics([clean, planted]) == {planted}


@pytest.mark.kafka
async def test_a_marker_in_an_event_is_found_in_key_header_and_body(kafka):
    topic = f"planted-{uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, compression_type="gzip")
    await producer.start()
    name = CANARY.encode()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
        await producer.send_and_wait(topic, b"{}", key=b"clean", headers=[("ce_type", b"no.forkant.case.opened.v1")])
        await producer.send_and_wait(topic, None, key=name)
        await producer.send_and_wait(topic, b"{}", key=b"k", headers=[("ce_unit", name)])
        await producer.send_and_wait(topic, b'{"title": "' + name + b'"}', key=b"k")
        marked, seen = await on_topics(kafka.bootstrap, {topic: 1})
        assert ([record.offset for record in marked], seen) == ([1, 2, 3], 4)
    finally:
        await admin.delete_topics([topic])
        await producer.stop()
        await admin.close()


async def test_a_marker_in_the_answer_to_an_error_is_found_in_body_and_header():
    problem = {"code": "invalid-request", "detail": "The title is too long."}
    assert not in_answer(httpx.Response(422, json=problem))
    assert in_answer(httpx.Response(422, json={**problem, "errors": [{"input": CANARY}]}))
    assert in_answer(httpx.Response(404, json=problem, headers={"Location": f"/v1/cases/{quote(CANARY)}"}))


@pytest.mark.parametrize("kind", ["text", "jsonb", "bytea"])
async def test_a_marker_in_a_table_is_found(postgres, kind):
    values = {"text": CANARY, "jsonb": f'{{"a": ["{CANARY}"]}}', "bytea": CANARY.encode()}
    urls = await postgres.create_database("planted")
    connection = await asyncpg.connect(urls.owner_url)
    try:
        for table in ("clean", "marked"):
            await connection.execute(f"CREATE TABLE {table} (id integer, what {kind})")
        await connection.execute("INSERT INTO marked VALUES (1, $1)", values[kind])
        assert await in_tables(urls.owner_url) == {"marked"}
    finally:
        await connection.close()
