"""A query parameter that a route doesn't have is refused, wherever the route declares those it has."""

from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Query, Request
from forkant_kit.parameters import refuse_unknown_parameters
from forkant_kit.problems import install_problem_handlers
from pydantic import BaseModel, Field


class Page(BaseModel):
    limit: int = 10
    after: str | None = Field(default=None, alias="cursor")


def a_filter(theme: str | None = None) -> str | None:
    return theme


def an_app() -> FastAPI:
    router = APIRouter()

    def gate(request: Request) -> None:
        refuse_unknown_parameters(request)

    @router.get("/things/{thing}", dependencies=[Depends(gate)])
    async def things(
        thing: int,
        page: Annotated[Page, Query()],
        theme: Annotated[str | None, Depends(a_filter)],
        of: Annotated[list[str] | None, Query(alias="round")] = None,
    ) -> dict[str, object]:
        return {"thing": thing, "theme": theme, "round": of, **page.model_dump()}

    @router.get("/none", dependencies=[Depends(gate)])
    async def none() -> None:
        return None

    app = FastAPI()
    install_problem_handlers(app)
    app.include_router(router)
    return app


async def got(address: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(an_app()), base_url="http://test") as client:
        return await client.get(address)


@pytest.mark.parametrize(
    "query", ["", "?limit=3", "?cursor=x&theme=drugs", "?round=1&round=2", "?limit=1&cursor=x&theme=y&round=z"]
)
async def test_parameters_of_the_route_its_dependencies_and_its_models_pass(query: str):
    answer = await got(f"/things/7{query}")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "query",
    ["?them=drugs", "?thing=8", "?of=1", "?after=x", "?Theme=drugs", "?theme=drugs&=1", "?theme%20=drugs", "?page=1"],
)
async def test_any_other_is_refused_and_the_known_ones_are_named_but_not_it(query: str):
    answer = await got(f"/things/7{query}")
    rule = "not a parameter of this address, which has cursor, limit, round, theme"
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert answer.json()["errors"] == [{"place": "query.?", "kind": "extra_forbidden", "rule": rule}]


async def test_a_route_without_parameters_says_so():
    answer = await got("/none?limit=1")
    assert answer.json()["errors"][0]["rule"] == "not a parameter of this address, which has none"
