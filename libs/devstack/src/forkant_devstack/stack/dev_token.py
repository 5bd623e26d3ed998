"""Access tokens of the development log-in."""

import urllib.error
import urllib.parse
import urllib.request

from forkant_devstack.process import DevstackError

_NO_SUCH_PERSONA = 404


def dev_token(issuer_url: str, persona: str) -> str:
    """Return an access token of a persona.

    Raises:
        DevstackError: there is no such persona, or the log-in does not answer.
    """
    query = urllib.parse.urlencode({"as": persona})
    try:
        # Past any proxy: it is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{issuer_url}/dev/token?{query}", timeout=10) as answer:
            return str(answer.read().decode().strip())
    except urllib.error.HTTPError as error:
        if error.code != _NO_SUCH_PERSONA:
            raise
        raise DevstackError(
            f"there is no persona {persona}",
            hint="take one like officer-oslo, lead-troms, analyst-vest, pod-analyst, pod-methods, pod-admin or auditor",
        ) from error
    except OSError as error:
        raise DevstackError(f"the log-in at {issuer_url} does not answer", hint="see `forkant logs issuer`") from error
