"""What units are called: those of the release as it knows them, others as the case service does.

Events carry ids and codes alone, so no name comes with ``unit.changed``. The case service shows units to everybody, and
is asked with the token of whoever asks here. A unit keeps its name for as long as it has its id, so each is asked for
once in a process.
"""

import ssl
import time
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Final

import httpx
import structlog
from forkant_contracts.units import UNITS
from pydantic import BaseModel, ConfigDict

from indicator_service.definitions import Text

_AGAIN_AFTER_S: Final = 5.0
"""For how many seconds nobody is asked after an answer that did not name a unit."""
_RELEASED: Final = {each.id: Text(nb=each.name_nb, nn=each.name_nn, en=each.name_en) for each in UNITS.values()}
_log = structlog.get_logger(__name__)


class _Named(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str
    name_nb: str
    name_nn: str
    name_en: str


class _NamedUnits(BaseModel):
    model_config = ConfigDict(extra="ignore")

    items: tuple[_Named, ...]


class UnitNames:
    """What units are called."""

    def __init__(self, url: str, *, timeout_s: float) -> None:
        """Hold where to ask; no proxy is used and no redirect followed: a token is on the way."""
        self._http: Final = httpx.AsyncClient(
            base_url=url,
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,
            verify=ssl.create_default_context(),
        )
        self._known: dict[str, Text] = dict(_RELEASED)
        self._asked_at = float("-inf")

    async def of(self, units: Collection[str], *, authorization: str) -> Mapping[str, Text]:
        """Return what each unit is called; its id while nobody says.

        Args:
            units: their ids.
            authorization: the Authorization header of the request that is served.
        """
        if not self._known.keys() >= {*units} and time.monotonic() - self._asked_at > _AGAIN_AFTER_S:
            # First the time: of several requests at once one asks.
            self._asked_at = time.monotonic()
            self._known |= await self._asked(authorization)
        return {unit: self._known.get(unit) or Text(nb=unit, nn=unit, en=unit) for unit in units}

    async def _asked(self, authorization: str) -> dict[str, Text]:
        headers = {"Authorization": authorization}
        try:
            answer = await self._http.get("/v1/units", params={"every": "true"}, headers=headers)
            found = _NamedUnits.model_validate_json(answer.content if answer.status_code == HTTPStatus.OK else b"")
        except (httpx.HTTPError, ValueError) as error:
            # What a fault says may repeat what was sent.
            _log.warning("unit_names_unknown", error=type(error).__name__)
            return {}
        # What the release knows stays as it knows it.
        return {each.id: _text(each) for each in found.items if each.id not in _RELEASED}

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _text(named: _Named) -> Text:
    return Text(nb=named.name_nb, nn=named.name_nn, en=named.name_en)
