"""What answers a request runs on the event loop: FastAPI gives each plain function to a thread, at a tenth of a read."""

import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

SERVICES = ("case_service", "indicator_service", "notification_service")


def routes(service: str) -> Iterator[APIRoute]:
    package = import_module(f"{service}.api")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        routers = [value for value in vars(import_module(module.name)).values() if isinstance(value, APIRouter)]
        yield from (route for router in routers for route in router.routes if isinstance(route, APIRoute))


def called(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from called(each)


def in_threads(found: Iterable[APIRoute]) -> set[str]:
    every = {call for route in found for call in called(route.dependant)}
    return {
        f"{call.__module__}.{call.__qualname__}"
        for call in every
        if not (inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call))
    }


@pytest.mark.parametrize("service", SERVICES)
def test_no_request_is_handed_to_a_thread(service):
    found = list(routes(service))
    assert len(found) > 20
    assert in_threads(found) == set()


def test_a_plain_function_is_found_wherever_it_stands():
    router = APIRouter()

    def plain() -> int:
        return 1

    async def above(number: Annotated[int, Depends(plain)]) -> int:
        return number

    @router.get("/a")
    async def read(_number: Annotated[int, Depends(above)]) -> None: ...

    @router.get("/b")
    def write() -> None: ...

    names = {name.rsplit(".", 1)[1] for name in in_threads([r for r in router.routes if isinstance(r, APIRoute)])}
    assert names == {"plain", "write"}
