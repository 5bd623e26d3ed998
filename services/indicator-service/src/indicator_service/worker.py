"""The worker: projects events, judges figures and plans, and publishes. ``python -m indicator_service.worker``."""

import asyncio
import os
import socket
from contextlib import suppress
from functools import partial
from typing import Final

import structlog
import uvloop
from forkant_contracts import TOPICS
from forkant_kit.archive import measure_archive, prepare_archive
from forkant_kit.audit.sealer import build_sealer
from forkant_kit.audit.upkeep import audit_chores
from forkant_kit.chores import Chore, keep_house
from forkant_kit.client_credentials import ClientCredentials
from forkant_kit.db import create_engine, new_id, transaction, utc_now
from forkant_kit.garbage import collect_seldom
from forkant_kit.health import database_check, worker_app
from forkant_kit.idempotency import remove_old_keys
from forkant_kit.issuer_documents import IssuerAddress
from forkant_kit.kafka_tls import kafka_tls
from forkant_kit.relay import Relay, RelayConfig
from forkant_kit.rls.check import row_security_check
from forkant_kit.schema_check import schema_check
from forkant_kit.server_certificates import EVERY_S, looks
from forkant_kit.settings import load
from forkant_kit.telemetry import set_up_telemetry
from forkant_kit.watermark import WatermarkPublisher
from forkant_kit.web import serve_beside, stop_on_signals
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from indicator_service.alarms import EVERY_S as ALARMS_EVERY_S
from indicator_service.alarms import tell_of_alarms
from indicator_service.definitions import load_catalogue
from indicator_service.projection import Projection
from indicator_service.row_security import FREE
from indicator_service.self_audit.asking import RecountClient
from indicator_service.self_audit.rounds import Audit, keep_auditing
from indicator_service.settings import SERVICE, IndicatorWorkerSettings
from indicator_service.settling import Settler, keep_settling
from indicator_service.steering.plan_watching import PlanJudge, keep_looking
from indicator_service.steering.watching import Judge, keep_judging
from indicator_service.store import prune_changes
from indicator_service.upgrade import count_what_is_new

_UPKEEP_EVERY_S: Final = 600.0
_KEEP_CHANGES_HOURS: Final = 24
_RETRY_S: Final = 1.0

_log = structlog.get_logger(__name__)


def chores(settings: IndicatorWorkerSettings, engine: AsyncEngine) -> dict[str, Chore]:
    """Return what is done now and then."""
    return {
        "prune_changes": partial(_prune, engine),
        "prepare_archive": partial(prepare_archive, engine),
        "measure_archive": partial(measure_archive, engine),
        "remove_old_keys": partial(remove_old_keys, engine),
        **audit_chores(settings, engine),
    }


async def run(settings: IndicatorWorkerSettings) -> None:
    """Project events, judge the figures and publish what crossed, until told to stop."""
    stop = stop_on_signals()
    engine = create_engine(settings.database_url.get_secret_value(), application_name="indicator-worker", pool_size=10)
    projection = Projection(engine=engine, kafka_bootstrap=settings.kafka_bootstrap, kafka_tls=kafka_tls(settings))
    relay, watermark = _publishers(settings, engine)
    judge = Judge(engine=engine, catalogue=load_catalogue(), now=utc_now, new_id=new_id)
    settler = Settler(engine=engine, catalogue=judge.catalogue, now=utc_now)
    plan_judge = PlanJudge(engine=engine, now=utc_now, new_id=new_id)
    readiness = [
        database_check(engine),
        row_security_check(engine, free=FREE),
        schema_check(engine, package="indicator_service"),
    ]
    counted = asyncio.Event()
    health = worker_app(
        readiness=readiness, alive=lambda: relay.healthy() and (not counted.is_set() or projection.healthy())
    )
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_project(engine, projection, counted=counted, stop=stop), name="projection")
            tasks.create_task(keep_judging(judge, stop), name="judge")
            tasks.create_task(keep_settling(settler, stop), name="settle")
            tasks.create_task(keep_looking(plan_judge, stop), name="plans")
            tasks.create_task(_audit_itself(settings, engine, stop), name="self-audit")
            tasks.create_task(relay.run(stop), name="relay")
            tasks.create_task(watermark.run(stop), name="watermark")
            sealer = build_sealer(settings, engine)
            tasks.create_task(sealer.run(stop), name="sealer")
            alarms = {"tell_of_alarms": partial(tell_of_alarms, engine, sealer)}
            tasks.create_task(keep_house(alarms, every_s=ALARMS_EVERY_S, stop=stop), name="alarms")
            tasks.create_task(keep_house(chores(settings, engine), every_s=_UPKEEP_EVERY_S, stop=stop), name="chores")
            tasks.create_task(keep_house(looks(settings), every_s=EVERY_S, stop=stop), name="looks")
            tasks.create_task(
                serve_beside(health, host=settings.http_host, port=settings.worker_port, stop=stop), name="health"
            )
    finally:
        await engine.dispose()


