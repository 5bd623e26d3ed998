"""How processes reach Kafka: over TLS with a certificate of their own, or in clear while developing.

Certificates are renewed while a process runs. A client lives for weeks, and makes a connection whenever a broker was
restarted: so it is the connection, not the client, that reads the files.
"""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import structlog
from pydantic import DirectoryPath, FilePath

from forkant_kit.authorities import authorities_in
from forkant_kit.settings import Environment, ServiceSettings, rule

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaTls:
    """Whom to believe that they are the broker, and who to be.

    ``ca_file`` may be a folder: then each authority is believed that a file `*.crt` in it holds, as where an operator
    keeps the old one beside the new one while brokers change over.
    """

    ca_file: Path
    certificate_file: Path | None = None
    key_file: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return what the files say now: brokers must be of that authority alone, and bear the name they are called by.

        Raises:
            OSError: a file can't be read.
            ssl.SSLError: a file holds no certificate or no key, or the two don't belong together.
        """
        first, *others = authorities_in(self.ca_file)
        context = ssl.create_default_context(cafile=str(first))
        for each in others:
            context.load_verify_locations(cafile=str(each))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate_file is not None:
            context.load_cert_chain(self.certificate_file, self.key_file)
        return context


class RenewedContext(ssl.SSLContext):
    """Has each connection go by what the files say when it is made; by what they said before while they can't be used.

    Certificate and key are two files: whoever replaces them one after the other leaves them apart for a moment.
    """

    def __new__(cls, _tls: KafkaTls) -> Self:
        """Make a context that by itself believes nobody."""
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self, tls: KafkaTls) -> None:
        """Read the files.

        Raises:
            OSError, ssl.SSLError: see :meth:`KafkaTls.context`.
        """
        self._tls = tls
        self._last_good = tls.context()

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        """Return what encrypts a connection of asyncio's, and of uvloop's, which make theirs so."""
        try:
            self._last_good = self._tls.context()
        except OSError as error:  # SSLError is one
            _log.warning("kafka_certificates_not_read", error=type(error).__name__)
        return self._last_good.wrap_bio(*args, **options)


class KafkaSettings(ServiceSettings):
    """What whoever speaks to Kafka needs to know besides its address: the workers, since no API does."""

    kafka_ca_file: FilePath | DirectoryPath | None = None
    """File with the authority of the brokers' certificates, in PEM, or folder whose files `*.crt` are all believed.

    With it TLS is on, as it must be in production.
    """
    kafka_certificate_file: FilePath | None = None
    """File with the certificate that tells the brokers who the process is, in PEM."""
    kafka_key_file: FilePath | None = None
    """File with the key of that certificate, in PEM and without a password."""

    @rule
    def _kafka_files_belong_together(self) -> Iterator[str]:
        if (self.kafka_certificate_file is None) != (self.kafka_key_file is None):
            yield "kafka_certificate_file and kafka_key_file must be set together"
        if self.kafka_certificate_file is not None and self.kafka_ca_file is None:
            yield "kafka_ca_file must be set with kafka_certificate_file"
        if self.env is Environment.PRODUCTION and self.kafka_ca_file is None:
            yield "kafka_ca_file must be set in production"

    @rule
    def _kafka_files_can_be_used(self) -> Iterator[str]:
        tls = kafka_tls(self)
        if tls is not None and (tls.certificate_file is None) == (tls.key_file is None):
            try:
                tls.context()
            except OSError as error:  # SSLError is one
                yield f"the files of Kafka's certificates can't be used: {type(error).__name__}"


def kafka_tls(settings: KafkaSettings) -> KafkaTls | None:
    """Return how to reach Kafka as the settings say, None for in clear."""
    if settings.kafka_ca_file is None:
        return None
    return KafkaTls(
        ca_file=settings.kafka_ca_file,
        certificate_file=settings.kafka_certificate_file,
        key_file=settings.kafka_key_file,
    )


def security(tls: KafkaTls | None) -> dict[str, Any]:
    """Return what a client of Kafka is made with, whose every connection finds a renewed certificate.

    Raises:
        OSError, ssl.SSLError: see :meth:`KafkaTls.context`.
    """
    return {} if tls is None else {"security_protocol": "SSL", "ssl_context": RenewedContext(tls)}
