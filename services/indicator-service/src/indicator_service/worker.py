"""The projector process: ``python -m indicator_service.worker``."""

import asyncio
from functools import partial
from typing import Final

import uvloop
from forkant_kit.audit.heads import HeadKey, file_sink, log_sink, read_seed
from forkant_kit.audit.sealer import Sealer
from forkant_kit.audit.upkeep import drop_old_audit, prepare_audit
from forkant_kit.chores import Chore, keep_house
from forkant_kit.consumer import EventConsumer
from forkant_kit.db import create_engine, transaction
from forkant_kit.garbage import collect_seldom
from forkant_kit.health import database_check, worker_app
from forkant_kit.rls.check import row_security_check
from forkant_kit.settings import load
from forkant_kit.telemetry import set_up_telemetry
from forkant_kit.web import serve_beside, stop_on_signals
from sqlalchemy.ext.asyncio import AsyncEngine

from indicator_service.projector import GROUP, TOPICS, apply
from indicator_service.row_security import FREE
from indicator_service.settings import SERVICE, IndicatorWorkerSettings
from indicator_service.store import prune_changes

_UPKEEP_EVERY_S: Final = 600.0
_KEEP_CHANGES_HOURS: Final = 24


def chores(settings: IndicatorWorkerSettings, engine: AsyncEngine) -> dict[str, Chore]:
    """Return what is done now and then."""
    return {
        "prune_changes": partial(_prune, engine),
        "prepare_audit": partial(prepare_audit, engine),
        "drop_old_audit": partial(drop_old_audit, engine, keep_months=settings.audit_keep_months),
    }


def sealer(settings: IndicatorWorkerSettings, engine: AsyncEngine) -> Sealer:
    """Return what seals the audit trail; its heads go to the file, when one is set, and to the log."""
    path = settings.audit_head_file
    return Sealer(
        engine=engine,
        key=HeadKey(read_seed(settings.audit_signing_key.get_secret_value())),
        sinks=[log_sink] if path is None else [file_sink(path), log_sink],
        every_s=settings.audit_seal_every_s,
        publish_every_s=settings.audit_publish_every_s,
    )


async def run(settings: IndicatorWorkerSettings) -> None:
    """Project events until told to stop."""
    stop = stop_on_signals()
    engine = create_engine(settings.database_url.get_secret_value(), application_name="indicator-worker", pool_size=4)
    consumer = EventConsumer(
        engine=engine, kafka_bootstrap=settings.kafka_bootstrap, group=GROUP, topics=TOPICS, apply=apply
    )
    readiness = [database_check(engine), row_security_check(engine, free=FREE)]
    health = worker_app(readiness=readiness, alive=consumer.healthy)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(consumer.run(stop), name="consumer")
            tasks.create_task(sealer(settings, engine).run(stop), name="sealer")
            tasks.create_task(keep_house(chores(settings, engine), every_s=_UPKEEP_EVERY_S, stop=stop), name="chores")
            tasks.create_task(
                serve_beside(health, host=settings.http_host, port=settings.worker_port, stop=stop), name="health"
            )
    finally:
        await engine.dispose()


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
