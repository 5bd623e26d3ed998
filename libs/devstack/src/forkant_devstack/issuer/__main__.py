"""Run the development issuer: ``python -m forkant_devstack.issuer``."""

import os
import sys

import uvicorn

from forkant_devstack.issuer.app import Issuer, create_issuer_app
from forkant_devstack.issuer.keys import KeyRing
from forkant_devstack.issuer.settings import RefusedError, read_settings


def main() -> None:
    """Serve until a signal comes."""
    try:
        settings = read_settings(os.environ)
    except RefusedError as error:
        sys.stderr.write(f"issuer: {error}\n")
        raise SystemExit(78) from None
    app = create_issuer_app(Issuer(url=settings.url, keys=KeyRing(settings.key_file)))
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