def _publishers(settings: IndicatorWorkerSettings, engine: AsyncEngine) -> tuple[Relay, WatermarkPublisher]:
    topics = [topic for topic in TOPICS.values() if topic.producer == SERVICE]
    relay = Relay(
        engine=engine,
        database_url=settings.database_url.get_secret_value(),
        kafka_bootstrap=settings.kafka_bootstrap,
        kafka_tls=kafka_tls(settings),
        owner=f"{SERVICE}/{socket.gethostname()}/{os.getpid()}/{new_id()}",
        topics=topics,
        # Crossings are few: one lane keeps their order and takes one connection.
        config=RelayConfig(lanes=1),
    )
    watermark = WatermarkPublisher(
        engine=engine,
        kafka_bootstrap=settings.kafka_bootstrap,
        kafka_tls=kafka_tls(settings),
        service=SERVICE,
        topics=topics,
    )
    return relay, watermark


async def _audit_itself(settings: IndicatorWorkerSettings, engine: AsyncEngine, stop: asyncio.Event) -> None:
    """Hold the figures against the case service, where it was said as whom."""
    client_id, secret = settings.self_audit_client_id, settings.self_audit_client_secret
    if client_id is None or secret is None:
        _log.warning("self_audit_off")
        return
    issuer = IssuerAddress(settings.oidc_issuer, settings.oidc_discovery_url)
    client = RecountClient(
        settings.case_service_url,
        credentials=ClientCredentials(issuer=issuer, client_id=client_id, client_secret=secret),
        timeout_s=settings.case_service_timeout_seconds,
    )
    audit = Audit(
        engine=engine,
        client=client,
        owner=f"{socket.gethostname()}/{os.getpid()}/{new_id()}",
        page=settings.self_audit_page_size,
        every_s=settings.self_audit_every_seconds,
        round_s=settings.self_audit_round_seconds,
    )
    try:
        await keep_auditing(audit, stop)
    finally:
        await client.aclose()


async def _project(engine: AsyncEngine, projection: Projection, *, counted: asyncio.Event, stop: asyncio.Event) -> None:
    """Count what this release counts of the facts of before, then go on with the events."""
    # Beside the health port: it may take minutes, and a probe that fails would end it over and over.
    counting = asyncio.create_task(_count_patiently(engine), name="count what is new")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait({counting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        counting.cancel()
        stopping.cancel()
    with suppress(asyncio.CancelledError):
        await counting
    counted.set()
    await projection.run(stop)


async def _count_patiently(engine: AsyncEngine) -> None:
    while True:
        try:
            await count_what_is_new(engine)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _log.warning("counting_new_metrics_failed", error=type(error).__name__)
            await asyncio.sleep(_RETRY_S)
        else:
            return


async def _prune(engine: AsyncEngine) -> None:
    """Remove changes that no stream will resume from."""
    async with transaction(engine) as conn:
        await prune_changes(conn, hours=_KEEP_CHANGES_HOURS)


def main() -> None:
    """Run the worker with its telemetry."""
    collect_seldom()
    settings = load(IndicatorWorkerSettings)
    telemetry = set_up_telemetry(service=SERVICE, settings=settings)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(settings))
    finally:
        telemetry.shutdown()


if __name__ == "__main__":
    main()
