"""Refuses query parameters that a route doesn't have: a filter whose name is mistyped would show more than was asked.

Frameworks pass over them in silence, and the caller takes the whole for the part.
"""

from collections.abc import Iterator
from inspect import isclass
from typing import Final

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel

_KIND: Final = "extra_forbidden"


def refuse_unknown_parameters(request: Request) -> None:
    """Look whether the route has every query parameter that was given.

    Raises:
        RequestValidationError: 422 ``invalid-request``, which names the parameters that the route has.
    """
    given = request.query_params.keys()
    route = request.scope.get("route")
    if not given or not isinstance(route, APIRoute):
        return
    known = set(_names(route.dependant))
    if unknown := sorted(set(given) - known):
        rule = f"not a parameter of this address, which has {', '.join(sorted(known)) or 'none'}"
        raise RequestValidationError([{"type": _KIND, "loc": ("query", name), "msg": rule} for name in unknown])


def _names(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        form = parameter.field_info.annotation
        if isclass(form) and issubclass(form, BaseModel):
            yield from (field.alias or name for name, field in form.model_fields.items())
        else:
            yield parameter.alias
    for needed in dependant.dependencies:
        yield from _names(needed)
