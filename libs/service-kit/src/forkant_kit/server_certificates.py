"""Looks at the certificates that Kafka's brokers and PostgreSQL show, since nobody but their clients meets them.

Each look makes a connection of its own and ends it after the handshake: a connection that stands would go on telling of
the certificate of before. What is shown is taken down whether it is believed or not, so that an ended one is told of.
"""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import collect_hosts
from aiokafka.errors import KafkaError
from cryptography import x509
from sqlalchemy import make_url

from forkant_kit import certificate_metrics as metrics
from forkant_kit.chores import Chore
from forkant_kit.kafka_tls import KafkaSettings, KafkaTls, kafka_tls, security

BROKER: Final = "kafka_broker"
DATABASE: Final = "database_server"
EVERY_S: Final = 600.0
"""Seconds from one look to the next."""

_DEADLINE_S: Final = 10.0
_POSTGRES: Final = 5432
_TLS_PLEASE: Final = bytes.fromhex("0000000804d2162f")
"""PostgreSQL's SSLRequest, which a server answers with one letter: S when it speaks TLS."""
_YES: Final = b"S"


def looks(settings: KafkaSettings) -> Mapping[str, Chore]:
    """Return what looks at the servers that these settings name, by the name that log and metrics have for it."""

    async def look_at_brokers() -> None:
        if (tls := kafka_tls(settings)) is not None:
            await see_brokers(settings.kafka_bootstrap, tls)

    async def look_at_database() -> None:
        await see_database(settings.database_url.get_secret_value())

    return {"look_at_brokers": look_at_brokers, "look_at_database": look_at_database}


async def see_brokers(bootstrap: str, tls: KafkaTls) -> None:
    """Take down when the first of the certificates ends that the brokers of a cluster show.

    Those of the addresses given are seen even when none of them is believed, the others while one is. Where nobody
    answers, what was seen last stays: the alert that it led to goes on.

    Raises:
        OSError, TimeoutError: a broker does not answer, or lets nobody in; what the others show is taken down.
    """
    places = {(host, port) for host, port, _ in collect_hosts(bootstrap)}
    refused: OSError | None = None
    try:
        places |= await _advertised(bootstrap, tls)
    except KafkaError as error:
        refused = ConnectionError(f"no broker lets us in: {type(error).__name__}")
    looked = await asyncio.gather(
        *(_shown(host, port, _curious(tls.context()), asked=False) for host, port in sorted(places)),
        return_exceptions=True,
    )
    if seen := [end for end in looked if isinstance(end, float)]:
        metrics.EXPIRY.labels(BROKER).set(min(seen))
    for failed in (*looked, refused):
        if isinstance(failed, BaseException):
            raise failed


async def _advertised(bootstrap: str, tls: KafkaTls) -> set[tuple[str, int]]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **security(tls))
    try:
        await admin.start()
        return {(each["host"], each["port"]) for each in (await admin.describe_cluster())["brokers"]}
    finally:
        await admin.close()


async def see_database(url: str) -> None:
    """Take down when the certificate ends that a PostgreSQL shows; nothing where it speaks no TLS, or by a socket file.

    Raises:
        OSError, TimeoutError: it does not answer.
    """
    place = make_url(url)
    if not place.host or place.host.startswith("/"):
        return
    context = _curious(ssl.create_default_context())
    end = await _shown(place.host, place.port or _POSTGRES, context, asked=True)
    if end is not None:
        metrics.EXPIRY.labels(DATABASE).set(end)


def _curious(context: ssl.SSLContext) -> ssl.SSLContext:
    """Let a context take what it is shown: nothing is said on the connection, and an ended one is to be seen."""
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _shown(host: str, port: int, context: ssl.SSLContext, *, asked: bool) -> float | None:
    """Return the end of the certificate that a server shows, in seconds since 1970; None when it speaks no TLS."""
    async with asyncio.timeout(_DEADLINE_S):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            if asked:
                writer.write(_TLS_PLEASE)
                if await reader.readexactly(1) != _YES:
                    return None
            await writer.start_tls(context, server_hostname=host)
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            return x509.load_der_x509_certificate(shown).not_valid_after_utc.timestamp()
        except asyncio.IncompleteReadError as error:
            raise ConnectionError("the server hung up") from error
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
