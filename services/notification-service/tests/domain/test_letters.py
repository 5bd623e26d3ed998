"""What a letter may be, and how addresses are written."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notification_service.domain.kinds import Kind
from notification_service.domain.languages import Language
from notification_service.domain.letters import (
    MAX_ITEMS,
    OF_THE_ADDRESS,
    Item,
    Letter,
    Purpose,
    Reason,
    Refused,
)
from notification_service.domain.recipients import is_email, is_number

ITEM = Item(kind=Kind.CASE_OPENED, unit="oslo", path="/inbox/1")


def letter(**changes) -> Letter:
    return Letter(
        **{
            "id": UUID(int=1),
            "to": "somebody@example.org",
            "language": Language.NB,
            "purpose": Purpose.MESSAGE,
            "items": (ITEM,),
            **changes,
        }
    )


CODE = {"purpose": Purpose.CONFIRMATION, "items": ()}


@pytest.mark.parametrize(
    "changes", [{}, {"purpose": Purpose.DIGEST, "items": (ITEM,) * MAX_ITEMS, "more": 7}, {**CODE, "code": "4F9K-22"}]
)
def test_a_letter_tells_one_thing_or_several_or_carries_a_code(changes):
    assert letter(**changes).id == UUID(int=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"items": ()},
        {"items": (ITEM, ITEM)},
        {"purpose": Purpose.DIGEST, "items": ()},
        {"purpose": Purpose.DIGEST, "items": (ITEM,) * (MAX_ITEMS + 1)},
        {"purpose": Purpose.DIGEST, "more": -1},
        {"more": 1},
        {"code": "123456"},
        CODE,
        {**CODE, "items": (ITEM,), "code": "123456"},
        {**CODE, "code": ""},
        {**CODE, "code": "123456\r\nBcc: all@example.org"},
        {**CODE, "code": "<b>123456"},
    ],
)
def test_a_letter_whose_parts_do_not_fit_its_purpose_is_refused_without_an_echo(changes):
    with pytest.raises(ValueError) as refused:
        letter(**changes)
    assert "example.org" not in str(refused.value)


@pytest.mark.parametrize(
    "path",
    ["", "inbox", "//evil.example/", "https://evil.example", "/a b", "/a\r\nb", "/\\evil.example", '/"><script>', "/é"],
)
def test_a_link_can_lead_to_no_other_site(path):
    with pytest.raises(ValueError):
        Item(kind=Kind.CASE_OPENED, unit="oslo", path=path)


def test_neither_address_nor_code_is_shown_by_the_letter_itself():
    shown = repr(letter(**CODE, code="4F9K-22"))
    assert "somebody" not in shown
    assert "4F9K" not in shown


@pytest.mark.parametrize("reason", Reason)
def test_only_what_speaks_against_the_address_takes_its_confirmation(reason):
    assert Refused(reason=reason).address_is_at_fault is (reason in OF_THE_ADDRESS)


@pytest.mark.parametrize(
    "text",
    ["a@b.no", "ola.nordmann+vakt@politiet.example", "o'neil@example.org", "a@xn--bcher-kva.example", "A@EXAMPLE.ORG"],
)
def test_addresses_of_e_mail_are_known(text):
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a@b",
        "@b.no",
        "a@",
        "a@@b.no",
        "a@b.no,c@d.no",
        "a@b.no\n",
        "a@b.no\r\nBcc: c@d.no",
        "<a@b.no>",
        "A <a@b.no>",
        '"a b"@c.no',
        "a@[127.0.0.1]",
        "a..b@c.no",
        ".a@c.no",
        "a@-b.no",
        "a@b.-no",
        "a@127.0.0.1",
        "ø@b.no",
        "a@bø.no",
        "a" * 65 + "@b.no",
        "a@" + "b" * 64 + ".no",
        "a@" + "b." * 130 + "no",
    ],
)
def test_what_is_not_one_plain_address_is_not_taken_for_one(text):
    assert not is_email(text)


@given(st.text())
def test_no_address_has_a_character_that_ends_a_header(text):
    for candidate in (text, f"a@{text}.no", f"{text}@b.no"):
        if is_email(candidate):
            assert candidate.isascii()
            assert not set(candidate) & set('\r\n\0 <>,;:"()[]\\')


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("+4791234567", True),
        ("+1234567", True),
        ("+123456789012345", True),
        ("+1234567890123456", False),
        ("4791234567", False),
        ("004791234567", False),
        ("+0791234567", False),
        ("+47 912 34 567", False),
        ("+47912\n", False),
        ("+٤٧٩١٢٣٤٥٦٧", False),
        ("", False),
    ],
)
def test_numbers_are_written_as_e164(text, known):
    assert is_number(text) is known
