"""The keys of free text: made once, rotated in two steps, the old one destroyed only at the end."""

from forkant_devstack.stack.secret_store import SecretStore
from forkant_devstack.stack.text_keys import begin_rotation, end_rotation, text_keys


def test_the_first_key_is_made_once(tmp_path):
    store = SecretStore(tmp_path / "secrets.json")
    assert text_keys(store) == text_keys(store)
    assert len(text_keys(store).keys) == 1


def test_a_rotation_knows_both_keys_until_it_ends_with_the_new_one_alone(tmp_path):
    store = SecretStore(tmp_path / "secrets.json")
    [old] = text_keys(store).keys
    begun = begin_rotation(store)
    assert begun.keys[1:] == (old,)
    assert text_keys(store) == begun
    assert begun.keyring.names[0] != begun.keyring.names[1]
    ended = end_rotation(store)
    assert ended.keys == begun.keys[:1]
    assert ended.made_at == begun.made_at


def test_other_secrets_stay_as_they_are(tmp_path):
    store = SecretStore(tmp_path / "secrets.json")
    password = store.get("password")
    begin_rotation(store)
    assert store.get("password") == password
