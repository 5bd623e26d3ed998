"""How processes reach Kafka: over TLS with a certificate of their own, or in clear while developing."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import FilePath

from forkant_kit.settings import Environment, ServiceSettings, rule


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaTls:
    """Whom to believe that they are the broker, and who to be."""

    ca_file: Path
    certificate_file: Path | None = None
    key_file: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return what the files say now: brokers must be of that authority alone, and bear the name they are called by.

        Raises:
            OSError: a file can't be read.
            ssl.SSLError: a file holds no certificate or no key, or the two don't belong together.
        """
        context = ssl.create_default_context(cafile=str(self.ca_file))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate_file is not None:
            context.load_cert_chain(self.certificate_file, self.key_file)
        return context


class KafkaSettings(ServiceSettings):
    """What whoever speaks to Kafka needs to know besides its address: the workers, since no API does."""

    kafka_ca_file: FilePath | None = None
    """File with the authority of the brokers' certificates, in PEM; with it TLS is on, as it must be in production."""
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
    """Return what a client of Kafka is made with; read anew for each, so that a renewed certificate is found."""
    return {} if tls is None else {"security_protocol": "SSL", "ssl_context": tls.context()}
