"""Every event of the topics that the service reads goes through routing, whether it is news to anyone or not."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from forkant_contracts import EVENT_TYPES, Event
from forkant_contracts.golden import made
from forkant_kit.db import new_id
from notification_service import routing
from notification_service.commands.endpoints import TOLD_TYPES
from notification_service.consumers import TOPICS
from notification_service.domain.audiences import RULES

READ = sorted(name for name, model in EVENT_TYPES.items() if model.TOPIC in TOPICS)


def an_event(name: str) -> Event:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    data = EVENT_TYPES[name].model_validate(made(EVENT_TYPES[name])["messages"][0]["event"]["data"])
    return Event(
        id=UUID(int=1),
        source="urn:forkant:case-service",
        aggregate_id=UUID(int=2),
        aggregate_version=1,
        unit="oslo",
        occurred_at=moment,
        recorded_at=moment,
        data=data,
    )


@pytest.mark.parametrize("name", READ)
def test_only_events_with_a_rule_become_entries(name):
    # What goes with its unit in a reorganisation is told of with the unit.
    happening = replace(routing.happening_of(an_event(name)), reorganised=False)
    assert bool(routing.entries([happening], {}, new_id=new_id)) is (name in RULES)


@pytest.mark.parametrize("name", [name for name in READ if name not in RULES])
def test_an_event_without_a_rule_changes_no_standing_and_moves_no_entry(name):
    event = an_event(name)
    assert routing.standings([event]) == {}
    assert routing.departures([routing.happening_of(event)]) == []


def test_endpoints_can_ask_for_exactly_the_events_that_are_read():
    assert sorted(TOLD_TYPES) == READ
