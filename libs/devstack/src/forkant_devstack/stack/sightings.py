"""Who has seen a case, as the audit trails of the services tell over their APIs, which record the question too."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import httpx

from forkant_devstack.process import DevstackError

ASKED: Final[Mapping[str, tuple[str, str]]] = {
    "case": ("object_id", "{}"),
    "indicator": ("object", "case:{}"),
    "notification": ("object_id", "{}"),
}
"""The services whose trails name cases, with the parameter of each that takes one, and how it is written there."""
_PAGE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One act on a case: who, when, in which service, and why."""

    at: str
    service: str
    subject: str
    unit: str
    roles: tuple[str, ...]
    action: str
    outcome: str
    purpose: str | None

    @property
    def shown(self) -> bool:
        """Whether something of the case was shown or changed; the trail tells who has seen it, and nothing of it."""
        return self.outcome in {"done", "repeated"} and self.action != "audit.read"


def sightings_of(case: UUID, *, urls: Mapping[str, str], token: str) -> list[Sighting]:
    """Return all acts on a case, the oldest first, from each service of ``urls``.

    Raises:
        DevstackError: a service refuses to tell, or does not answer; half of an answer would pass for the whole.
    """
    found: list[Sighting] = []
    # Past any proxy: it is on this machine.
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False) as http:
        for service, url in urls.items():
            found += [_sighting(service, line) for line in _lines(http, service, f"{url}/v1/audit", case)]
    return sorted(found, key=lambda each: each.at)


def _lines(http: httpx.Client, service: str, url: str, case: UUID) -> Iterator[Mapping[str, Any]]:
    name, written = ASKED[service]
    asking: dict[str, str | int] = {name: written.format(case), "limit": _PAGE}
    while True:
        try:
            answer = http.get(url, params=asking)
        except httpx.TransportError as error:
            raise DevstackError(
                f"the {service} service does not answer", hint=f"see `forkant logs {service}-api`"
            ) from error
        if answer.status_code in {httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND}:
            raise DevstackError(
                f"the {service} service does not tell who has seen that case ({answer.status_code})",
                hint="ask as an auditor, or as the privacy officer of the case's unit",
            )
        if not answer.is_success:
            raise DevstackError(
                f"the {service} service answered {answer.status_code}", hint=f"see `forkant logs {service}-api`"
            )
        page = answer.json()
        yield from page["items"]
        if page["next"] is None:
            return
        asking["cursor"] = page["next"]


def _sighting(service: str, line: Mapping[str, Any]) -> Sighting:
    told = {name: line[name] for name in ("at", "subject", "unit", "action", "outcome", "purpose")}
    return Sighting(service=service, roles=tuple(line["roles"]), **told)
