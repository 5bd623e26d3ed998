"""Events that no figure is made of move the version of their case and nothing else."""

from dataclasses import replace

import pytest
from forkant_contracts import EVENT_TYPES, EventData
from forkant_contracts.golden import made
from forkant_contracts.topics import CASE_TOPIC
from indicator_service.aggregation.facts import NO_CASE
from indicator_service.aggregation.fold_case import _HANDLERS, fold_case

PASSED_OVER = sorted(
    name for name, model in EVENT_TYPES.items() if model.TOPIC == CASE_TOPIC and model not in _HANDLERS
)


def sample(name: str) -> EventData:
    return EVENT_TYPES[name].model_validate(made(EVENT_TYPES[name])["messages"][0]["event"]["data"])


def test_there_are_such_events():
    assert "no.forkant.task.assigned.v1" in PASSED_OVER


@pytest.mark.parametrize("name", PASSED_OVER)
def test_an_event_without_figures_moves_only_the_version(new_case, name):
    case = new_case()
    case.opened()
    before = fold_case_of(case)
    case.add(sample(name))
    assert fold_case_of(case) == replace(before, version=2)


def fold_case_of(case):
    return fold_case(NO_CASE, case.events)
