"""The channels that the settings choose, each built from its own part of them."""

import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

import httpcore
from httpcore import AsyncNetworkBackend

from notification_service.channels.channel import Channel
from notification_service.channels.guard import GuardedBackend, Resolve
from notification_service.channels.mail import Sender
from notification_service.channels.observed import Observed
from notification_service.channels.sms import SmsChannel, SmsGateway
from notification_service.channels.smtp import SmtpChannel, SmtpRelay
from notification_service.channels.webhook import WebhookSender
from notification_service.settings import NotificationWorkerSettings

_DEV_SENDER: Final = "forkant@localhost.localdomain"
Build = Callable[[NotificationWorkerSettings, Callable[[], datetime], Resolve], Channel]


def build_channels(
    settings: NotificationWorkerSettings, *, now: Callable[[], datetime], resolve: Resolve
) -> Mapping[str, Channel]:
    """Return the chosen channels by name; nothing is connected before the first letter.

    Raises:
        OSError: a file of certificates can't be read.
    """
    chosen = {name: build(settings, now, resolve) for name, build in BUILDERS.items() if settings.tells_by(name)}
    return MappingProxyType({name: Observed(channel) for name, channel in chosen.items()})


def _email(settings: NotificationWorkerSettings, now: Callable[[], datetime], _resolve: Resolve) -> Channel:
    address = settings.smtp_sender or _DEV_SENDER
    password = settings.smtp_password
    relay = SmtpRelay(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        tls=_trusting(None if settings.smtp_ca_file is None else str(settings.smtp_ca_file)),
        client_name=address.rpartition("@")[2],
        username=settings.smtp_username,
        password=None if password is None else password.get_secret_value(),
        timeout_s=settings.smtp_timeout_seconds,
        connections=settings.smtp_connections,
    )
    sender = Sender(
        address=address,
        return_path=settings.smtp_return_path,
        site=settings.letter_site_url,
        preferences=settings.preferences_page,
    )
    return SmtpChannel(relay=relay, sender=sender, now=now)


def _sms(settings: NotificationWorkerSettings, now: Callable[[], datetime], resolve: Resolve) -> Channel:
    network: AsyncNetworkBackend = (
        httpcore.AnyIOBackend()
        if settings.sms_gateway_is_internal
        else GuardedBackend(allow_loopback=settings.webhook_allow_loopback, resolve=resolve)
    )
    token = settings.sms_gateway_token
    gateway = SmsGateway(
        url=settings.sms_gateway_url or "",
        token="" if token is None else token.get_secret_value(),
        site=settings.letter_site_url,
    )
    sender = WebhookSender(network=network, now=now, timeout_s=settings.sms_timeout_seconds)
    return SmsChannel(gateway=gateway, sender=sender)


def _trusting(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


BUILDERS: Final[Mapping[str, Build]] = MappingProxyType({"email": _email, "sms": _sms})
"""What builds each channel."""
