"""Who made which event, told from the trail alone; and that whatever happens has its sentence in both languages."""

from datetime import UTC, datetime, timedelta
from string import Formatter

import pytest
from case_service.domain.labels import LABELS, Language
from case_service.domain.lifecycle import decide
from case_service.domain.refusals import Refusal
from case_service.domain.sentences import TEMPLATES, Template, sentence
from case_service.domain.standing import Case
from case_service.domain.timeline import LOOKS, TOGETHER, Act, Event, joined
from forkant_contracts import EVENT_TYPES
from forkant_contracts.codes import CaseState
from forkant_contracts.topics import CASE_TOPIC
from hypothesis import given
from hypothesis import strategies as st

from .test_lifecycle_properties import plays, steered

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
SPAN = timedelta(hours=1)
"""More than what is written together can be apart."""
TYPES = sorted(name for name, kind in EVENT_TYPES.items() if kind.TOPIC == CASE_TOPIC)
changes = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["a", "b", "c"]), st.integers(0, 2), st.integers(0, 1)), max_size=20
)
"""How many events each makes, by whom, how many looks follow it, and whether somebody looks who saw an older version."""


def history(drawn):
    """Return events, the trail, and for each position who truly did it."""
    events, acts, truth, version, number = [], [], {}, 0, 0
    for place, (made, who, looks, stale) in enumerate([(1, "opener", 0, 0), *drawn]):
        at = BEGUN + place * SPAN
        for _ in range(made):
            version += 1
            truth[version, 0] = who
            events.append(Event(version=version, code="case.x", unit="oslo", occurred_at=at, recorded_at=at, facts={}))
        number += 1
        action = "case.open" if place == 0 else "case.set_level"
        acts.append(entry(number, at, who, action, version))
        if not made:
            truth[version, number] = who
        for older in [0] * looks + [1] * stale:
            number += 1
            acts.append(entry(number, at, "onlooker", "case.history", max(1, version - older)))
    return events, acts, truth


def entry(number, at, who, action, version):
    return Act(number=number, at=at + TOGETHER / 2, subject=who, unit="oslo", roles=(), action=action, version=version)


@given(changes)
def test_each_event_is_told_with_who_made_it_and_each_act_without_one_by_itself(drawn):
    events, acts, truth = history(drawn)
    assert {line.position: line.act.subject for line in joined(events, acts)} == truth


@given(changes, st.data())
def test_a_trail_that_was_cut_names_nobody_rather_than_somebody_else(drawn, data):
    events, acts, truth = history(drawn)
    kept = [act for act in acts[data.draw(st.integers(0, len(acts))) :] if act.action not in LOOKS]
    lines = joined(events, kept)
    told = {line.position: line.act.subject for line in lines if line.act is not None}
    assert told.items() <= truth.items()
    assert {position for position in truth if position[1] == 0} <= {line.position for line in lines}
    untold = {position for position in truth if position[1]}
    assert told.keys() >= {(version, number) for version, number in untold if kept and number >= kept[0].number}


@given(changes, st.data())
def test_a_page_tells_what_the_whole_tells(drawn, data):
    events, acts, _ = history(drawn)
    whole = joined(events, acts)
    cut = data.draw(st.integers(0, len(whole) - 1))
    version, number = whole[cut].position
    later = joined(
        [one for one in events if one.version > version or (one.version == version and number == 0)],
        [one for one in acts if one.version > version or (one.version == version and one.number > number)],
    )
    assert [line for line in later if line.position > whole[cut].position] == whole[cut + 1 :]


def code_of(name: str) -> str:
    return name.removeprefix("no.forkant.").rpartition(".v")[0]


@pytest.mark.parametrize("name", TYPES)
def test_each_event_of_a_case_has_a_sentence(name):
    assert code_of(name) in TEMPLATES


@given(plays)
def test_each_act_that_makes_no_event_has_a_sentence(play):
    random, plan = play
    case = Case(state=CaseState.REGISTERED)
    for drawn in plan:
        attempt = steered(case, random, drawn)
        try:
            decision = decide(case, attempt)
        except Refusal:
            continue
        assert decision.happenings or f"case.{attempt.action.value}" in TEMPLATES
        case = decision.case


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_sentence_names_what_is_declared_and_exists_in_both_languages(name):
    template: Template = TEMPLATES[name]
    for words in (template.words.nb, template.words.en):
        assert {field for _, field, _, _ in Formatter().parse(words) if field} == set(template.names)
        assert words.endswith(".")


@pytest.mark.parametrize("name", TYPES)
def test_a_sentence_names_facts_of_its_event(name):
    fields = EVENT_TYPES[name].model_fields.keys() | {"unit"}
    # The kind of a measure or a partner stands in the event that it began with.
    assert set(TEMPLATES[code_of(name)].names) <= fields | {"kind"}


@pytest.mark.parametrize("listed", LABELS, ids=lambda listed: listed.__name__)
def test_each_code_of_a_list_is_called_something_in_both_languages(listed):
    assert set(LABELS[listed]) == {code.value for code in listed if code.name != "UNKNOWN"}
    assert all(label.nb and label.en for label in LABELS[listed].values())


@pytest.mark.parametrize(
    ("code", "facts", "nb", "en"),
    [
        (
            "measure.planned",
            {"kind": "youth_contract", "due_on": "2026-06-01"},
            "Tiltaket ungdomskontrakt ble planlagt med frist 01.06.2026.",
            "The measure youth contract was planned, due 2026-06-01.",
        ),
        (
            "case.transferred",
            {"from_unit": "oslo", "unit": "sor-ost"},
            "Saken ble overført fra Oslo politidistrikt til Sør-Øst politidistrikt.",
            "The case was transferred from Oslo Police District to Sør-Øst Police District.",
        ),
        (
            "case.goal-changed",
            {},
            "Målet i forebyggingsplanen som saken er knyttet til, ble endret.",
            "The goal of the prevention plan that the case is tied to was changed.",
        ),
        ("partner.added", {"kind": "school"}, "Skolen kom med i arbeidet.", "The school joined the work."),
        ("case.restricted", {"restricted": False}, "Sperringen ble opphevet.", "The restriction was lifted."),
        ("case.closed", {"reason": "a_newer_code"}, "Saken ble avsluttet: a_newer_code.", "The case was closed: a_newer_code."),
        ("measure.started", {}, "Tiltaket – begynte.", "The measure – began."),
        ("something.new", {}, "Noe i saken ble endret.", "Something in the case was changed."),
    ],
)  # fmt: skip
def test_sentences_read_as_sentences(code, facts, nb, en):
    assert sentence(code, facts, Language.NB).text == nb
    assert sentence(code, facts, Language.EN).text == en
