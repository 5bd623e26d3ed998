"""The guard at the connection, and what the channel makes of receivers that misbehave."""

import asyncio
import ssl
from datetime import UTC, datetime
from ipaddress import IPv4Address, ip_address
from typing import Self

import httpcore
import pytest
from forkant_devstack.testing.certificates import certificate_for
from notification_service.channels.guard import AddressRefusedError, GuardedBackend, SystemResolver
from notification_service.channels.webhook import MAX_ANSWER_BYTES, WebhookSender
from notification_service.domain.attempts import Outcome


class Connector(httpcore.AsyncNetworkBackend):
    """Notes where a connection would go, or makes it on this machine."""

    def __init__(self, real_port: int | None = None) -> None:
        self.asked: list[str] = []
        self._port = real_port

    async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):  # noqa: ASYNC109
        self.asked.append(host)
        if self._port is None:
            raise httpcore.ConnectError("nobody is there")
        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", self._port, timeout=timeout)


def resolving(*answers: list[str]):
    """Return a resolver that gives these answers, one after the other, and then the last again."""
    left = list(answers)

    async def resolve(_host: str, _port: int):
        found = left.pop(0) if len(left) > 1 else left[0]
        return [ip_address(address) for address in found]

    return resolve


def guarded(*answers: list[str], connector: Connector | None = None, allow_loopback: bool = False) -> GuardedBackend:
    return GuardedBackend(
        allow_loopback=allow_loopback, resolve=resolving(*answers), connector=connector or Connector()
    )


async def test_the_connection_goes_to_the_very_address_that_was_checked():
    connector = Connector()
    with pytest.raises(httpcore.ConnectError):
        await guarded(["93.184.216.34"], connector=connector).connect_tcp("example.org", 443)
    assert connector.asked == ["93.184.216.34"]


async def test_a_name_that_turns_to_this_machine_after_its_first_use_is_refused():
    connector = Connector()
    backend = guarded(["93.184.216.34"], ["127.0.0.1"], connector=connector)
    with pytest.raises(httpcore.ConnectError):
        await backend.connect_tcp("rebinding.example", 443)
    with pytest.raises(AddressRefusedError) as refused:
        await backend.connect_tcp("rebinding.example", 443)
    assert refused.value.reason == "loopback"
    assert connector.asked == ["93.184.216.34"]


async def test_one_bad_address_among_good_ones_refuses_the_name():
    connector = Connector()
    with pytest.raises(AddressRefusedError):
        await guarded(["93.184.216.34", "10.0.0.1"], connector=connector).connect_tcp("mixed.example", 443)
    assert connector.asked == []


async def test_the_next_address_is_tried_when_the_first_does_not_answer():
    connector = Connector()
    with pytest.raises(httpcore.ConnectError):
        await guarded(["93.184.216.34", "2606:2800:220:1::1"], connector=connector).connect_tcp("two.example", 443)
    assert connector.asked == ["93.184.216.34", "2606:2800:220:1::1"]


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "127.1",
        "0177.0.0.1",
        "017700000001",
        "0x7f.0.0.1",
        "0",
        "0.0.0.0",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "127.0.0.1",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fe80::1%lo",
    ],
)
async def test_no_way_of_writing_this_machine_gets_past_the_systems_resolver(host):
    resolver, connector = SystemResolver(), Connector()
    backend = GuardedBackend(allow_loopback=False, resolve=resolver, connector=connector)
    with pytest.raises((AddressRefusedError, httpcore.ConnectError)):
        await backend.connect_tcp(host, 80)
    assert connector.asked == []
    resolver.close()


async def test_a_local_socket_is_refused():
    with pytest.raises(AddressRefusedError):
        await guarded(["93.184.216.34"]).connect_unix_socket("/run/docker.sock")


async def test_a_name_without_an_address_is_unreachable():
    with pytest.raises(httpcore.ConnectError):
        await guarded([]).connect_tcp("nowhere.example", 443)


async def test_a_name_server_that_hangs_is_a_timeout():
    async def hang(_host: str, _port: int) -> list[IPv4Address]:
        await asyncio.Event().wait()
        return []

    backend = GuardedBackend(allow_loopback=False, resolve=hang, connector=Connector())
    with pytest.raises(httpcore.ConnectTimeout):
        await backend.connect_tcp("slow.example", 443, timeout=0.05)


def a_sender(network: GuardedBackend, *, timeout_s: float = 5, tls: ssl.SSLContext | None = None) -> WebhookSender:
    return WebhookSender(network=network, now=lambda: datetime.now(UTC), timeout_s=timeout_s, tls=tls)


