"""What of a text is a word, and which words are one."""

import pytest
from case_service.domain.words import STOP_WORDS, words
from case_service.stems import stem, stems_sought, stems_to_find
from hypothesis import given
from hypothesis import strategies as st

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Og i det", []),
        ("Uro på torget, igjen!", ["uro", "torget", "igjen"]),
        ("kniv_salg e-post A/B", ["kniv", "salg", "post"]),
        ("IDÉ idé ide", ["ide", "ide", "ide"]),
        ("Björn Bjørn BJØRN", ["bjørn"] * 3),
        ("Håkon Ha\u030akon", ["håkon"] * 2),
        ("Müller", ["muller"]),
        ("ﬁre ４７", ["fire", "47"]),
        ("7 x 12", ["7", "12"]),
        ("Ærlig SØT ÅL", ["ærlig", "søt", "ål"]),
    ],
)
def test_words_of_a_text(text, expected):
    assert list(words(text)) == expected


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("ungdom", "Ungdommene var samlet"),
        ("ungdommer", "en ungdom"),
        ("slåsskamper", "Slåsskampen"),
        ("skole", "ungdomsskolens skolegård"),
        ("skolen", "Ungdomsskole"),
        ("salg", "narkotikasalget"),
        ("kjøpesenteret", "kjøpesenter"),
        ("lærer", "læreren"),
        ("søsteren", "søster"),
        ("foreldre", "foreldrene"),
        ("torg", "Youngstorget"),
    ],
)
def test_forms_of_a_word_and_ends_of_compounds_are_found(query, text):
    assert set(stems_sought(query)) <= stems_to_find(text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("ungdomsskole", "skole"),
        ("skole", "skolegård"),
        ("narkotika", "narkotikasalg"),
        ("bil", "stabil"),
        ("senter", "prosent"),
    ],
)
def test_what_is_promised_to_nobody_is_not_found(query, text):
    """First parts of compounds, a compound by its last part's text, and short words that end others."""
    assert not set(stems_sought(query)) <= stems_to_find(text)


@given(texts)
def test_whatever_a_query_holds_that_a_text_holds_too_is_found(text):
    assert set(stems_sought(text)) <= stems_to_find(text)


@given(texts, texts)
def test_a_text_is_found_by_the_words_of_its_parts(one, other):
    assert stems_to_find(one, other) == stems_to_find(one) | stems_to_find(other)
    assert stems_to_find(f"{one} {other}") == stems_to_find(one, other)


@given(st.sampled_from(sorted(STOP_WORDS)))
def test_no_text_is_found_by_a_word_that_every_text_has(word):
    assert stems_sought(word) == ()


def test_a_query_asks_for_each_word_once_and_in_order():
    assert stems_sought("skolen og kniven skole kniv") == (stem("skole"), stem("kniv"))


@given(st.text(alphabet=st.characters(codec="latin-1"), max_size=40))
def test_plain_norwegian_is_read_as_any_text_is(text):
    """What needs no evening out takes a shorter way: a letter from elsewhere beside it takes the long one."""
    assert list(words(f"{text} ᴬᴬ"))[:-1] == list(words(text))
