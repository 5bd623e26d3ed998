"""`forkant keys`: the keys that free text is sealed under."""

import asyncio
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from forkant_devstack.stack.secret_store import SecretStore

keys = typer.Typer(no_args_is_help=True, help="Show and rotate the keys that free text is sealed under.")


@keys.command("show")
def show() -> None:
    """Show how many data keys each key seals, one line a key; exit code 1 when a key that is needed is missing."""
    from case_service.keys import WORDS
    from forkant_kit.vault_command import show as shown

    from forkant_devstack.stack.databases import running_databases
    from forkant_devstack.stack.text_keys import text_keys

    url = running_databases("case")["case"]
    keyring = text_keys(_store()).keyring
    raise typer.Exit(asyncio.run(shown(database_url=url, keyring=keyring, beside=(WORDS,))))


@keys.command("reseal")
def reseal_() -> None:
    """Write the words that cases are found by where they are missing, as in cases of before there was a search."""
    from case_service.keys import WORDS
    from forkant_kit.vault_command import reseal

    from forkant_devstack.stack.databases import running_databases
    from forkant_devstack.stack.text_keys import text_keys

    url, keyring = running_databases("case")["case"], text_keys(_store()).keyring
    raise typer.Exit(asyncio.run(reseal(database_url=url, keyring=keyring, beside=(WORDS,))))


@keys.command("rotate")
def rotate() -> None:
    """Replace the key, in two steps with a restart between them: a new one is made, then the old one is destroyed.

    Between the steps both are known to the API, the new one seals, and nothing is out of reach at any time. Run it
    again after the restart; a step that was interrupted goes on.
    """
    from case_service.keys import WORDS
    from forkant_kit.vault_command import reseal

    from forkant_devstack.process import DevstackError
    from forkant_devstack.stack.databases import running_databases
    from forkant_devstack.stack.text_keys import begin_rotation, end_rotation, text_keys

    store, url = _store(), running_databases("case")["case"]
    known = text_keys(store)
    if len(known.keys) == 1:
        made = begin_rotation(store).keyring
        typer.echo(f"Made the key {made.names[0]}, which seals from the next start on, beside {made.names[1]}.")
        typer.echo("Now restart (`forkant down`, `forkant up -d`), then run `forkant keys rotate` again.")
        return
    if not _started_since(known.made_at):
        raise DevstackError("the API still seals under the old key", hint="restart: `forkant down`, `forkant up -d`")
    code = asyncio.run(reseal(database_url=url, keyring=known.keyring, beside=(WORDS,)))
    if code:
        raise typer.Exit(code)
    gone = known.keyring.names[1:]
    end_rotation(store)
    typer.echo(f"Destroyed {', '.join(gone)}: what was sealed under it, in backups too, opens no more.")


def _store() -> "SecretStore":
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.stack.secret_store import SecretStore

    return SecretStore(find_layout().secrets)


def _started_since(moment: float) -> bool:
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.supervisor.state import running_state

    # Every process got its keys after the platform began to start.
    return running_state(find_layout().run).started_at > moment
