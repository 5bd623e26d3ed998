"""`forkant token`: an access token for a shell."""

from typing import Annotated

import typer


def token(
    *,
    persona: Annotated[str, typer.Option("--as", help="Who to be, like officer-oslo.")],
) -> None:
    """Print an access token of the development log-in, nothing else. Exit codes: 1 no such persona, 3 not running."""
    from forkant_devstack.stack.dev_token import dev_token
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.supervisor.state import running_state

    print(dev_token(running_state(find_layout().run).issuer, persona))
