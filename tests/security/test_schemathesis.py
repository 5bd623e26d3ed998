"""Requests made up from the three API descriptions, good ones and bad ones: no fault, and no answer not described."""

import asyncio
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
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
# A stream has no end; it has tests of its own.
ENDLESS = "/v1/stream"
EXAMPLES = 6
CALLERS = ("officer-oslo", "lead-troms", "privacy-oslo", "pod-analyst", "auditor", "downstream-demo", None)


def described(service: str):
    schema = schemathesis.openapi.from_path(REPOSITORY / "services" / f"{service}-service" / "openapi.json")
    return [result.ok() for result in schema.exclude(path=ENDLESS).get_all_operations()]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("service", ["case", "indicator", "notification"])
async def test_no_request_by_anybody_makes_a_fault_or_an_answer_that_is_not_described(wall, service, mode):
    tokens = {name: wall.person(name).headers if name else {} for name in CALLERS}
    url = wall.platform.nodes[service].url

    def attack() -> None:
        with requests.Session() as session:
            for operation in described(service):
                _attack(operation, mode, url, tokens, session)

    await asyncio.to_thread(attack)


def _attack(operation, mode, url, tokens, session) -> None:
    @seed(20260101)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), caller=st.sampled_from(CALLERS))
    def send(case, caller) -> None:
        answer = case.call(base_url=url, session=session, headers=tokens[caller], timeout=30)
        case.validate_response(answer, checks=CHECKS)

    send()
