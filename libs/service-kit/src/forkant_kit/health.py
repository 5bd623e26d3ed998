"""Health checks and metrics: ``live`` says that the process turns, ``ready`` that it can serve.

Liveness never asks PostgreSQL or Kafka: restarting a process does not bring them back.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

_PROBE_DEADLINE_S: Final = 2.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReadinessCheck:
    """One thing that must be there before requests are served; ``probe`` raises when it is not."""

    name: str
    probe: Callable[[], Awaitable[None]]


def database_check(engine: AsyncEngine) -> ReadinessCheck:
    """Return the check that the service's database answers."""

    async def probe() -> None:
        async with engine.connect() as conn:
            await conn.execute(text("SELECT 1"))

    return ReadinessCheck("database", probe)


async def _passes(check: ReadinessCheck) -> bool:
    try:
        await asyncio.wait_for(check.probe(), _PROBE_DEADLINE_S)
    except Exception as error:  # noqa: BLE001 - whatever fails, the answer is "not ready"
        _log.warning("not_ready", check=check.name, error=type(error).__name__)
        return False
    return True


def health_routes(
    *, readiness: Sequence[ReadinessCheck], alive: Callable[[], bool] = lambda: True, metrics: bool
) -> list[BaseRoute]:
    """Return the routes ``/health/live``, ``/health/ready`` and, when asked for, ``/metrics``."""

    async def live(_request: Request) -> Response:
        fine = alive()
        return JSONResponse({"status": "live" if fine else "stuck"}, 200 if fine else 503)

    async def ready(_request: Request) -> Response:
        results = await asyncio.gather(*[_passes(check) for check in readiness])
        checks = {check.name: "ok" if fine else "failing" for check, fine in zip(readiness, results, strict=True)}
        return JSONResponse(
            {"status": "ready" if all(results) else "not ready", "checks": checks}, 200 if all(results) else 503
        )

    async def show_metrics(_request: Request) -> Response:
        return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    routes: list[BaseRoute] = [Route("/health/live", live), Route("/health/ready", ready)]
    return [*routes, Route("/metrics", show_metrics)] if metrics else routes


def worker_app(*, readiness: Sequence[ReadinessCheck], alive: Callable[[], bool]) -> Starlette:
    """Return the small application that a worker serves beside its work."""
    return Starlette(routes=health_routes(readiness=readiness, alive=alive, metrics=True))
