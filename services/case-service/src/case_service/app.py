"""The API process: ``python -m case_service.app``."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from forkant_kit.auth import TokenVerifier
from forkant_kit.clamd import ClamdAddress
from forkant_kit.db import create_engine, new_id, utc_now
from forkant_kit.health import database_check
from forkant_kit.keyring import Keyring, read_keys
from forkant_kit.outbox import RelayNudge
from forkant_kit.problems import problem_response
from forkant_kit.rls.check import row_security_check
from forkant_kit.schema_check import schema_check
from forkant_kit.settings import load
from forkant_kit.telemetry import set_up_telemetry
from forkant_kit.vault import Vault
from forkant_kit.web import create_app, serve
from sqlalchemy.ext.asyncio import AsyncEngine

from case_service.api import (
    as_of,
    attachments,
    audit,
    best_practice_drafts,
    best_practices,
    cases,
    concerns,
    course,
    disclosures,
    duplicates,
    emergency,
    erasure_batches,
    exports,
    feed,
    imports,
    information,
    items,
    keeping,
    links,
    members,
    merging,
    methods,
    operational_units,
    processes,
    recount,
    reference,
    reorganisations,
    retention,
    search,
    searches,
    substitutes,
    tasks,
    timeline,
    transfers,
    visibility,
    work,
)
from case_service.api.calls import AttachmentTools, ExchangeTools, Tools
from case_service.api.description import describe
from case_service.api.refusals import problem_of
from case_service.attachment_settings import limits_of
from case_service.domain.refusals import Refusal
from case_service.known_units import KnownUnits
from case_service.object_settings import bucket_checks, bucket_of
from case_service.policy import POLICY, UNAUDITED
from case_service.row_security import FREE
from case_service.settings import SERVICE, VERSION, CaseSettings
from case_service.store.bucket import Bucket
from case_service.store.objects import ObjectSegments
from case_service.store.segments import DatabaseSegments
from case_service.work_processes import procedures

ROUTERS: Final[tuple[APIRouter, ...]] = (
    concerns.router,
    search.router,
    searches.router,
    exports.router,
    cases.router,
    imports.router,
    timeline.router,
    as_of.router,
    work.router,
    items.router,
    methods.router,
    best_practices.router,
    best_practice_drafts.router,
    information.router,
    tasks.router,
    attachments.router,
    course.router,
    links.router,
    duplicates.router,
    merging.router,
    keeping.router,
    disclosures.router,
    erasure_batches.router,
    retention.router,
    members.router,
    emergency.router,
    substitutes.router,
    transfers.router,
    feed.router,
    visibility.router,
    recount.router,
    audit.router,
    processes.router,
    reference.router,
    reorganisations.router,
    operational_units.router,
)


def build_app(settings: CaseSettings, *, verifier: TokenVerifier | None = None) -> FastAPI:
    """Put the API together; nothing is connected before the application starts."""
    database_url = settings.database_url.get_secret_value()
    engine = create_engine(database_url, application_name=SERVICE, pool_size=settings.database_pool_size)
    nudge, bucket = RelayNudge(database_url=database_url), bucket_of(settings)
    app = create_app(
        service=SERVICE,
        title="Forkant case service",
        version=VERSION,
        settings=settings,
        routers=ROUTERS,
        policy=POLICY,
        lifespan=lambda app: _lifespan(app, engine, nudge),
        readiness=[
            database_check(engine),
            row_security_check(engine, free=FREE),
            schema_check(engine, package="case_service"),
            *bucket_checks(bucket),
        ],
        verifier=verifier,
        audit=engine,
        unaudited=UNAUDITED,
        large_bodies={
            "POST /v1/cases/{case_id}/attachments": settings.attachment_max_bytes,
            "POST /v1/imports": settings.import_max_bytes,
        },
    )
    describe(app)
    app.add_exception_handler(Refusal, _on_refusal)
    app.state.tools = Tools(
        engine=engine,
        nudge=nudge,
        vault=Vault(Keyring(read_keys(settings.text_keys.get_secret_value()))),
        procedures=procedures(),
        cursor_secret=settings.cursor_secret.get_secret_value(),
        now=utc_now,
        new_id=new_id,
        attachments=_attachments(settings, bucket),
        exchange=ExchangeTools(
            most_rows=settings.import_max_rows,
            upload_seconds=settings.import_upload_seconds,
            exports=asyncio.Semaphore(settings.exports_at_once),
            export_seconds=settings.export_seconds,
        ),
        units=KnownUnits(engine),
    )
    return app


def _attachments(settings: CaseSettings, bucket: Bucket | None) -> AttachmentTools:
    scanner = settings.attachment_scanner
    return AttachmentTools(
        limits=limits_of(settings),
        upload_seconds=settings.attachment_upload_seconds,
        scanner=None if scanner is None else ClamdAddress.read(scanner),
        store=DatabaseSegments() if bucket is None else ObjectSegments(bucket),
    )


@asynccontextmanager
async def _lifespan(_app: FastAPI, engine: AsyncEngine, nudge: RelayNudge) -> AsyncIterator[None]:
    waking = asyncio.create_task(nudge.run(), name="relay-nudge")
    try:
        yield
    finally:
        waking.cancel()
        with suppress(asyncio.CancelledError):
            await waking
        await engine.dispose()


async def _on_refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - registered for this type alone
    return problem_response(problem_of(error))


def main() -> None:
    """Serve until told to stop."""
    settings = load(CaseSettings)
    telemetry = set_up_telemetry(service=SERVICE, settings=settings)
    serve(build_app(settings), host=settings.http_host, port=settings.http_port)
    telemetry.shutdown()


if __name__ == "__main__":
    main()
