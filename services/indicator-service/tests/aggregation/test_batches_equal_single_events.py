"""However a stream is cut into batches, facts and cells are those of folding one event at a time."""

from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime
from typing import get_type_hints
from uuid import UUID, uuid4

import pytest
from forkant_contracts import EVENT_TYPES, Event
from forkant_contracts.events.case import CaseErased
from forkant_contracts.topics import CASE_TOPIC, CONCERN_TOPIC
from hypothesis import given, settings
from hypothesis import strategies as st
from indicator_service.aggregation.facts import CaseDraft, CaseFact, draft_of
from indicator_service.aggregation.fold import fold, streams_of

TYPES = {
    topic: [EVENT_TYPES[name] for name in sorted(EVENT_TYPES) if topic == EVENT_TYPES[name].TOPIC]
    for topic in (CASE_TOPIC, CONCERN_TOPIC)
}
AGGREGATES = [(UUID(int=1), CASE_TOPIC), (UUID(int=2), CASE_TOPIC), (UUID(int=3), CONCERN_TOPIC)]
# Few, so that a later event often tells of a part that is known.
PART_IDS = st.sampled_from([UUID(int=8), UUID(int=9)])
MOMENTS = st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def data_of(model):
    """Draw an event's data; hypothesis does not read pydantic's patterns, so these are drawn here."""
    drawn = {}
    for name, schema in model.model_json_schema()["properties"].items():
        forms = schema.get("anyOf", [schema])
        pattern = next((form["pattern"] for form in forms if "pattern" in form), None)
        if name in {"measure_id", "follow_up_id", "partner_id"}:
            drawn[name] = PART_IDS
        elif pattern is not None:
            text = st.from_regex(pattern, fullmatch=True)
            drawn[name] = text if len(forms) == 1 else st.none() | text
    return st.builds(model, **drawn)


DATA = {model: data_of(model) for models in TYPES.values() for model in models}


@st.composite
def stream(draw):
    """Draw events of some aggregates, mostly the next version of one, sometimes one that was seen before."""
    versions = Counter()
    made = []
    for aggregate, topic in draw(st.lists(st.sampled_from(AGGREGATES), min_size=1, max_size=25)):
        models = [model for model in TYPES[topic] if model is not CaseErased or draw(st.integers(0, 5)) == 0]
        data = draw(DATA[draw(st.sampled_from(models))])
        versions[aggregate] += 1
        made.append(an_event(data, aggregate, versions[aggregate], draw))
        if draw(st.integers(0, 4)) == 0:
            made.append(draw(st.sampled_from(made)))
    return made


def an_event(data, aggregate, version, draw):
    moment = draw(MOMENTS)
    unit = draw(st.sampled_from(["oslo", "troms", "oslo/gde-sentrum"]))
    return Event(
        id=uuid4(),
        source="/case-service",
        aggregate_id=aggregate,
        aggregate_version=version,
        unit=unit,
        occurred_at=moment,
        recorded_at=moment,
        data=data,
    )


def fold_all(batches):
    cases, concerns, cells = {}, {}, Counter()
    for batch in batches:
        known = deepcopy((cases, concerns))
        folded = fold(streams_of(batch), cases=cases, concerns=concerns)
        assert (cases, concerns) == known, "the fold changed the facts that it was given"
        cases, concerns = cases | folded.cases, concerns | folded.concerns
        cells.update(folded.delta)
    return cases, concerns, {cell: amount for cell, amount in cells.items() if amount}


@settings(deadline=None)
@given(data=st.data())
def test_any_cut_into_batches_gives_what_single_events_give(data):
    events = data.draw(stream())
    cuts = sorted(data.draw(st.sets(st.integers(1, len(events)))))
    batches = [events[start:end] for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True)]
    assert fold_all(batches) == fold_all([event] for event in events)


def test_a_draft_has_the_fields_of_the_fact_with_their_types():
    assert get_type_hints(CaseDraft) == get_type_hints(CaseFact)
    assert CaseFact(**draft_of(CaseFact(unit="oslo", goals=2))) == CaseFact(unit="oslo", goals=2)


@pytest.mark.parametrize("model", TYPES[CASE_TOPIC] + TYPES[CONCERN_TOPIC], ids=lambda model: model.TYPE)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_each_event_moves_the_version_of_its_fact(model, data):
    event = an_event(data.draw(DATA[model]), UUID(int=1), 1, data.draw)
    folded = fold(streams_of([event]), cases={}, concerns={})
    [fact] = (folded.cases | folded.concerns).values()
    assert fact.version == 1
