"""The same person's reference has one form, however it is typed; another's has another."""

import pytest
from case_service.domain.subjects import LONGEST, SHORTEST, normal_form
from hypothesis import given
from hypothesis import strategies as st

ALIKE = [
    ("01011212345", "010112 12345"),
    ("01011212345", "010112-12345"),
    ("01011212345", "\uff10\uff11\uff10\uff11\uff11\uff12\uff11\uff12\uff13\uff14\uff15"),
    ("01011212345", "\u0660\u0661\u0660\u0661\u0661\u0662\u0661\u0662\u0663\u0664\u0665"),
    ("REG-2026-004711", "reg 2026/004711"),
    ("Å2026-471", "A\u030a2026471"),
    ("STRASSE-1", "straße 1"),
    ("ﬁrst-471", "FIRST471"),
    ("0000r\u00b81", "0000\u01571"),
]
UNLIKE = [("REG-004711", "REG-4711"), ("REG-004711", "REG-0047110"), ("Å20264711", "A20264711"), ("O00000", "000000")]

AWKWARD = "0Rr\u00b8\u0327\u00a8\u0308\u0345\u01f0\u0130\u1e9e\u0390\u037a\u1fb3\u0f73\uac00\u11a8"
"""Marks, letters that fold into several, and signs that come apart into a mark and a space."""


@pytest.mark.parametrize("pair", ALIKE, ids=str)
def test_what_stands_between_and_how_it_is_written_makes_no_difference(pair):
    assert normal_form(pair[0]) == normal_form(pair[1]) is not None


@pytest.mark.parametrize("pair", UNLIKE, ids=str)
def test_what_is_another_reference_stays_another(pair):
    assert normal_form(pair[0]) != normal_form(pair[1])


@pytest.mark.parametrize("short", ["", " ", "12345", "- - - - - -", "a-b-c"])
def test_too_little_is_no_reference(short):
    assert normal_form(short) is None


def test_its_length_is_that_of_its_form():
    assert normal_form("1 " * SHORTEST) == "1" * SHORTEST
    assert normal_form("1" * LONGEST) is not None
    assert normal_form("1" * (LONGEST + 1)) is None


@given(st.text(st.sampled_from(AWKWARD) | st.characters(), max_size=100))
def test_a_form_is_its_own_form(reference):
    form = normal_form(reference)
    assert form is None or normal_form(form) == form
