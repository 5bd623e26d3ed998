"""The API process: ``python -m indicator_service.app``."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request, Response
from forkant_kit.audit.together import Together
from forkant_kit.db import create_engine, new_id, utc_now
from forkant_kit.health import ReadinessCheck
from forkant_kit.problems import problem_response
from forkant_kit.rls.check import row_security_check
from forkant_kit.schema_check import schema_check
from forkant_kit.settings import Environment, load
from forkant_kit.telemetry import set_up_telemetry
from forkant_kit.visibility import CaseServiceClient
from forkant_kit.web import create_app, serve
from pydantic import SecretStr
from sqlalchemy import text

from indicator_service.api import (
    audit,
    breakdown,
    cases,
    changes,
    dashboard,
    exports,
    exports_over_time,
    figures,
    pilots,
    plans,
    priorities,
    reference,
    self_audit,
    series,
    stream,
    targets,
    trials,
)
from indicator_service.api.dependencies import Dependencies, ImportLimits, secret_rank
from indicator_service.api.hub import Hub
from indicator_service.api.steering_refusals import problem_of
from indicator_service.definitions import load_catalogue
from indicator_service.imports import api as imports
from indicator_service.imports.problems import problem_of as problem_of_import
from indicator_service.imports.refusals import Refusal as ImportRefusal
from indicator_service.policy import POLICY, UNAUDITED
from indicator_service.row_security import FREE
from indicator_service.settings import SERVICE, IndicatorSettings
from indicator_service.steering.refusals import Refusal
from indicator_service.unit_names import UnitNames
from indicator_service.units import KnownUnits


def build_app(settings: IndicatorSettings) -> FastAPI:
    """Wire the API; connections are opened on first use."""
    engine = create_engine(
        settings.database_url.get_secret_value(),
        application_name="indicator-api",
        pool_size=settings.database_pool_size,
    )
    case_service = CaseServiceClient(settings.case_service_url, timeout_s=settings.case_service_timeout_seconds)
    unit_names = UnitNames(settings.case_service_url, timeout_s=settings.case_service_timeout_seconds)
    catalogue = load_catalogue()
    cursor_secret = settings.cursor_secret.get_secret_value()
    rank = secret_rank(cursor_secret)
    hub = Hub(engine=engine, catalogue=catalogue, rank=rank, now=utc_now, poll_s=settings.stream_poll_seconds)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        poller = asyncio.create_task(hub.run(), name="stream-hub")
        try:
            yield
        finally:
            poller.cancel()
            with suppress(asyncio.CancelledError):
                await poller
            await case_service.aclose()
            await unit_names.aclose()
            await engine.dispose()

    async def database_answers() -> None:
        async with engine.connect() as conn:
            await conn.execute(text("SELECT 1 FROM district_cell LIMIT 1"))

    app = create_app(
        service=SERVICE,
        title="Forkant indicator service",
        version=version(SERVICE),
        settings=settings,
        routers=[
            figures.router,
            series.router,
            breakdown.router,
            cases.router,
            changes.router,
            exports.router,
            exports_over_time.router,
            reference.router,
            self_audit.router,
            stream.router,
            imports.router,
            targets.router,
            priorities.router,
            plans.router,
            pilots.router,
            trials.router,
            audit.router,
            dashboard.dashboard_router(issuer=settings.oidc_issuer, audience=settings.oidc_audience),
        ],
        policy=POLICY,
        lifespan=lifespan,
        readiness=[
            ReadinessCheck("database", database_answers),
            row_security_check(engine, free=FREE),
            schema_check(engine, package="indicator_service"),
        ],
        public_paths=dashboard.PUBLIC_PATHS,
        audit=engine,
        unaudited=UNAUDITED,
        large_bodies={imports.LARGE: settings.import_max_bytes},
    )
    app.add_exception_handler(ImportRefusal, _on_import_refusal)
    app.add_exception_handler(Refusal, _on_refusal)
    app.state.dependencies = Dependencies(
        engine=engine,
        catalogue=catalogue,
        rank=rank,
        now=utc_now,
        new_id=new_id,
        hub=hub,
        readings=Together(engine, before=hub.refresh),
        stream_client_limit=settings.stream_client_limit,
        import_limits=ImportLimits(most_rows=settings.import_max_rows, upload_seconds=settings.import_upload_seconds),
        cursor_secret=cursor_secret,
        case_service=case_service,
        units=KnownUnits(engine),
        unit_names=unit_names,
    )
    return app


async def _on_import_refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ImportRefusal)  # noqa: S101 - registered for this type alone
    return problem_response(problem_of_import(error))


def describe() -> dict[str, Any]:
    """Return the OpenAPI description; nothing is connected to."""
    settings = IndicatorSettings(
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
    settings = load(IndicatorSettings)
    telemetry = set_up_telemetry(service=SERVICE, settings=settings)
    try:
        serve(build_app(settings), host=settings.http_host, port=settings.http_port)
    finally:
        telemetry.shutdown()


if __name__ == "__main__":
    main()
