"""Who may do what: one table of actions and roles for each service, default deny.

A route declares its action with :func:`requires`; the application refuses to start with a route that declares none.
The table decides by role; which rows a principal sees is the business of the service's queries.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from fastapi import Depends, Request

from forkant_kit.parameters import refuse_unknown_parameters
from forkant_kit.principal import Principal, current_principal
from forkant_kit.problems import ProblemError

_ACTION_MARK: Final = "__forkant_action__"


class Policy:
    """The table of one service: which roles may take which action."""

    def __init__(self, rules: Mapping[str, frozenset[str]]) -> None:
        """Keep a copy of the table; an action that is not in it is refused to everybody."""
        self._rules = {action: frozenset(roles) for action, roles in rules.items()}

    @property
    def actions(self) -> frozenset[str]:
        """All actions of the table."""
        return frozenset(self._rules)

    def roles_of(self, action: str) -> frozenset[str]:
        """Which roles may take an action; none when it is not in the table."""
        return self._rules.get(action, frozenset())

    def allows(self, principal: Principal, action: str) -> bool:
        """Whether one of the principal's roles may take the action."""
        return not self._rules.get(action, frozenset()).isdisjoint(principal.roles)


def requires(action: str) -> Any:
    """Return the dependency that lets a route be used only by those who may take the action, and gives the Principal.

    The request gets 403 ``forbidden`` otherwise; it never learns whether the resource exists. A query parameter that
    the route doesn't have gets 422.
    """

    async def permitted(request: Request) -> Principal:
        return permit(request, action)

    return declaring(action, permitted)


def permit(request: Request, action: str) -> Principal:
    """Return who asks, for a dependency that :func:`declaring` says the action of.

    Raises:
        ProblemError: as :func:`requires` says.
    """
    principal = current_principal(request)
    policy: Policy = request.app.state.policy
    if not policy.allows(principal, action):
        raise ProblemError(
            403, "forbidden", "Your role may not do this", "Ask the prevention lead of your unit who may."
        )
    refuse_unknown_parameters(request)
    return principal


def declaring(action: str, call: Callable[..., Awaitable[object]]) -> Any:
    """Return a dependency that asks :func:`permit` itself: one less to solve for each request."""
    setattr(call, _ACTION_MARK, action)
    return Depends(call)


def action_of(call: object) -> str | None:
    """Return the action that a dependency made by :func:`requires` declares."""
    return getattr(call, _ACTION_MARK, None)
