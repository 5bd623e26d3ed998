"""TCP ports on the loopback interface: free ones, and who holds a taken one."""

import contextlib
import socket
from collections.abc import Mapping

import psutil

from forkant_devstack.process import DevstackError

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Give `count` different ports that nothing listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]


def is_free(port: int) -> bool:
    """Say whether a server could listen on `port`."""
    with socket.socket() as probe:
        # As servers do: connections of the last run that linger in TIME_WAIT don't count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def holder_of(port: int) -> str | None:
    """Name the program that listens on `port`, or None when it can't be seen."""
    with contextlib.suppress(psutil.AccessDenied):
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return _describe(connection.pid)
    return None


def require_free(ports: Mapping[str, int]) -> None:
    """Raise with every taken port of `ports` (by the name of its server) and its holder."""
    taken = [
        f"port {port} ({name}) is held by {holder_of(port) or 'a program of another user'}"
        for name, port in ports.items()
        if not is_free(port)
    ]
    if taken:
        raise DevstackError("\n  ".join(taken), hint="stop that program, or choose another with --port NAME=NUMBER")


def _describe(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        command = " ".join(process.cmdline())[:100] or process.name()
    except psutil.Error:
        return f"pid {pid}"
    return f"pid {pid}: {command}"
