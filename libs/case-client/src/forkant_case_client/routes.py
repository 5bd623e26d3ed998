"""Finding an operation by its route, for programs that have one as text: a script, a gateway, a test."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

_NAME: Final = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An operation: its HTTP method, its path with names in braces, the method of the client, the model of its body."""

    method: str
    path: str
    name: str
    body: type[BaseModel] | None


def find(routes: Iterable[Route], *, method: str, path: str) -> Route:
    """Return the operation of a route, whatever the path calls what stands in braces.

    Raises:
        LookupError: there is none.
    """
    shape = _NAME.sub("{}", path)
    for route in routes:
        if route.method == method and _NAME.sub("{}", route.path) == shape:
            return route
    raise LookupError(f"no operation answers to {method} {path}")