async def sent(sender: WebhookSender, url: str, body: bytes = b"{}"):
    try:
        return await sender.send(url=url, headers={"webhook-id": "1"}, body=body)
    finally:
        await sender.aclose()


async def test_a_refused_address_is_an_answer_and_not_an_error():
    assert (await sent(a_sender(guarded(["169.254.169.254"])), "https://metadata.example/")).outcome is (
        Outcome.ADDRESS_REFUSED
    )


async def test_a_closed_port_is_unreachable():
    assert (await sent(a_sender(guarded(["93.184.216.34"])), "https://example.org/")).outcome is Outcome.UNREACHABLE


@pytest.mark.parametrize("url", ["gopher://example.org/", "https://[::1/", "https://", "nonsense"])
async def test_a_url_that_means_nothing_is_an_answer_too(url):
    answer = await sent(a_sender(guarded(["93.184.216.34"])), url)
    assert answer.outcome in {Outcome.BROKEN_ANSWER, Outcome.UNREACHABLE}


class Server:
    """A plain TCP server that says exactly what the test gives it."""

    def __init__(self, *parts: bytes, hold: bool = False) -> None:
        self._parts = parts
        self._hold = hold
        self.requests: list[bytes] = []
        self.released = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.released.set()
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head)
        try:
            for part in self._parts:
                writer.write(part)
                await writer.drain()
            if self._hold:
                await self.released.wait()
        except ConnectionError:
            pass
        finally:
            writer.close()

    def sender(self, **options: float) -> WebhookSender:
        network = guarded(["127.0.0.1"], connector=Connector(self.port), allow_loopback=True)
        return a_sender(network, **options)


async def test_the_host_of_the_url_is_sent_and_no_cookie_or_proxy_header():
    async with Server(b"HTTP/1.1 204 No Content\r\n\r\n") as server:
        answer = await sent(server.sender(), "http://hooks.example:8080/in?key=1")
    assert answer.outcome is Outcome.DELIVERED
    head = server.requests[0].decode().lower()
    assert head.startswith("post /in?key=1 http/1.1\r\n")
    assert "\r\nhost: hooks.example:8080\r\n" in head
    assert "cookie" not in head
    assert "proxy" not in head
    assert "\r\naccept-encoding: identity\r\n" in head


async def test_a_status_counts_even_when_the_body_never_ends():
    async with Server(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx", hold=True) as server:
        answer = await sent(server.sender(timeout_s=0.3), "http://hooks.example/")
    assert answer.outcome is Outcome.DELIVERED


async def test_a_large_body_is_cut_off():
    body = b"x" * (MAX_ANSWER_BYTES * 4)
    head = f"HTTP/1.1 500 Broken\r\ncontent-length: {10**12}\r\n\r\n".encode()
    async with Server(head, body, hold=True) as server:
        answer = await sent(server.sender(timeout_s=5), "http://hooks.example/")
    assert (answer.outcome, answer.status_code) == (Outcome.REFUSED, 500)


async def test_headers_that_never_come_are_a_timeout():
    async with Server(b"HTTP/1.1 200 OK\r\n", hold=True) as server:
        assert (await sent(server.sender(timeout_s=0.3), "http://hooks.example/")).outcome is Outcome.TIMED_OUT


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x01", b"HTTP/1.1 abc\r\n\r\n", b""])
async def test_what_is_not_http_is_a_failure(said):
    async with Server(said) as server:
        answer = await sent(server.sender(), "http://hooks.example/")
    assert answer.outcome in {Outcome.BROKEN_ANSWER, Outcome.UNREACHABLE}


async def test_headers_without_end_are_a_failure():
    async with Server(b"HTTP/1.1 200 OK\r\n", b"x: " + b"y" * 200_000, hold=True) as server:
        answer = await sent(server.sender(timeout_s=5), "http://hooks.example/")
    assert answer.outcome is Outcome.BROKEN_ANSWER


@pytest.mark.parametrize(
    ("host", "outcome"), [("hooks.example", Outcome.DELIVERED), ("other.example", Outcome.UNREACHABLE)]
)
async def test_tls_names_and_verifies_the_host_of_the_url_though_the_address_is_connected_to(tmp_path, host, outcome):
    server_tls, client_tls = certificate_for("hooks.example", tmp_path)
    named: list[str | None] = []
    server_tls.sni_callback = lambda _socket, name, _context: named.append(name)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_tls)
    port = listening.sockets[0].getsockname()[1]
    network = guarded(["93.184.216.34"], connector=Connector(port))
    answer = await sent(a_sender(network, tls=client_tls), f"https://{host}/hook")
    listening.close()
    assert answer.outcome is outcome
    assert named == [host]
