"""Putting an API together: routes with declared policies behind the middleware that every service shares."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from types import MappingProxyType
from typing import Any, Final

import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import RouteContext, iter_route_contexts
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import Mount
from starlette.types import ASGIApp

from forkant_kit.asgi.authenticate import Authenticate
from forkant_kit.asgi.body import StrictBody
from forkant_kit.asgi.headers import SecurityHeaders
from forkant_kit.asgi.limit import RateLimit, kind_of
from forkant_kit.asgi.observe import Observe
from forkant_kit.audit.recorder import AuditRecorder
from forkant_kit.auth import TokenVerifier, verifier_for
from forkant_kit.docs_page import docs_routes
from forkant_kit.garbage import collect_seldom
from forkant_kit.health import ReadinessCheck, health_routes, worker_app
from forkant_kit.policy import Policy, action_of
from forkant_kit.problems import PROBLEM_RESPONSES, PROBLEM_SCHEMA, install_problem_handlers
from forkant_kit.settings import ApiSettings, Environment, ServiceSettings

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
    settings: ApiSettings,
    routers: Sequence[APIRouter],
    policy: Policy,
    lifespan: Lifespan,
    readiness: Sequence[ReadinessCheck],
    public_paths: frozenset[str] = frozenset(),
    verifier: TokenVerifier | None = None,
    audit: AsyncEngine | None = None,
    unaudited: frozenset[str] = frozenset(),
    large_bodies: Mapping[str, int] = MappingProxyType({}),
) -> FastAPI:
    """Put a service's API together.

    Every answer to an authenticated caller is recorded in the database of ``audit``, when that is given, before it is
    sent; ``unaudited`` names the actions that show nothing about anybody.

    ``large_bodies`` gives, by method and path template (``POST /v1/things``), the most bytes of those routes that
    stream their body themselves, which then need not be JSON; every other body is strict JSON of at most 1 MiB.

    Raises:
        UndeclaredPolicyError: a route outside ``public_paths`` is open to nobody in particular.
        ValueError: a large body is declared for no route.
    """
    production = settings.env is Environment.PRODUCTION
    checker = verifier or verifier_for(settings)
    app = FastAPI(
        title=title,
        version=version,
        lifespan=_guarded(checker, lifespan, settings=settings, readiness=readiness),
        responses=PROBLEM_RESPONSES,
        # The framework's own spans and logs would repeat ours, with the texts of exceptions in them.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
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
    app.state.public_paths = public
    require_policies(app)
    _require_routes(app, large_bodies)
    app.add_middleware(StrictBody, large=large_bodies)
    if audit is not None:
        app.add_middleware(AuditRecorder, engine=audit, actions=lambda: _actions_by_route(app), unaudited=unaudited)
    app.add_middleware(
        RateLimit,
        reads_per_minute=settings.rate_limit_reads_per_minute,
        writes_per_minute=settings.rate_limit_writes_per_minute,
        kinds=lambda: {kind_of(route.path or "") for route in iter_route_contexts(app.routes)},
    )
    app.add_middleware(Authenticate, verifier=checker, public_paths=public)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Observe)
    return app


def _guarded(
    verifier: TokenVerifier, lifespan: Lifespan, *, settings: ServiceSettings, readiness: Sequence[ReadinessCheck]
) -> Lifespan:
    @asynccontextmanager
    async def guarded(app: FastAPI) -> AsyncIterator[None]:
        # Again, since routes may have been added after the application was put together.
        require_policies(app)
        async with _ops_listener(settings, readiness), lifespan(app):
            yield
        await verifier.aclose()

    return guarded


@asynccontextmanager
async def _ops_listener(settings: ServiceSettings, readiness: Sequence[ReadinessCheck]) -> AsyncIterator[None]:
    if settings.ops_port is None:
        yield
        return
    stop = asyncio.Event()
    ops = worker_app(readiness=readiness, alive=lambda: True)
    serving = asyncio.create_task(
        serve_beside(ops, host=settings.http_host, port=settings.ops_port, stop=stop), name="ops-listener"
    )
    try:
        yield
    finally:
        stop.set()
        await serving


def require_policies(app: FastAPI) -> None:
    """Check that every route that is not public declares an action of the policy table.

    Raises:
        UndeclaredPolicyError: a route does not, or its action is unknown.
    """
    policy: Policy = app.state.policy
    for route in iter_route_contexts(app.routes):
        if _is_public(route, app.state.public_paths):
            continue
        dependant = getattr(route, "dependant", None)
        actions = _actions(dependant) if isinstance(dependant, Dependant) else set()
        if not actions:
            raise UndeclaredPolicyError(
                f"{sorted(route.methods or ())} {route.path} declares no policy: add a requires(…) dependency"
            )
        if unknown := actions - policy.actions:
            raise UndeclaredPolicyError(
                f"{route.path} declares {sorted(unknown)}, which the policy table does not have"
            )


def _require_routes(app: FastAPI, operations: Iterable[str]) -> None:
    known = {f"{method} {route.path}" for route in iter_route_contexts(app.routes) for method in route.methods or ()}
    if unknown := set(operations) - known:
        raise ValueError(f"large bodies are declared for {sorted(unknown)}, which no route takes")


def _actions_by_route(app: FastAPI) -> dict[int, str]:
    found = {}
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        if isinstance(dependant, Dependant) and (actions := _actions(dependant)):
            found[id(route.original_route)] = min(actions)
    return found


def _is_public(route: RouteContext, public_paths: frozenset[str]) -> bool:
    path = route.path or ""
    below = tuple(public[:-1] for public in public_paths if public.endswith("/*"))
    # A mount takes what is below its path and nothing at the path itself.
    start = f"{path}/" if isinstance(route.original_route, Mount) else path
    return path in public_paths or start.startswith(below)


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


class _ReturningServer(uvicorn.Server):
    """A server that returns after SIGTERM instead of raising the signal again, so that what follows it still runs."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()


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
    return _ReturningServer(config)


def serve(app: ASGIApp, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, finishing the requests in hand within 10 s.

    Reference cycles are looked for seldom (see :mod:`forkant_kit.garbage`), so call it when everything is imported.
    """
    collect_seldom()
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
