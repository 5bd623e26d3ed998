"""Asks a process of this machine whether it is ready, for container engines: ``python -m forkant_kit.probe api``.

Exit code 0 when it is, 1 when not, 2 when called wrongly. It imports nothing but the standard library, since an engine
starts it every few seconds.
"""

import http.client
import os
import sys
from collections.abc import Sequence
from typing import Final

_PORTS: Final = {"api": ("FORKANT_OPS_PORT", "FORKANT_HTTP_PORT"), "worker": ("FORKANT_WORKER_PORT",)}
"""Where each kind of process answers; the first variable that is set counts."""
_TIMEOUT_S: Final = 4.0
_READY: Final = 200
_WRONG_CALL: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, and return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    ports = [os.environ[name] for each in given for name in _PORTS.get(each, ()) if os.environ.get(name)]
    if len(given) != 1 or not ports:
        print("say `api` or `worker`, and set its port (FORKANT_HTTP_PORT, FORKANT_WORKER_PORT)", file=sys.stderr)  # noqa: T201
        return _WRONG_CALL
    connection = http.client.HTTPConnection("127.0.0.1", int(ports[0]), timeout=_TIMEOUT_S)
    try:
        connection.request("GET", "/health/ready")
        return 0 if connection.getresponse().status == _READY else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    raise SystemExit(main())
