"""The ``issuer`` fixture: a real issuer on a free port, for any test that needs tokens."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from joserfc.jwk import ECKey

from forkant_devstack.issuer.app import Issuer, create_issuer_app
from forkant_devstack.issuer.keys import KeyRing
from forkant_devstack.issuer.personas import CLI_CLIENT, RESOURCE_SERVER, SERVICE_SECRET, find_persona
from forkant_devstack.issuer.standing import Standings
from forkant_devstack.issuer.tokens import access_claims, sign

_START_DEADLINE_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerServer:
    """A running issuer; tokens are made in this process with the key that it publishes."""

    url: str
    keys: KeyRing
    standings: Standings
    stop: Callable[[], None]
    foreign_key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", auto_kid=True))

    def claims(self, persona: str, **overrides: Any) -> dict[str, Any]:
        """Return the claims of ``persona`` with some replaced; an override of None leaves the claim out."""
        found = find_persona(persona)
        if found is None:
            raise LookupError(f"there is no persona {persona}")
        claims = access_claims(issuer=self.url, persona=found, client_id=CLI_CLIENT) | overrides
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, persona: str, *, typ: str = "at+jwt", **overrides: Any) -> str:
        """Return an access token of ``persona``; ``exp``, ``aud``, ``unit``… can be overridden."""
        return sign(self.claims(persona, **overrides), key=self.keys, typ=typ)

    def headers(self, persona: str, **overrides: Any) -> dict[str, str]:
        """Return the Authorization header of ``persona``."""
        return {"Authorization": f"Bearer {self.token(persona, **overrides)}"}

    def forged_token(self, persona: str, **overrides: Any) -> str:
        """Return a token signed by a key that the issuer never published."""
        return sign(self.claims(persona, **overrides), key=self.foreign_key)

    def revoke(self, token: str) -> None:
        """End a token, as its client may."""
        self.standings.revoke(token)

    @property
    def introspection(self) -> dict[str, str]:
        """The settings of an API that asks this issuer whether tokens still hold."""
        return {"introspection_client_id": RESOURCE_SERVER, "introspection_client_secret": SERVICE_SECRET}

    def rotate(self, *, drop_old: bool = False) -> str:
        """Change the signing key and return the new key id."""
        return self.keys.rotate(drop_old=drop_old)


@contextlib.contextmanager
def running_issuer() -> Iterator[IssuerServer]:
    """Serve an issuer from a thread on a free loopback port."""
    listener = socket.create_server(("127.0.0.1", 0))
    # asyncio sets it on sockets of its own making alone; without it each small answer takes 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    keys = KeyRing(None)
    issuer = Issuer(url=url, keys=keys)
    app = create_issuer_app(issuer)
    server = uvicorn.Server(uvicorn.Config(app, ws="none", log_level="error", lifespan="off", loop="asyncio"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="issuer", daemon=True)
    thread.start()
    deadline = time.monotonic() + _START_DEADLINE_SECONDS
    while not server.started:
        if time.monotonic() > deadline:
            raise TimeoutError("the issuer did not start")
        thread.join(0.01)

    def stop() -> None:
        server.should_exit = True
        thread.join(_START_DEADLINE_SECONDS)
        listener.close()

    try:
        yield IssuerServer(url=url, keys=keys, standings=issuer.standings, stop=stop)
    finally:
        stop()


@pytest.fixture(scope="session")
def issuer() -> Iterator[IssuerServer]:
    """Yield a development issuer that runs for the whole session."""
    with running_issuer() as server:
        yield server
