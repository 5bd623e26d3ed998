"""A word becomes a number that says nothing without the key, and is the same number for the same word."""

import os

from forkant_kit.blind import Blinder
from forkant_kit.keyring import Keyring
from hypothesis import given
from hypothesis import strategies as st

OLD, NEW = (bytes([number]) * 32 for number in (1, 2))
words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(word=words, context=words)
def test_a_word_is_looked_for_as_what_it_is_written_as(word, context):
    blinder = Blinder(Keyring([OLD]))
    assert blinder.sought(word, context=context) == [blinder.written(word, context=context)]
    assert -(2**63) <= blinder.written(word, context=context) < 2**63


@given(one=st.tuples(words, words), other=st.tuples(words, words))
def test_other_words_and_other_contexts_are_other_numbers(one, other):
    blinder = Blinder(Keyring([OLD]))
    same = blinder.written(one[0], context=one[1]) == blinder.written(other[0], context=other[1])
    assert same == (one == other)


def test_another_key_makes_other_numbers():
    assert Blinder(Keyring([OLD])).written("skole", context="oslo") != Blinder(Keyring([NEW])).written(
        "skole", context="oslo"
    )


def test_while_keys_change_the_newest_writes_and_each_is_looked_for():
    old, both = Blinder(Keyring([OLD])), Blinder(Keyring([NEW, OLD]))
    assert both.newest == Keyring([NEW]).names[0]
    assert both.written("skole", context="oslo") != old.written("skole", context="oslo")
    assert set(both.sought("skole", context="oslo")) == {
        both.written("skole", context="oslo"),
        old.written("skole", context="oslo"),
    }


def test_numbers_stay_what_they_are_from_one_release_to_the_next():
    assert Blinder(Keyring([OLD])).written("skol", context="oslo") == 4204081129060144950


def test_a_derived_key_is_none_of_the_keys_and_another_for_another_purpose():
    keys = [os.urandom(32), os.urandom(32)]
    keyring = Keyring(keys)
    derived = [*keyring.derived(b"one purpose"), *keyring.derived(b"another")]
    assert len({*derived, *keys}) == 6
    assert keyring.derived(b"one purpose") == Keyring(keys).derived(b"one purpose")
