"""The worker process: reads events and delivers webhooks. ``python -m notification_service.worker``."""

import asyncio
import os
import socket
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

import structlog
import uvloop
from forkant_contracts import Event
from forkant_kit.audit.sealer import build_sealer
from forkant_kit.audit.upkeep import audit_chores
from forkant_kit.chores import keep_house as do_chores
from forkant_kit.client_credentials import ClientCredentials
from forkant_kit.consumer import EventConsumer
from forkant_kit.consumer_client import ConsumerConfig
from forkant_kit.db import create_engine, new_id, utc_now
from forkant_kit.garbage import collect_seldom
from forkant_kit.health import database_check, worker_app
from forkant_kit.issuer_documents import IssuerAddress
from forkant_kit.kafka_tls import kafka_tls
from forkant_kit.keyring import Keyring, read_keys
from forkant_kit.rls.check import row_security_check
from forkant_kit.schema_check import schema_check
from forkant_kit.server_certificates import EVERY_S, looks
from forkant_kit.settings import load
from forkant_kit.telemetry import set_up_telemetry
from forkant_kit.web import serve_beside, stop_on_signals
from sqlalchemy.ext.asyncio import AsyncEngine

from notification_service.acknowledgement_rules import acknowledgement_rules
from notification_service.channels.channel import Channel
from notification_service.channels.guard import GuardedBackend, SystemResolver
from notification_service.channels.registry import build_channels
from notification_service.channels.webhook import WebhookSender
from notification_service.consumers import GROUP, TOPICS, Notifier
from notification_service.deadlines import ALARMS_EVERY_S, escalate_messages, tell_of_alarms
from notification_service.deliveries.dispatcher import Dispatcher
from notification_service.deliveries.standing import look_after_endpoints
from notification_service.deliveries.workshop import DeliveryConfig, Workshop
from notification_service.housekeeping import Retention, keep_house
from notification_service.post.desk import Desk, PostConfig
from notification_service.post.office import Office
from notification_service.post.rights import AskedRights, NobodyAnswers, Rights
from notification_service.returns.listener import return_address, take_returns
from notification_service.row_security import FREE
from notification_service.settings import CourierSettings, NotificationWorkerSettings, ProcessSettings

SERVICE: Final = "notification-service"
_CONSUMER_CONNECTIONS: Final = 4
_BATCH: Final = 500
_CHORES_EVERY_S: Final = 600.0
_log = structlog.get_logger(__name__)


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
            standing_holds=timedelta(days=settings.endpoint_standing_days),
        ),
    )


def build_rights(settings: CourierSettings) -> Rights:
    """Return who says what the people may see whom letters go to."""
    client_id, secret = settings.courier_client_id, settings.courier_client_secret
    if client_id is None or secret is None:
        if settings.letter_channels:
            _log.warning("courier_off")
        return NobodyAnswers()
    issuer = IssuerAddress(settings.oidc_issuer, settings.oidc_discovery_url)
    return AskedRights(
        settings.case_service_url,
        credentials=ClientCredentials(issuer=issuer, client_id=client_id, client_secret=secret),
        timeout_s=settings.case_service_timeout_seconds,
    )


def build_desk(
    settings: NotificationWorkerSettings, *, engine: AsyncEngine, channels: Mapping[str, Channel], rights: Rights
) -> Desk:
    """Return what letters are written and sent with; a lease outlasts asking and sending."""
    slowest = max(settings.smtp_timeout_seconds, settings.sms_timeout_seconds)
    # One person's letters are sent one after the other, a few of them in a lease.
    lease = timedelta(seconds=60 + 4 * slowest + settings.case_service_timeout_seconds)
    return Desk(
        engine=engine,
        channels=channels,
        rights=rights,
        keyring=Keyring(read_keys(settings.endpoint_secret_keys.get_secret_value())),
        now=utc_now,
        new_id=new_id,
        config=PostConfig(
            lease=lease,
            standing_holds=timedelta(days=settings.standing_days),
            soft_bounce_days=settings.soft_bounce_days,
            soft_bounce_window=timedelta(days=settings.soft_bounce_window_days),
        ),
    )


def build_consumer(
    settings: NotificationWorkerSettings, *, engine: AsyncEngine, dispatcher: Dispatcher, office: Office
) -> EventConsumer:
    """Return the consumer, which wakes the loops of deliveries and letters after each commit."""
    notifier = Notifier(new_id=new_id, now=utc_now)

    async def after_commit(_events: Sequence[Event]) -> None:
        dispatcher.wake(notifier.take_given_work())
        office.wake()

    return EventConsumer(
        engine=engine,
        kafka_bootstrap=settings.kafka_bootstrap,
        kafka_tls=kafka_tls(settings),
        group=GROUP,
        topics=TOPICS,
        apply=notifier.apply,
        learn=notifier.learn,
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
    channels = build_channels(settings, now=utc_now, resolve=resolver)
    rights = build_rights(settings)
    returns = return_address(settings)
    office = Office(build_desk(settings, engine=lanes, channels=channels, rights=rights))
    consumer = build_consumer(settings, engine=events, dispatcher=dispatcher, office=office)
    readiness = [
        database_check(lanes),
        row_security_check(lanes, free=FREE),
        schema_check(lanes, package="notification_service"),
    ]
    health = worker_app(
        readiness=readiness, alive=lambda: consumer.healthy() and dispatcher.healthy() and office.healthy()
    )
    retention = Retention(
        entries=timedelta(days=settings.inbox_retention_days),
        deliveries=timedelta(days=settings.delivery_retention_days),
        letters=timedelta(days=settings.letter_retention_days),
    )
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(consumer.run(stop), name="consumer")
            group.create_task(dispatcher.run(stop), name="dispatcher")
            group.create_task(office.run(stop), name="post")
            if returns is not None:
                group.create_task(take_returns(returns, office, stop), name="returns")
            group.create_task(keep_house(events, retention, now=utc_now, stop=stop), name="housekeeping")
            sealer = build_sealer(settings, events)
            group.create_task(sealer.run(stop), name="sealer")
            alarms = {"tell_of_alarms": partial(tell_of_alarms, events, sealer)}
            group.create_task(do_chores(alarms, every_s=ALARMS_EVERY_S, stop=stop), name="alarms")
            chores = audit_chores(settings, events)
            chores["look_after_endpoints"] = partial(look_after_endpoints, shop)
            chores["escalate_messages"] = partial(escalate_messages, events, acknowledgement_rules())
            group.create_task(do_chores(chores, every_s=_CHORES_EVERY_S, stop=stop), name="chores")
            group.create_task(do_chores(looks(settings), every_s=EVERY_S, stop=stop), name="looks")
            group.create_task(
                serve_beside(health, host=settings.http_host, port=settings.worker_port, stop=stop), name="health"
            )
    finally:
        await sender.aclose()
        await rights.aclose()
        for channel in channels.values():
            await channel.aclose()
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
