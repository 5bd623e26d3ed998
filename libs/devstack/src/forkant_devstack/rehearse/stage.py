"""The platform of a rehearsal: three services, each with a PostgreSQL server of its own, Kafka, people, a receiver."""

import asyncio
import base64
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from forkant_kit.audit.heads import HeadKey, read_seed
from forkant_kit.audit.settings import DEV_SIGNING_KEY

from forkant_devstack.issuer.pytest_fixture import running_issuer
from forkant_devstack.process import DevstackError
from forkant_devstack.rehearse.broker import Broker, start_broker
from forkant_devstack.rehearse.database import Backed, start_backed
from forkant_devstack.rehearse.receiver import Receiver, listening
from forkant_devstack.rehearse.work import UNITS, Work
from forkant_devstack.stack.audit_trails import AuditTrail
from forkant_devstack.testing.platform import SERVICES, Platform, running_platform
from forkant_devstack.testing.session_folder import session_folder
from forkant_devstack.verify.platform import Platform as Verified
from forkant_devstack.verify.report import Report
from forkant_devstack.verify.run import verify

_CATCH_UP_S: Final = 90.0


@dataclass(kw_only=True)
class Stage:
    """What a disaster is played on."""

    folder: Path
    platform: Platform
    servers: Mapping[str, Backed]
    broker: Broker
    work: Work
    receiver: Receiver
    restore_seed: bytes = field(default_factory=lambda: os.urandom(32), repr=False)
    """The key of whoever answers for the audit trails, which no process of the platform has."""

    def heads(self, service: str) -> Path:
        """Where the heads of a service's trail are published."""
        return self.folder / f"{service}.heads.jsonl"

    @property
    def restore_key(self) -> str:
        """The key as the command that signs for a restore reads it."""
        return base64.b64encode(self.restore_seed).decode()

    async def stop(self, service: str) -> None:
        """Stop both processes of a service, as far as they run."""
        for name in (f"{service}-api", f"{service}-worker"):
            if name in self.platform.children:
                await self.platform.stop(name)

    async def start(self, service: str) -> None:
        """Start both processes of a service, and wait until they are ready."""
        for name in (f"{service}-worker", f"{service}-api"):
            if name not in self.platform.children:
                await self.platform.start(name)

    async def verified(self, *, settle_s: float = _CATCH_UP_S / 3) -> Report:
        """Run all checks of `forkant verify`."""
        return await verify(self._as_verified(), catch_up_s=_CATCH_UP_S, settle_s=settle_s)

    async def must_verify(self, when: str) -> Report:
        """Run all checks.

        Raises:
            DevstackError: one of them is not green.
        """
        report = await self.verified()
        if not report.ok:
            raise DevstackError(f"{when}: a guarantee does not hold", hint="\n".join(findings(report)))
        return report

    def trail(self, service: str) -> AuditTrail:
        """Return a service's audit trail, with the public keys that its heads and restores are signed by."""
        signing, restoring = HeadKey(read_seed(DEV_SIGNING_KEY)), HeadKey(self.restore_seed)
        return AuditTrail(
            service=service,
            database_url=self.platform.nodes[service].database.worker_url,
            heads=self.heads(service),
            keys={signing.id: signing.public, f"restore:{restoring.id}": restoring.public},
        )

    async def caught_up(self) -> None:
        """Wait until everything is published and read."""
        from forkant_devstack.verify.stream import check_caught_up

        check = await check_caught_up(self._as_verified(), deadline_s=_CATCH_UP_S)
        if not check.ok:
            raise DevstackError("the stream did not catch up", hint="\n".join(map(str, check.differences)))

    def _as_verified(self) -> Verified:
        urls = {service: node.database.worker_url for service, node in self.platform.nodes.items()}
        return Verified(
            case_database=urls["case"],
            indicator_database=urls["indicator"],
            notification_database=urls["notification"],
            kafka_bootstrap=self.platform.kafka.bootstrap,
            indicator_url=self.platform.nodes["indicator"].url,
            issuer_url=self.platform.issuer.url,
            trails=tuple(self.trail(service) for service in SERVICES),
        )


def findings(report: Report) -> list[str]:
    """Tell what is not green, a line each."""
    return [
        f"{check.guarantee}: {check.name}: {check.differing} differ, as {check.differences[0]}"
        for check in report.checks
        if not check.ok and check.differences
    ]


@asynccontextmanager
async def set_stage(*, durable: bool = True) -> AsyncIterator[Stage]:
    """Start everything on free ports in a temporary folder, and remove it at the end.

    Raises:
        DevstackError: this machine lacks something that Kafka or PostgreSQL needs.
    """
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(session_folder())
        servers: dict[str, Backed] = {}
        for service in SERVICES:
            servers[service] = await start_backed(folder, service, durable=durable)
            stack.push_async_callback(servers[service].server.controls.remove)
        broker = await start_broker(folder)
        stack.push_async_callback(broker.controls.remove)
        issuer = stack.enter_context(running_issuer())
        receiver = await stack.enter_async_context(listening())
        platform = await stack.enter_async_context(
            running_platform(
                folder=folder,
                postgres={service: each.server for service, each in servers.items()},
                kafka=broker.server,
                issuer=issuer,
                service_env={service: _seals(folder / f"{service}.heads.jsonl") for service in SERVICES},
            )
        )
        stage = Stage(
            folder=folder,
            platform=platform,
            servers=servers,
            broker=broker,
            work=Work(platform),
            receiver=receiver,
        )
        await _subscribe(stage)
        yield stage


def _seals(heads: Path) -> dict[str, str]:
    return {"FORKANT_AUDIT_HEAD_FILE": str(heads), "FORKANT_AUDIT_PUBLISH_EVERY_S": "0.5"}


async def _subscribe(stage: Stage) -> None:
    for unit in UNITS:
        body: dict[str, Any] = {"url": stage.receiver.url}
        made = await stage.platform.call("notification", "POST", "/v1/endpoints", persona=f"lead-{unit}", body=body)
        if made.is_error:
            raise DevstackError(f"no endpoint was made: {made.status_code} {made.text}")


class Clock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        """Begin."""
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """How many have passed."""
        return time.monotonic() - self._began


async def until_quiet(receiver: Receiver, *, for_s: float = 1.0) -> None:
    """Wait until nothing has come for a while."""
    before = -1
    while before != receiver.ids.total():
        before = receiver.ids.total()
        await asyncio.sleep(for_s)
