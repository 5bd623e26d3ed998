import base64
import os

import pytest
from forkant_kit.keyring import Keyring, UnsealError, read_keys
from hypothesis import given
from hypothesis import strategies as st


@given(secret=st.binary(max_size=200), context=st.binary(max_size=40))
def test_a_sealed_value_opens_in_its_own_context(secret: bytes, context: bytes):
    keyring = Keyring([os.urandom(32)])
    assert keyring.unseal(keyring.seal(secret, context=context), context=context) == secret


def test_a_sealed_value_hides_what_it_holds_and_opens_in_no_other_context():
    keyring = Keyring([os.urandom(32)])
    sealed = keyring.seal(b"a secret", context=b"mine")
    assert b"a secret" not in sealed
    with pytest.raises(UnsealError, match="belongs elsewhere"):
        keyring.unseal(sealed, context=b"yours")


@pytest.mark.parametrize("place", range(44))
def test_a_sealed_value_with_one_bit_changed_does_not_open(place: int):
    keyring = Keyring([os.urandom(32)])
    sealed = bytearray(keyring.seal(b"twelve bytes", context=b""))
    sealed[place] ^= 1
    with pytest.raises(UnsealError):
        keyring.unseal(bytes(sealed), context=b"")


@pytest.mark.parametrize("length", range(32))
def test_a_sealed_value_cut_short_does_not_open(length: int):
    keyring = Keyring([os.urandom(32)])
    with pytest.raises(UnsealError):
        keyring.unseal(keyring.seal(b"x", context=b"")[:length], context=b"")


def test_after_a_change_of_keys_the_old_one_still_opens_and_the_new_one_seals():
    old, new = os.urandom(32), os.urandom(32)
    sealed = Keyring([old]).seal(b"secret", context=b"")
    both = Keyring([new, old])
    assert both.unseal(sealed, context=b"") == b"secret"
    with pytest.raises(UnsealError, match="give the older keys too"):
        Keyring([old]).unseal(both.seal(b"secret", context=b""), context=b"")


def test_keys_are_read_from_a_list():
    first, second = os.urandom(32), os.urandom(32)
    text = f"{base64.b64encode(first).decode()}, {base64.b64encode(second).decode()}"
    assert read_keys(text) == (first, second)


@pytest.mark.parametrize("text", ["", "short", "=", base64.b64encode(b"16 bytes are few").decode(), ","])
def test_keys_that_are_not_keys_are_refused_without_being_repeated(text: str):
    with pytest.raises(ValueError, match="base64") as refused:
        read_keys(text)
    assert not text or text not in str(refused.value).replace("base64, several", "")


def test_a_keyring_needs_a_key():
    with pytest.raises(ValueError, match="at least one"):
        Keyring([])
