"""`forkant token`: an access token for a shell."""

import urllib.error
import urllib.parse
import urllib.request
from typing import Annotated

import typer

_NO_SUCH_PERSONA = 404


def token(
    *,
    persona: Annotated[str, typer.Option("--as", help="Who to be, like officer-oslo.")],
) -> None:
    """Print an access token of the development log-in, nothing else. Exit codes: 1 no such persona, 3 not running."""
    from forkant_devstack.process import DevstackError
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.supervisor.state import running_state

    issuer = running_state(find_layout().run).url("issuer")
    query = urllib.parse.urlencode({"as": persona})
    try:
        # Past any proxy: it is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{issuer}/dev/token?{query}", timeout=10) as answer:
            print(answer.read().decode().strip())
    except urllib.error.HTTPError as error:
        if error.code != _NO_SUCH_PERSONA:
            raise
        raise DevstackError(
            f"there is no persona {persona}",
            hint="take one like officer-oslo, lead-troms, analyst-vest, pod-analyst, pod-methods, pod-admin or auditor",
        ) from error
    except OSError as error:
        raise DevstackError(f"the log-in at {issuer} does not answer", hint="see `forkant logs issuer`") from error
