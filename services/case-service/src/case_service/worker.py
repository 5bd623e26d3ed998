"""The worker process: publishes the outbox, reads of pilots and keeps house. ``python -m case_service.worker``."""

import asyncio
import os
import socket
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

import structlog
import uvloop
from forkant_contracts import TOPICS
from forkant_kit.archive import drop_old_months, measure_archive, prepare_archive
from forkant_kit.audit.sealer import build_sealer
from forkant_kit.audit.upkeep import audit_chores
from forkant_kit.chores import Chore, keep_house
from forkant_kit.consumer import EventConsumer
from forkant_kit.db import create_engine, new_id, transaction, utc_now
from forkant_kit.garbage import collect_seldom
from forkant_kit.health import database_check, worker_app
from forkant_kit.idempotency import remove_old_keys
from forkant_kit.kafka_tls import kafka_tls
from forkant_kit.relay import Relay
from forkant_kit.rls.check import row_security_check
from forkant_kit.schema_check import schema_check
from forkant_kit.server_certificates import EVERY_S, looks
from forkant_kit.settings import load
from forkant_kit.telemetry import set_up_telemetry
from forkant_kit.watermark import WatermarkPublisher
from forkant_kit.web import serve_beside, stop_on_signals
from sqlalchemy.ext.asyncio import AsyncEngine

from case_service import consumers
from case_service.alarms_worker import EVERY_S as ALARMS_EVERY_S
from case_service.alarms_worker import tell_of_alarms
from case_service.attachment_settings import LATE_AFTER
from case_service.commands import deadlines, escalations, reminders, retention
from case_service.domain.moments import local_day
from case_service.domain.processes import Procedures
from case_service.domain.retention import Rules
from case_service.erasing_worker import erase_batches, request_expired
from case_service.object_settings import bucket_checks, bucket_of
from case_service.objects_worker import delete_objects, sweep_objects
from case_service.reminder_rules import reminder_rules
from case_service.reminding_worker import remind_of_tasks
from case_service.reorganising_worker import reorganise
from case_service.retention_rules import rules_in_force
from case_service.row_security import FREE
from case_service.settings import SERVICE, CaseWorkerSettings
from case_service.store import attachments, searches
from case_service.store.bucket import Bucket
from case_service.work_processes import procedures

SEARCHES_AT_A_TIME: Final = 500
"""How many saved searches one transaction lets go of."""

_log = structlog.get_logger(__name__)


async def remove_keys(engine: AsyncEngine) -> None:
    """Remove the idempotency keys that nobody may repeat any more."""
    _log.info("idempotency_keys_removed", count=await remove_old_keys(engine))


async def remind_of_reviews(engine: AsyncEngine, *, now: Callable[[], datetime] = utc_now) -> None:
    """Remind of reviews of broken glass that are past due, until none is left."""
    count, more = 0, True
    while more:
        async with transaction(engine) as conn:
            reminded = await reminders.remind(conn, now=now(), new_id=new_id)
        count, more = count + reminded, reminded >= reminders.AT_A_TIME
    _log.info("reviews_reminded_of", count=count)


async def tell_of_deadlines(engine: AsyncEngine, *, now: Callable[[], datetime] = utc_now) -> None:
    """Warn of information that is not clarified, and tell of what is restricted for that, until nothing is left."""
    count, more = 0, True
    while more:
        async with transaction(engine) as conn:
            told = await deadlines.tell_of_deadlines(conn, now=now(), new_id=new_id)
        count, more = count + told, told >= deadlines.AT_A_TIME
    _log.info("deadlines_told_of", count=count)


async def recalculate_retention(engine: AsyncEngine, *, rules: Rules | None = None) -> None:
    """Work out anew until when cases are kept that earlier rules were asked about, until none is left."""
    count, found = 0, retention.AT_A_TIME
    while found:
        async with transaction(engine) as conn:
            found = await retention.recalculate(conn, rules or rules_in_force())
        count += found
    _log.info("retention_recalculated", count=count)


async def escalate_tasks(engine: AsyncEngine, procedures: Procedures, *, now: Callable[[], datetime] = utc_now) -> None:
    """Put cases from before the work process on it, then escalate late tasks, until nothing is left to do."""
    for chore in (escalations.take_up, escalations.escalate):
        count, more = 0, True
        while more:
            turn = escalations.Round(procedures=procedures, now=now(), new_id=new_id)
            async with transaction(engine) as conn:
                done = await chore(conn, turn)
            count, more = count + done, done >= escalations.AT_A_TIME
        _log.info("tasks_looked_after", chore=chore.__name__, count=count)


async def let_go_of_late_contents(engine: AsyncEngine, *, now: Callable[[], datetime] = utc_now) -> None:
    """Let contents of attachments go that nobody uploads any more, since their API was killed or lost its database."""
    async with transaction(engine) as conn:
        count = await attachments.let_go_of_late(conn, before=now() - LATE_AFTER)
    _log.info("late_contents_let_go", count=count)


