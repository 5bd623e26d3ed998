"""The certificate of an erasure, and whether each reader of events has erased what it kept, as their trails tell."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import httpx
from forkant_kit.audit.record import ERASED

from forkant_devstack.process import DevstackError

READERS: Final[Mapping[str, str]] = {"indicator": "object", "notification": "object_id"}
"""The services that keep something about cases, and how their trails are asked about one."""


def certificate_of(case: UUID, *, url: str, token: str) -> dict[str, Any]:
    """Return the certificate of the case service.

    Raises:
        DevstackError: there is none for this asker, or the service does not answer.
    """
    answer = _get(f"{url}/v1/cases/{case}/erasure", {}, token=token, service="case")
    if not answer.is_success:
        raise DevstackError(
            f"there is no certificate for that case ({answer.json().get('code', answer.status_code)})",
            hint="ask as the privacy officer or the lead of its unit, for example --as privacy-oslo",
        )
    found: dict[str, Any] = answer.json()
    return found


def erased_at(case: UUID, *, service: str, url: str, version: int, token: str) -> str | None:
    """Return when a reader erased what it kept, None when its trail does not say that it did.

    Raises:
        DevstackError: the service refuses to tell, or does not answer.
    """
    name = f"case:{case}" if READERS[service] == "object" else str(case)
    asked = {READERS[service]: name, "subject": f"{service}-service", "limit": "100"}
    answer = _get(f"{url}/v1/audit", asked, token=token, service=service)
    if not answer.is_success:
        raise DevstackError(f"the {service} service does not tell ({answer.status_code})", hint="ask as an auditor")
    lines = (line for line in answer.json()["items"] if line["action"] == ERASED and line["version"] >= version)
    return next((str(line["at"]) for line in lines), None)


def _get(url: str, params: Mapping[str, str], *, token: str, service: str) -> httpx.Response:
    try:
        # Past any proxy: it is on this machine.
        with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False) as http:
            return http.get(url, params=params)
    except httpx.TransportError as error:
        raise DevstackError(
            f"the {service} service does not answer", hint=f"see `forkant logs {service}-api`"
        ) from error
