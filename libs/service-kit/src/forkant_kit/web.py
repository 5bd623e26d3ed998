"""Putting an API together: routes with declared policies behind the middleware that every service shares."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from forkant_kit.asgi.authenticate import Authenticate
from forkant_kit.asgi.body import StrictBody
from forkant_kit.asgi.headers import SecurityHeaders
from forkant_kit.asgi.observe import Observe
from forkant_kit.auth import TokenVerifier
from forkant_kit.docs_page import docs_routes
from forkant_kit.health import ReadinessCheck, health_routes
from forkant_kit.policy import Policy, action_of
from forkant_kit.problems import PROBLEM_RESPONSES, PROBLEM_SCHEMA, install_problem_handlers
from forkant_kit.settings import Environment, ServiceSettings

_ALWAYS_PUBLIC: Final = frozenset({"/health/live", "/health/ready"})
_DEV_PUBLIC: Final = frozenset({"/metrics", "/openapi.json", "/docs", "/docs/*"})
_GRACE_S: Final = 10

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class UndeclaredPolicyError(RuntimeError):
    """A route declares no policy, or an action that the service's policy table does not have."""


def create_app(
    *,
    service: str,
    title: str,
    version: str,
    settings: ServiceSettings,
    routers: Sequence[APIRouter],
    policy: Policy,
    lifespan: Lifespan,
    readiness: Sequence[ReadinessCheck],
    public_paths: frozenset[str] = frozenset(),
    verifier: TokenVerifier | None = None,
) -> FastAPI:
    """Put a service's API together.

    Raises:
        UndeclaredPolicyError: a route outside ``public_paths`` is open to nobody in particular.
    """
    for router in routers:
        _require_policies(router, policy, public_paths)
    production = settings.env is Environment.PRODUCTION
    checker = verifier or TokenVerifier(issuer=settings.oidc_issuer, audience=settings.oidc_audience)
    app = FastAPI(
        title=title,
        version=version,
        lifespan=_closing(checker, lifespan),
        responses=PROBLEM_RESPONSES,
        openapi_url=None if production else "/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.policy = policy
    app.state.service = service
    install_problem_handlers(app)
    for router in routers:
        app.include_router(router)
    app.router.routes.extend(health_routes(readiness=readiness, metrics=not production))
    if not production:
        app.router.routes.extend(docs_routes(title))
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    public = _ALWAYS_PUBLIC | public_paths | (frozenset() if production else _DEV_PUBLIC)
    app.add_middleware(StrictBody)
    app.add_middleware(Authenticate, verifier=checker, public_paths=public)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Observe)
    return app


def _closing(verifier: TokenVerifier, lifespan: Lifespan) -> Lifespan:
    @asynccontextmanager
    async def closing(app: FastAPI) -> AsyncIterator[None]:
        async with lifespan(app):
            yield
        await verifier.aclose()

    return closing


def _require_policies(router: APIRouter, policy: Policy, public_paths: frozenset[str]) -> None:
    for route in router.routes:
        if not isinstance(route, APIRoute):
            if getattr(route, "path", None) not in public_paths:
                raise UndeclaredPolicyError(f"{route!r} is neither public nor a route with a policy")
            continue
        if route.path in public_paths:
            continue
        actions = _actions(route.dependant)
        if not actions:
            raise UndeclaredPolicyError(
                f"{route.methods} {route.path} declares no policy: add a requires(…) dependency"
            )
        if unknown := actions - policy.actions:
            raise UndeclaredPolicyError(
                f"{route.path} declares {sorted(unknown)}, which the policy table does not have"
            )


def _actions(dependant: Dependant) -> set[str]:
    found = {action for part in dependant.dependencies if (action := action_of(part.call)) is not None}
    return found.union(*[_actions(part) for part in dependant.dependencies])


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        components = schema.setdefault("components", {})
        components.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
        components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
        schema["security"] = [{"bearer": []}]
        app.openapi_schema = schema
    return app.openapi_schema


def uvicorn_server(app: ASGIApp, *, host: str, port: int) -> uvicorn.Server:
    """Return a server that logs through our logging and leaves access lines to the middleware."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        timeout_keep_alive=30,
    )
    return uvicorn.Server(config)


def serve(app: ASGIApp, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, finishing the requests in hand within 10 s."""
    uvicorn_server(app, host=host, port=port).run()


async def serve_beside(app: ASGIApp, *, host: str, port: int, stop: asyncio.Event) -> None:
    """Serve a worker's health checks until ``stop`` is set; signals are the caller's (see :func:`stop_on_signals`)."""
    server = uvicorn_server(app, host=host, port=port)
    serving = asyncio.create_task(server._serve())  # noqa: SLF001 - serve() would take over the signals
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.cancel()
    await serving


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set; call it inside the running loop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
