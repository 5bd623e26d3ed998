"""A secret that is replaced while several processes use it: the newest signs, and all that are given are known."""

from typing import Final

_BETWEEN: Final = ","


def in_turn(secret: str) -> tuple[str, ...]:
    """Return the secrets that a setting gives, separated by commas, the newest first."""
    return tuple(part.strip() for part in secret.split(_BETWEEN))
