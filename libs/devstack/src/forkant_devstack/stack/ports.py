"""Which port each process listens on, by default and when the user chooses."""

from collections.abc import Iterable, Mapping
from typing import Final

from forkant_devstack.process import DevstackError

DEFAULT_PORTS: Final[Mapping[str, int]] = {
    "case-api": 8001,
    "indicator-api": 8002,
    "notification-api": 8003,
    "issuer": 8009,
    "case-worker": 8011,
    "indicator-worker": 8012,
    "notification-worker": 8013,
    "mail": 8025,
    "mail-smtp": 1025,
    "postgres": 25432,
    "kafka": 29092,
    "kafka-controller": 29093,
}
_HIGHEST: Final = 65535


def choose_ports(choices: Iterable[str]) -> dict[str, int]:
    """Give the default ports with choices like `case-api=9001` on top."""
    ports = dict(DEFAULT_PORTS)
    for choice in choices:
        name, _, number = choice.partition("=")
        if name not in ports or not number.isdecimal() or not 0 < int(number) <= _HIGHEST:
            raise DevstackError(
                f"--port {choice} is not understood",
                hint=f"write NAME=NUMBER with one of these names: {', '.join(ports)}",
                exit_code=2,
            )
        ports[name] = int(number)
    double = {number for number in ports.values() if list(ports.values()).count(number) > 1}
    if double:
        raise DevstackError(f"port {min(double)} is chosen twice", exit_code=2)
    return ports
