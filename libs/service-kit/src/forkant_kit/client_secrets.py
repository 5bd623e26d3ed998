"""How a client shows the issuer who it is; while its secret is replaced, by that of several which the issuer takes."""

from typing import Any
from urllib.parse import quote_plus

import httpx
from pydantic import SecretStr

from forkant_kit.issuer_documents import ClientRefusedError, fetch_object
from forkant_kit.secrets_in_turn import in_turn


class ClientSecrets:
    """A client's id with its secrets, as the setting has them: several, separated by commas."""

    def __init__(self, client_id: str, client_secret: SecretStr) -> None:
        """Take them; nothing is asked yet."""
        given = in_turn(client_secret.get_secret_value())
        # Form-encoded first, as RFC 6749, 2.3.1 has it.
        self._shown = [httpx.BasicAuth(quote_plus(client_id), quote_plus(each)) for each in given if each]

    async def ask(self, http: httpx.AsyncClient, url: str, step: str, *, form: dict[str, str]) -> dict[str, Any]:
        """Return what the issuer answers; the secret that it took last is shown first the next time.

        Raises:
            ClientRefusedError: it takes none of the secrets.
            IssuerUnavailableError, httpx.HTTPError, ValueError: see :func:`.fetch_object`.
        """
        refused = None
        for auth in list(self._shown):
            try:
                answer = await fetch_object(http, url, step, form=form, auth=auth)
            except ClientRefusedError as error:
                refused = error
            else:
                self._shown.sort(key=lambda each: each is not auth)
                return answer
        raise refused or ClientRefusedError(f"{step}: no client secret is set")
