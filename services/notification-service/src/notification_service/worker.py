"""The worker process: reads events and delivers webhooks. ``python -m notification_service.worker``."""

import asyncio
import os
import socket
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final

import uvloop
from forkant_contracts import Event
from forkant_kit.audit.sealer import build_sealer
from forkant_kit.audit.upkeep import audit_chores
from forkant_kit.chores import keep_house as do_chores
from forkant_kit.consumer import ConsumerConfig, EventConsumer
from forkant_kit.db import create_engine, new_id, utc_now
from forkant_kit.garbage import collect_seldom
from forkant_kit.health import database_check, worker_app
from forkant_kit.kafka_tls import kafka_tls
from forkant_kit.keyring import Keyring, read_keys
from forkant_kit.rls.check import row_security_check
from forkant_kit.settings import load
from forkant_kit.telemetry import set_up_telemetry
from forkant_kit.web import serve_beside, stop_on_signals
from sqlalchemy.ext.asyncio import AsyncEngine

from notification_service.acknowledgement_rules import acknowledgement_rules
from notification_service.channels.guard import GuardedBackend, SystemResolver
from notification_service.channels.webhook import WebhookSender
from notification_service.consumers import GROUP, TOPICS, Notifier
from notification_service.deadlines import ALARMS_EVERY_S, escalate_messages, tell_of_alarms
from notification_service.deliveries.dispatcher import Dispatcher
from notification_service.deliveries.workshop import DeliveryConfig, Workshop
from notification_service.housekeeping import Retention, keep_house
from notification_service.row_security import FREE
from notification_service.settings import NotificationWorkerSettings, ProcessSettings

SERVICE: Final = "notification-service"
_CONSUMER_CONNECTIONS: Final = 4
_BATCH: Final = 500
_CHORES_EVERY_S: Final = 600.0


def build_workshop(settings: ProcessSettings, *, engine: AsyncEngine, sender: WebhookSender) -> Workshop:
    """Return what the delivery loop works with."""
    return Workshop(
        engine=engine,
        sender=sender,
        keyring=Keyring(read_keys(settings.endpoint_secret_keys.get_secret_value())),
        now=utc_now,
        config=DeliveryConfig(
            lease_s=settings.webhook_lease_seconds,
            concurrency=settings.webhook_concurrency,
            endpoint_concurrency=settings.webhook_endpoint_concurrency,
        ),
    )


def build_consumer(
    settings: NotificationWorkerSettings, *, engine: AsyncEngine, dispatcher: Dispatcher
) -> EventConsumer:
    """Return the consumer, which wakes the delivery loop after each commit."""
    notifier = Notifier(new_id=new_id, now=utc_now)

    async def after_commit(_events: Sequence[Event]) -> None:
        dispatcher.wake(notifier.take_given_work())

    return EventConsumer(
        engine=engine,
        kafka_bootstrap=settings.kafka_bootstrap,
        kafka_tls=kafka_tls(settings),
        group=GROUP,
        topics=TOPICS,
        apply=notifier.apply,
        after_commit=after_commit,
        config=ConsumerConfig(max_records=_BATCH),
    )


async def run(settings: NotificationWorkerSettings, stop: asyncio.Event) -> None:
    """Work until ``stop`` is set, then finish what is under way."""
    url = settings.database_url.get_secret_value()
    events = create_engine(url, application_name=f"{SERVICE}-consumer", pool_size=_CONSUMER_CONNECTIONS)
    # What a crash of the database takes back of results, is delivered again under the same id, as after our own.
    lanes = create_engine(
        url, application_name=f"{SERVICE}-delivery", pool_size=settings.database_pool_size, durable=False
    )
    resolver = SystemResolver()
    sender = WebhookSender(
        network=GuardedBackend(allow_loopback=settings.webhook_allow_loopback, resolve=resolver),
        now=utc_now,
        timeout_s=settings.webhook_timeout_seconds,
    )
    shop = build_workshop(settings, engine=lanes, sender=sender)
    dispatcher = Dispatcher(shop, owner=f"{socket.gethostname()}/{os.getpid()}/{new_id()}")
    consumer = build_consumer(settings, engine=events, dispatcher=dispatcher)
    readiness = [database_check(lanes), row_security_check(lanes, free=FREE)]
    health = worker_app(readiness=readiness, alive=lambda: consumer.healthy() and dispatcher.healthy())
    retention = Retention(
        entries=timedelta(days=settings.inbox_retention_days),
        deliveries=timedelta(days=settings.delivery_retention_days),
    )
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(consumer.run(stop), name="consumer")
            group.create_task(dispatcher.run(stop), name="dispatcher")
            group.create_task(keep_house(events, retention, now=utc_now, stop=stop), name="housekeeping")
            sealer = build_sealer(settings, events)
            group.create_task(sealer.run(stop), name="sealer")
            alarms = {"tell_of_alarms": partial(tell_of_alarms, events, sealer)}
            group.create_task(do_chores(alarms, every_s=ALARMS_EVERY_S, stop=stop), name="alarms")
            chores = audit_chores(settings, events)
            chores["escalate_messages"] = partial(escalate_messages, events, acknowledgement_rules())
            group.create_task(do_chores(chores, every_s=_CHORES_EVERY_S, stop=stop), name="chores")
            group.create_task(
                serve_beside(health, host=settings.http_host, port=settings.worker_port, stop=stop), name="health"
            )
    finally:
        await sender.aclose()
        resolver.close()
        await lanes.dispose()
        await events.dispose()


async def _main(settings: NotificationWorkerSettings) -> None:
    await run(settings, stop_on_signals())


def main() -> None:
    """Work until told to stop."""
    settings = load(NotificationWorkerSettings)
    telemetry = set_up_telemetry(service=SERVICE, settings=settings)
    collect_seldom()
    try:
        uvloop.run(_main(settings))
    finally:
        telemetry.shutdown()


if __name__ == "__main__":
    main()
