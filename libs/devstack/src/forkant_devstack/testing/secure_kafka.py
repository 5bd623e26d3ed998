"""Apache Kafka over TLS that lets nobody in without a certificate, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from forkant_kit.kafka_tls import KafkaTls, security

from forkant_devstack.native import kafka
from forkant_devstack.native.ports import LOOPBACK, free_ports
from forkant_devstack.process import ProcessSpec
from forkant_devstack.testing.authority import LIFETIME, Authority
from forkant_devstack.testing.controls import native_controls


class SecureKafka:
    """One broker with one TLS listener that asks for a certificate, and what its clients need."""

    def __init__(self, folder: Path) -> None:
        """Make its files, and those of a client.

        Raises:
            KafkaUnavailableError: no Apache Kafka can be started here.
        """
        self.folder = folder
        self.authority = Authority(folder, "authority")
        certificate, key = self.authority.issue("case-service")
        self.tls = KafkaTls(ca_file=self.authority.file, certificate_file=certificate, key_file=key)
        """As whom it is waited for until the broker answers."""
        self.port, controller = free_ports(2)
        self.bootstrap = f"{LOOPBACK}:{self.port}"
        self._trusted = folder / "trusted.pem"
        self.show(self.authority, trusted=self.authority)
        self.controls = native_controls(self._spec(controller), log=folder / "kafka.log")

    def show(
        self,
        authority: Authority,
        *,
        trusted: Authority,
        also: Authority | None = None,
        lifetime: timedelta = LIFETIME,
    ) -> None:
        """Let the broker show a certificate of an authority, and believe clients of one or two, from its next start on.

        Its own must be among these, since brokers are clients of each other.
        """
        certificate, key = authority.issue("broker", LOOPBACK, lifetime=lifetime)
        (self.folder / "broker.pem").write_bytes(key.read_bytes() + certificate.read_bytes())
        believed = [trusted] if also is None else [trusted, also]
        self._trusted.write_bytes(b"".join(each.file.read_bytes() for each in believed))

    async def answers(self) -> bool:
        """Say whether the broker lets its client in."""
        try:
            async with self.admin(self.tls):
                return True
        except (KafkaError, OSError):
            return False

    @asynccontextmanager
    async def admin(self, tls: KafkaTls | None, *, host: str = LOOPBACK) -> AsyncIterator[AIOKafkaAdminClient]:
        """Give a client that is let in.

        Raises:
            KafkaError: it is not.
        """
        client = AIOKafkaAdminClient(bootstrap_servers=f"{host}:{self.port}", request_timeout_ms=3_000, **security(tls))
        try:
            await client.start()
            yield client
        finally:
            await client.close()

    def _spec(self, controller: int) -> ProcessSpec:
        prepared = kafka.prepare_in(self.folder, progress=lambda _: None)
        spec = kafka.kafka_spec(prepared, port=self.port, controller_port=controller)
        listeners = f"SSL://{LOOPBACK}:{self.port},CONTROLLER://{LOOPBACK}:{controller}"
        own = {
            "listeners": listeners,
            "advertised.listeners": listeners,
            "inter.broker.listener.name": "SSL",
            "listener.security.protocol.map": "SSL:SSL,CONTROLLER:PLAINTEXT",
            "ssl.client.auth": "required",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.folder / "broker.pem",
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self._trusted,
        }
        with (prepared.home / "server.properties").open("a", encoding="ascii") as file:
            file.writelines(f"{name}={value}\n" for name, value in own.items())
        return replace(spec, ready=self.answers)
