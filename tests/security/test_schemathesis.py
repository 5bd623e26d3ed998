"""Requests made up from the three API descriptions, good ones and bad ones: no fault, and no answer not described."""

import asyncio
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from zlib import crc32

import pytest
import requests
import schemathesis
from forkant_devstack.issuer.personas import FEATURED, SERVICE_IDENTITIES, find_persona
from hypothesis import HealthCheck, Phase, given, seed, settings
from requests.auth import AuthBase
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

REPOSITORY = Path(__file__).parents[2]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# A stream has no end; each has tests of its own.
ENDLESS = ["/v1/stream", "/v1/inbox/stream"]
EXAMPLES = 6
# What the server says to a made-up transfer-encoding and such, before there is a request that anybody could answer.
NO_HTTP = b"Invalid HTTP request received."
CALLERS = (
    "officer-oslo", "lead-troms", "privacy-oslo", "pod-analyst", "pod-methods", "pod-admin", "auditor",
    "downstream-demo", "import-demo", "indicator-self-audit", "notification-courier", None,
)  # fmt: skip


class Bearer(AuthBase):
    """Adds the token when the request is complete: the generator takes away headers that it is given."""

    def __init__(self, headers):
        self.headers = headers

    def __call__(self, request):
        request.headers.update(self.headers)
        return request


def described(service: str):
    schema = schemathesis.openapi.from_path(REPOSITORY / "services" / f"{service}-service" / "openapi.json")
    return [result.ok() for result in schema.exclude(path=ENDLESS).get_all_operations()]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("service", ["case", "indicator", "notification"])
async def test_no_request_by_anybody_makes_a_fault_or_an_answer_that_is_not_described(wall, service, mode):
    url = wall.platform.nodes[service].url
    knocked: set[tuple[str | None, bool]] = set()

    def attack() -> None:
        with ExitStack() as stack:
            sessions = {name: stack.enter_context(requests.Session()) for name in CALLERS}
            for name, session in sessions.items():
                session.auth = Bearer(wall.person(name).headers if name else {})
            # In turn: drawn by chance, somebody would now and then ask nothing of an API with few operations.
            turns = cycle(sessions.items())
            for operation in described(service):
                knocked.update(_attack(operation, mode, url, turns))

    await asyncio.to_thread(attack)
    # Each of them was there, and let in to what their role may do or not; nobody, who has no token, never was.
    assert knocked == {(caller, caller is not None) for caller in CALLERS}


def test_the_callers_have_every_role_that_a_persona_has():
    named = [find_persona(name) for name in CALLERS if name]
    had = {role for persona in named if persona for role in persona.roles}
    everybody = [find_persona(name) for name in (*FEATURED, *SERVICE_IDENTITIES)]
    assert had == {role for persona in everybody if persona for role in persona.roles}


def _attack(operation, mode, url, turns) -> set[tuple[str | None, bool]]:
    """Return who asked, and whether the token was taken."""
    knocked = set()

    # One seed for all would draw alike for each operation.
    @seed(crc32(operation.label.encode()))
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case) -> None:
        caller, session = next(turns)
        answer = case.call(base_url=url, session=session, timeout=30)
        if answer.content == NO_HTTP:
            return
        case.validate_response(answer, checks=CHECKS)
        knocked.add((caller, answer.status_code != 401))

    send()
    return knocked