async def let_go_of_searches(engine: AsyncEngine, *, now: Callable[[], datetime] = utc_now) -> None:
    """Remove saved searches whose last day is past, until none is left."""
    count, gone = 0, SEARCHES_AT_A_TIME
    while gone >= SEARCHES_AT_A_TIME:
        async with transaction(engine) as conn:
            gone = await searches.let_go(conn, day=local_day(now()), limit=SEARCHES_AT_A_TIME)
        count += gone
    _log.info("searches_let_go", count=count)


def chores(settings: CaseWorkerSettings, engine: AsyncEngine, bucket: Bucket | None = None) -> dict[str, Chore]:
    """Return what is done now and then; old months of the archive go only where the settings say so."""
    keep_months = settings.archive_keep_months
    dropping = (
        {} if keep_months is None else {"drop_old_months": partial(drop_old_months, engine, keep_months=keep_months)}
    )
    requesting = (
        {"request_expired": partial(request_expired, engine, most=settings.erase_expired_most)}
        if settings.erase_expired
        else {}
    )
    sweeping = {} if bucket is None else {"sweep_objects": partial(sweep_objects, engine, bucket)}
    return {
        "prepare_archive": partial(prepare_archive, engine),
        **dropping,
        "measure_archive": partial(measure_archive, engine),
        **audit_chores(settings, engine),
        "remove_keys": partial(remove_keys, engine),
        "remind_of_reviews": partial(remind_of_reviews, engine),
        "tell_of_deadlines": partial(tell_of_deadlines, engine),
        "recalculate_retention": partial(recalculate_retention, engine),
        **requesting,
        "remind_of_tasks": partial(remind_of_tasks, engine, procedures(), reminder_rules()),
        "escalate_tasks": partial(escalate_tasks, engine, procedures()),
        "let_go_of_late_contents": partial(let_go_of_late_contents, engine),
        **sweeping,
        "let_go_of_searches": partial(let_go_of_searches, engine),
    }


async def run(settings: CaseWorkerSettings, stop: asyncio.Event) -> None:
    """Work until ``stop`` is set."""
    database_url = settings.database_url.get_secret_value()
    engine = create_engine(database_url, application_name=f"{SERVICE}-worker", pool_size=settings.database_pool_size)
    topics = [topic for topic in TOPICS.values() if topic.producer == SERVICE]
    relay = Relay(
        engine=engine,
        database_url=database_url,
        kafka_bootstrap=settings.kafka_bootstrap,
        kafka_tls=kafka_tls(settings),
        owner=f"{SERVICE}/{socket.gethostname()}/{os.getpid()}/{new_id()}",
        topics=topics,
    )
    watermark = WatermarkPublisher(
        engine=engine,
        kafka_bootstrap=settings.kafka_bootstrap,
        kafka_tls=kafka_tls(settings),
        service=SERVICE,
        topics=topics,
    )
    consumer = EventConsumer(
        engine=engine,
        kafka_bootstrap=settings.kafka_bootstrap,
        kafka_tls=kafka_tls(settings),
        group=consumers.GROUP,
        topics=consumers.TOPICS,
        apply=consumers.apply,
    )
    bucket = bucket_of(settings)
    checks = [
        database_check(engine),
        row_security_check(engine, free=FREE),
        schema_check(engine, package="case_service"),
        *bucket_checks(bucket),
    ]
    health = worker_app(readiness=checks, alive=lambda: relay.healthy() and consumer.healthy())
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(relay.run(stop), name="relay")
            group.create_task(consumer.run(stop), name="consumer")
            sealer = build_sealer(settings, engine)
            group.create_task(sealer.run(stop), name="sealer")
            alarms = {"tell_of_alarms": partial(tell_of_alarms, engine, sealer)}
            group.create_task(keep_house(alarms, every_s=ALARMS_EVERY_S, stop=stop), name="alarms")
            group.create_task(keep_house(looks(settings), every_s=EVERY_S, stop=stop), name="looks")
            group.create_task(watermark.run(stop), name="watermark")
            group.create_task(
                keep_house(chores(settings, engine, bucket), every_s=settings.upkeep_every_s, stop=stop), name="chores"
            )
            group.create_task(
                keep_house(
                    {"erase_batches": partial(erase_batches, engine)}, every_s=settings.erasures_every_s, stop=stop
                ),
                name="erasures",
            )
            group.create_task(
                keep_house(
                    {"delete_objects": partial(delete_objects, engine, bucket)},
                    every_s=settings.object_deletions_every_s,
                    stop=stop,
                ),
                name="object-deletions",
            )
            group.create_task(
                keep_house(
                    {"reorganise": partial(reorganise, engine, procedures())},
                    every_s=settings.reorganisations_every_s,
                    stop=stop,
                ),
                name="reorganisations",
            )
            group.create_task(
                serve_beside(health, host=settings.http_host, port=settings.worker_port, stop=stop), name="health"
            )
    finally:
        await engine.dispose()


async def _main(settings: CaseWorkerSettings) -> None:
    await run(settings, stop_on_signals())


def main() -> None:
    """Work until told to stop."""
    settings = load(CaseWorkerSettings)
    telemetry = set_up_telemetry(service=SERVICE, settings=settings)
    collect_seldom()
    uvloop.run(_main(settings))
    telemetry.shutdown()


if __name__ == "__main__":
    main()
