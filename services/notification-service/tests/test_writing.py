"""What letters say: every kind in every language, and nothing but the platform's own words and names of units."""

import hashlib
import re
import string
from dataclasses import astuple
from html.parser import HTMLParser
from uuid import UUID

import pytest
from forkant_contracts.units import UNITS
from hypothesis import given
from hypothesis import strategies as st
from notification_service.channels.writing import write, write_short
from notification_service.domain.kinds import Kind
from notification_service.domain.languages import Language
from notification_service.domain.letters import Item, Letter, Purpose
from notification_service.domain.texts import en, nb, nn
from notification_service.domain.texts.frame import FRAMES
from notification_service.domain.wording import WORDING, message, told, unit_name

SITE = "https://forkant.example"
PINNED = ("6", "3bf106cc20cfaae7")
BY_LANGUAGE = {Language.NB: nb.TEXTS, Language.NN: nn.TEXTS, Language.EN: en.TEXTS}
EVERY = [(kind, language) for kind in Kind for language in Language]


def letter(*items: Item, language: Language = Language.NB, purpose: Purpose = Purpose.MESSAGE, **changes) -> Letter:
    return Letter(
        id=UUID(int=7), to="somebody@example.org", language=language, purpose=purpose, items=tuple(items), **changes
    )


def item(kind: Kind = Kind.CASE_OPENED, unit: str = "oslo", about_unit: str | None = None) -> Item:
    return Item(kind=kind, unit=unit, about_unit=about_unit, path="/inbox/0198")


class Seen(HTMLParser):
    """What a reader of the HTML sees and where it leads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.words += data


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_every_kind_is_told_in_every_language(kind, language):
    written = write(letter(item(kind), language=language), site=SITE)
    title, text = told(kind, "oslo", language)
    assert title in written.subject
    assert text in written.text
    assert unit_name("oslo", language) in written.subject
    assert f"{SITE}/inbox/0198" in written.text
    assert not re.search(r"[{}]", written.subject + written.text)
    assert f'<html lang="{language}">' in written.html
    short = write_short(letter(item(kind), language=language), site=SITE)
    assert title in short
    assert "\n" not in short


def test_a_unit_is_named_as_its_language_names_it():
    assert [unit_name("pu", language) for language in Language] == [
        "Politiets utlendingsenhet",
        "Politiets utlendingseining",
        "National Police Immigration Service",
    ]
    assert message(Kind.CASE_OPENED, "oslo/gde-sentrum").text.nn.startswith("Oslo politidistrikt har oppretta")


def test_a_text_takes_a_unit_and_nothing_else():
    for texts in BY_LANGUAGE.values():
        assert texts.keys() == set(Kind)
        for title, text in texts.values():
            assert fields(title) == set()
            assert fields(text) == {"unit"}
    allowed = {"title", "unit", "count", "code"}
    for frame in FRAMES.values():
        assert set().union(*(fields(text) for text in astuple(frame))) <= allowed


def test_nynorsk_is_not_bokmaal():
    same = [kind for kind in Kind if nb.TEXTS[kind][1] == nn.TEXTS[kind][1]]
    assert same == []


ATTACKS = [
    "{unit.__class__}",
    "<script>alert(1)</script>",
    "oslo\r\nBcc: all@example.org",
    "Ola Nordmann",
    "01019012345",
    "https://evil.example",
    "oslo/gde-<b>",
    "a" * 500,
    "",
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("language", Language)
def test_what_is_no_units_id_is_never_repeated(attack, language):
    for one in (item(unit=attack), item(about_unit=attack)) if attack else (item(unit=attack),):
        written = write(letter(one, language=language), site=SITE)
        for said in (written.subject, written.text, written.html, write_short(letter(one), site=SITE)):
            assert not attack or attack not in said
            assert "\r" not in said
    assert "\n" not in written.subject


@given(unit=st.text())
def test_a_letter_is_made_of_the_platforms_words_whatever_the_unit_says(unit):
    name = unit_name(unit, Language.NB)
    assert name in {u.name_nb for u in UNITS.values()} | {"en enhet"} or re.fullmatch(r"[a-z/0-9-]+", name)
    seen = Seen(write(letter(item(unit=unit)), site=SITE, preferences=f"{SITE}/preferences").html)
    assert seen.tags == {"html", "head", "meta", "title", "body", "p", "strong", "a"}
    assert seen.links == [f"{SITE}/inbox/0198", f"{SITE}/preferences"]


@pytest.mark.parametrize("language", Language)
def test_a_digest_tells_each_thing_and_how_many_there_are_besides(language):
    two = letter(item(), item(Kind.TASK_OVERDUE), language=language, purpose=Purpose.DIGEST, more=3)
    written = write(two, site=SITE)
    assert "5" in written.subject
    assert "3" in written.text
    assert all(told(each.kind, "oslo", language)[1] in written.text for each in two.items)
    assert write(letter(item(), language=language, purpose=Purpose.DIGEST), site=SITE).subject.split()[1] == "1"


@pytest.mark.parametrize("language", Language)
def test_a_confirmation_carries_its_code_and_no_link(language):
    written = write(letter(language=language, purpose=Purpose.CONFIRMATION, code="4F9K-22"), site=SITE)
    assert "4F9K-22" in written.text
    assert "4F9K" not in written.subject
    assert SITE not in written.text + written.html


def test_the_version_of_the_words_is_raised_when_they_change():
    """A log that names a version tells what was read; after a change of words raise WORDING and pin it here."""
    words = repr([(language, kind, BY_LANGUAGE[language][kind]) for kind, language in EVERY])
    words += repr([astuple(FRAMES[language]) for language in Language])
    assert (WORDING, hashlib.sha256(words.encode()).hexdigest()[:16]) == PINNED


def test_a_letter_leads_to_no_page_for_choices_where_there_is_none():
    assert Seen(write(letter(item()), site=SITE).html).links == [f"{SITE}/inbox/0198"]
