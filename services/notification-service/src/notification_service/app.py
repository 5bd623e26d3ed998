"""The API process: ``python -m notification_service.app``."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from forkant_kit.auth import TokenVerifier
from forkant_kit.db import create_engine, new_id, utc_now
from forkant_kit.health import database_check
from forkant_kit.keyring import Keyring, read_keys
from forkant_kit.problems import problem_response
from forkant_kit.rls.check import row_security_check
from forkant_kit.schema_check import schema_check
from forkant_kit.settings import Environment, load
from forkant_kit.telemetry import set_up_telemetry
from forkant_kit.visibility import CaseServiceClient
from forkant_kit.web import create_app, serve
from pydantic import SecretStr

from notification_service.api import (
    acknowledgements,
    audit,
    deliveries,
    endpoints,
    inbox,
    inbox_stream,
    letters,
    preferences,
    subscriptions,
)
from notification_service.api.calls import Tools
from notification_service.api.feed import Feed
from notification_service.api.refusals import problem_of
from notification_service.domain.contacts import ChannelName
from notification_service.domain.refusals import Refusal
from notification_service.policy import POLICY
from notification_service.row_security import FREE
from notification_service.settings import NotificationSettings

SERVICE: Final = "notification-service"


def build_app(
    settings: NotificationSettings,
    *,
    verifier: TokenVerifier | None = None,
    now: Callable[[], datetime] = utc_now,
) -> FastAPI:
    """Put the API together; nothing is connected before the first request."""
    engine = create_engine(
        settings.database_url.get_secret_value(),
        application_name="notification-api",
        pool_size=settings.database_pool_size,
    )

    case_service = CaseServiceClient(settings.case_service_url, timeout_s=settings.case_service_timeout_seconds)

    feed = Feed(engine=engine, poll_s=settings.inbox_stream_poll_seconds)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        looking = asyncio.create_task(feed.run(), name="inbox-feed")
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
            await case_service.aclose()
            await engine.dispose()

    app = create_app(
        service=SERVICE,
        title="Forkant notification service",
        version=version(SERVICE),
        settings=settings,
        routers=[
            # Before the message by its id, which would take its path for one.
            inbox_stream.router,
            inbox.router,
            acknowledgements.router,
            subscriptions.router,
            preferences.router,
            letters.router,
            endpoints.router,
            deliveries.router,
            audit.router,
        ],
        policy=POLICY,
        lifespan=lifespan,
        readiness=[
            database_check(engine),
            row_security_check(engine, free=FREE),
            schema_check(engine, package="notification_service"),
        ],
        verifier=verifier,
        audit=engine,
    )
    app.add_exception_handler(Refusal, _on_refusal)
    app.state.tools = Tools(
        engine=engine,
        cursor_secret=settings.cursor_secret.get_secret_value(),
        now=now,
        new_id=new_id,
        keyring=Keyring(read_keys(settings.endpoint_secret_keys.get_secret_value())),
        allow_local=settings.webhook_allow_loopback,
        case_service=case_service,
        feed=feed,
        streams=settings.inbox_stream_limit,
        streams_of_a_person=settings.inbox_stream_person_limit,
        standing_holds=timedelta(days=settings.standing_days),
        channels=tuple(name for name in ChannelName if settings.tells_by(name.value)),
    )
    return app


def describe() -> dict[str, Any]:
    """Return the OpenAPI description; nothing is connected to."""
    settings = NotificationSettings(
        env=Environment.TEST,
        database_url=SecretStr("postgresql://nobody@127.0.0.1/none"),
        oidc_issuer="http://127.0.0.1:8009",
    )
    return build_app(settings).openapi()


async def _on_refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - registered for this type alone
    return problem_response(problem_of(error))


def main() -> None:
    """Serve the API until told to stop."""
    settings = load(NotificationSettings)
    telemetry = set_up_telemetry(service=SERVICE, settings=settings)
    try:
        serve(build_app(settings), host=settings.http_host, port=settings.http_port)
    finally:
        telemetry.shutdown()


if __name__ == "__main__":
    main()
