"""A downstream system that keeps which webhooks it was sent, and how often."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from forkant_devstack.native.ports import free_ports

_POLL_S = 0.02


@dataclass
class Receiver:
    """What came, by ``webhook-id``, which a receiver knows repeats by, and by what each told of."""

    url: str
    ids: Counter[str] = field(default_factory=Counter)
    bodies: dict[bytes, set[str]] = field(default_factory=dict)

    async def take(self, request: Request) -> Response:
        """Keep a webhook."""
        found = request.headers["webhook-id"]
        self.ids[found] += 1
        self.bodies.setdefault(await request.body(), set()).add(found)
        return Response(status_code=204)

    @property
    def repeated_under_another_id(self) -> int:
        """How many bodies came under more than one id, so that their receiver would take them twice."""
        return sum(len(ids) > 1 for ids in self.bodies.values())


@asynccontextmanager
async def listening() -> AsyncIterator[Receiver]:
    """Listen until the block ends."""
    [port] = free_ports(1)
    receiver = Receiver(f"http://127.0.0.1:{port}/hook")
    app = Starlette(routes=[Route("/hook", receiver.take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server._serve(), name="receiver")  # noqa: SLF001 - serve() takes the signals over
    try:
        while not server.started:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(_POLL_S)
        yield receiver
    finally:
        server.should_exit = True
        await serving
