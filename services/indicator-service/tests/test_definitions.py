"""The definition files say what they must, in three languages."""

import re
from datetime import date

import pytest
from indicator_service.definitions import Catalogue, Indicator, load_catalogue
from pydantic import ValidationError


def test_all_21_indicators_and_the_counts_are_defined():
    catalogue = load_catalogue()
    assert [i.number for i in catalogue.indicators] == list(range(1, 22))
    assert [c.key for c in catalogue.counts] == ["open", "opened", "closed", "concerns_received"]


# Words that are written otherwise in nynorsk: where one stands, a text was copied and not translated.
BOKMAL_ALONE = frozenset(
    [
        "ikke",
        "fra",
        "noen",
        "hva",
        "ennå",
        "måned",
        "måneden",
        "måneder",
        "månedene",
        "enhet",
        "enheter",
        "enheten",
        "saken",
        "ble",
        "dager",
        "dagene",
        "åpne",
        "åpen",
        "opprettet",
        "avsluttet",
        "avgjort",
        "hele",
        "hvor",
        "hvert",
        "innen",
        "mer",
        "etterhvert",
        "godkjent",
        "opplysninger",
        "bekymringer",
    ]
)


def texts_of(catalogue):
    versions = [version for indicator in catalogue.indicators for version in indicator.versions]
    named = [
        (v.name, v.description, v.denominator_text, v.numerator_text, *(f.name for f in v.further)) for v in versions
    ]
    counts = [(count.name, count.description) for count in catalogue.counts]
    return [text for texts in (*named, *counts) for text in texts if text is not None]


def test_texts_differ_between_norwegian_and_english():
    assert all(text.en not in {text.nb, text.nn} for text in texts_of(load_catalogue()))


def test_no_text_in_nynorsk_holds_a_word_of_bokmal_alone():
    texts = texts_of(load_catalogue())
    assert len(texts) > 80
    found = {text.nn: BOKMAL_ALONE & {*re.findall(r"\w+", text.nn.lower())} for text in texts}
    assert {nn: words for nn, words in found.items() if words} == {}


@pytest.fixture
def document():
    [indicator] = [i for i in load_catalogue().indicators if i.number == 10]
    found = indicator.model_dump(mode="json")
    # Most of what follows sets it against what is imported, which is split by nothing.
    found["versions"][0]["dimensions"] = []
    return found


def test_the_version_in_force_is_the_newest_one_that_has_begun(document):
    [first] = document["versions"]
    document["versions"] = [first, {**first, "version": 2, "valid_from": "2027-01-01", "minimum_n": 10}]
    indicator = Indicator.model_validate(document)
    assert [indicator.at(date(y, 1, 1)).version for y in (2000, 2018, 2026, 2027, 2030)] == [1, 1, 1, 2, 2]


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"kind": "duration"},
        {"numerator": None},
        {"numerator": "no_such_metric"},
        {"valid_from": "soon"},
        {"minimum_n": 0},
        {"name": {"nb": "Bare bokmål", "en": "No nynorsk"}},
        {"name": {"nb": "Bare norsk", "nn": "Berre norsk"}},
        {"surprise": 1},
    ],
)
def test_a_definition_that_lacks_something_is_refused(document, change):
    document["versions"] = [{**document["versions"][0], **change}]
    with pytest.raises(ValidationError):
        Indicator.model_validate(document)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"numerator": "inhabitants"}, "part of its denominator"),
        ({"numerator": "prevention_hours", "denominator": "subjects_closed"}, "part of its denominator"),
        ({"denominator": "total_hours", "kind": "rate"}, "imported by months"),
        ({"kind": "rate"}, "rests on an imported series"),
        ({"denominator": "inhabitants", "kind": "rate", "wholes": ["opened"]}, "a numerator and a denominator alone"),
        ({"denominator": "inhabitants", "kind": "count"}, "lacks the cells"),
        ({"further": [{"key": "odd", "name": {"nb": "a", "nn": "c", "en": "b"}, "numerator": "subjects_closed",
                       "denominator": "total_hours"}]}, "part of its denominator"),
    ],
)  # fmt: skip
def test_a_definition_that_sets_against_each_other_what_does_not_fit_is_refused(document, change, says):
    document["versions"] = [{**document["versions"][0], **change}]
    with pytest.raises(ValidationError, match=says):
        Indicator.model_validate(document)


@pytest.mark.parametrize(
    "change",
    [
        {"numerator": "closed", "denominator": "inhabitants", "kind": "rate", "per": 100_000},
        {"numerator": "incidents_after", "denominator": "inhabitants", "kind": "rate"},
        {"numerator": "prevention_hours", "denominator": "incidents_before", "kind": "rate"},
    ],
)
def test_another_combination_of_what_is_imported_needs_no_code(document, change):
    document["versions"] = [{**document["versions"][0], **change}]
    assert Indicator.model_validate(document).versions[0].series


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"dimensions": ["theme"], "numerator": "closed", "denominator": "inhabitants", "kind": "rate"},
            "split by nothing",
        ),
        ({"dimensions": ["case_type"], "numerator": "became_case", "denominator": "concerns_decided"}, "no case type"),
        ({"dimensions": ["kind"]}, "Input should be 'theme'"),
        ({"dimensions": ["method"]}, "not everything is counted by method"),
        (
            {"dimensions": ["arena"], "numerator": "digital_measures", "denominator": "measures"},
            "not everything is counted by arena",
        ),
    ],
)
def test_a_dimension_that_the_cells_do_not_know_is_refused(document, change, says):
    document["versions"] = [{**document["versions"][0], **change}]
    with pytest.raises(ValidationError, match=says):
        Indicator.model_validate(document)


def test_two_versions_from_the_same_day_are_refused(document):
    [first] = document["versions"]
    document["versions"] = [first, {**first, "version": 2}]
    with pytest.raises(ValidationError, match="later day"):
        Indicator.model_validate(document)


def test_two_indicators_with_one_number_are_refused(document):
    with pytest.raises(ValidationError, match="same number"):
        Catalogue.model_validate({"indicators": [document, document], "counts": []})
