"""Cursors can't be forged or carried elsewhere; ETags say which version was seen."""

import base64
from itertools import pairwise

import pytest
from forkant_kit.etag import etag, expected_version, stale_version
from forkant_kit.paging import decode_cursor, encode_cursor
from forkant_kit.problems import ProblemError
from hypothesis import given
from hypothesis import strategies as st

SECRET = "s" * 32
POSITIONS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(POSITIONS)
def test_a_cursor_comes_back_as_it_was(position: object):
    assert decode_cursor(SECRET, "cases", encode_cursor(SECRET, "cases", position)) == position


def test_a_position_too_long_to_come_back_makes_no_cursor():
    with pytest.raises(ValueError, match="too long"):
        encode_cursor(SECRET, "cases", "a" * 1000)


@given(st.binary(max_size=60))
def test_noise_is_no_cursor(noise: bytes):
    with pytest.raises(ProblemError, match="invalid-cursor"):
        decode_cursor(SECRET, "cases", base64.urlsafe_b64encode(noise).decode())


@given(st.text(max_size=60))
def test_any_text_is_no_cursor(text: str):
    with pytest.raises(ProblemError, match="invalid-cursor"):
        decode_cursor(SECRET, "cases", text)


def test_a_cursor_belongs_to_one_list_one_secret_and_one_position():
    cursor = encode_cursor(SECRET, "cases?unit=oslo", ["2026-01-01", 7])
    tag = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[:16]
    forged = base64.urlsafe_b64encode(tag + b'["2026-01-01",8]').rstrip(b"=").decode()
    for secret, scope, text in (
        ("t" * 32, "cases?unit=oslo", cursor),
        (SECRET, "cases?unit=troms", cursor),
        (SECRET, "cases?unit=oslo", forged),
        (SECRET, "cases?unit=oslo", cursor[:-1]),
        (SECRET, "cases?unit=oslo", cursor + "A" * 2000),
    ):
        with pytest.raises(ProblemError) as caught:
            decode_cursor(secret, scope, text)
        assert (caught.value.status, caught.value.code) == (400, "invalid-cursor")


def test_while_a_secret_is_replaced_no_process_refuses_what_another_signed():
    old, new = SECRET, "n" * 32
    steps = (old, f"{old},{new}", f"{new}, {old}", new)
    for before, after in pairwise(steps):
        for signs, reads in ((before, after), (after, before)):
            assert decode_cursor(reads, "cases", encode_cursor(signs, "cases", 7)) == 7
    with pytest.raises(ProblemError, match="invalid-cursor"):
        decode_cursor(new, "cases", encode_cursor(old, "cases", 7))


def test_an_etag_names_a_version():
    assert expected_version(etag(7)) == 7
    assert expected_version(f" {etag(7)} ") == 7


def test_a_change_without_if_match_is_refused():
    with pytest.raises(ProblemError) as caught:
        expected_version(None)
    assert (caught.value.status, caught.value.code) == (428, "if-match-required")


@pytest.mark.parametrize("sent", ["", "*", "7", "v7", 'W/"v7"', '"v7", "v8"', '"v-1"', '"v٧"', '"v1234567890"'])
def test_an_if_match_that_is_no_etag_of_ours_matches_nothing(sent: str):
    with pytest.raises(ProblemError) as caught:
        expected_version(sent)
    assert (caught.value.status, caught.value.code) == (412, stale_version().code)
