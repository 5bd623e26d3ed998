"""Run the mail catcher: ``python -m forkant_devstack.mail``."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import uvicorn
from starlette.applications import Starlette

from forkant_devstack.issuer.settings import ALLOWED_ENVIRONMENTS, is_loopback
from forkant_devstack.mail.app import create_mail_app
from forkant_devstack.mail.box import Box
from forkant_devstack.mail.receiver import receiving

_BAD_SETTINGS: Final = 78


def main() -> None:
    """Serve until a signal comes; only in development, and to this machine alone."""
    host = os.environ.get("FORKANT_HTTP_HOST", "127.0.0.1")
    if os.environ.get("FORKANT_ENV") not in ALLOWED_ENVIRONMENTS or not is_loopback(host):
        sys.stderr.write("mail catcher: it starts only with FORKANT_ENV=dev or test, and listens on loopback only.\n")
        raise SystemExit(_BAD_SETTINGS)
    box, smtp_port = Box(), int(os.environ.get("FORKANT_MAIL_SMTP_PORT", "1025"))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with receiving(box, host=host, port=smtp_port):
            yield

    uvicorn.run(
        create_mail_app(box, lifespan=lifespan),
        host=host,
        port=int(os.environ.get("FORKANT_HTTP_PORT", "8025")),
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
