"""Who sends a request: what the access token says, once it is verified."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import HTTPConnection

from forkant_kit.problems import ProblemError

SCOPE_KEY: Final = "forkant.principal"


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or service with a unit and roles, from a verified access token."""

    subject: str
    unit: str
    roles: frozenset[str]
    client_id: str
    token_expires_at: datetime
    clearance: int = 1
    """The highest level of confidentiality that the issuer cleared the person for; 1 is the lowest."""

    def has_role(self, *roles: str) -> bool:
        """Tell whether the principal has one of the roles."""
        return not self.roles.isdisjoint(roles)


def current_principal(request: HTTPConnection) -> Principal:
    """Return the principal that the authentication middleware found.

    Raises:
        ProblemError: 401 ``unauthenticated``.
    """
    principal: Any = request.scope.get(SCOPE_KEY)
    if not isinstance(principal, Principal):
        raise unauthenticated()
    return principal


def unauthenticated() -> ProblemError:
    """Return the refusal of a request without a token."""
    return ProblemError(
        HTTPStatus.UNAUTHORIZED,
        "unauthenticated",
        "Unauthenticated",
        "Send an access token: Authorization: Bearer <token>.",
        headers={"WWW-Authenticate": 'Bearer realm="forkant"'},
    )


def invalid_token(reason: str) -> ProblemError:
    """Return the refusal of a token; the reason is a fixed word, never a part of the token."""
    return ProblemError(
        HTTPStatus.UNAUTHORIZED,
        "invalid-token",
        "Invalid token",
        "Get a new access token from the issuer.",
        extra={"reason": reason},
        headers={"WWW-Authenticate": f'Bearer realm="forkant", error="invalid_token", error_description="{reason}"'},
    )


def issuer_unavailable() -> ProblemError:
    """Return the refusal of a request whose token can't be checked, since the issuer does not answer."""
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "identity-provider-unavailable",
        "Identity provider unavailable",
        "Tokens can't be checked at the moment; try again soon.",
        headers={"Retry-After": "2"},
    )
