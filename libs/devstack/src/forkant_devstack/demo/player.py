"""Plays one script: fills in the ids and ETags that earlier answers gave, and makes the calls in order."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from forkant_case_client import Answer

from forkant_devstack.demo.client import PlatformClient
from forkant_devstack.demo.script import CASE, CONCERN, DUPLICATE, EXAMPLE, OFFER, Script, Step

_RESOURCES: Final = {
    CASE: "/v1/cases/{case}",
    DUPLICATE: "/v1/cases/{duplicate}",
    OFFER: "/v1/cases/{case}/transfers/{offer}",
}


@dataclass(slots=True)
class Player:
    """One script under way: what is still to be played, and what the answers so far have given."""

    script: Script
    rest: deque[Step] = field(init=False)
    ids: dict[str, str] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin at the first step."""
        self.rest = deque(self.script.steps)

    def has_step_by(self, moment: datetime) -> bool:
        """Tell whether the next step has happened by ``moment``."""
        return bool(self.rest) and self.rest[0].at <= moment

    async def play_next(self, client: PlatformClient, *, live: bool = False) -> None:
        """Make the next call; ``live`` lets it happen now instead of at its own time."""
        await self.play(client, self.rest[0], live=live)
        self.rest.popleft()

    async def play(self, client: PlatformClient, step: Step, *, live: bool = False) -> None:
        """Make a call, be it one of the script or another."""
        body = {**step.body, **{name: self.ids[what] for name, what in step.refers.items()}}
        if step.dated and not live:
            body["occurred_at"] = step.at.isoformat()
        if step.into is not None:
            seen = await self._seen(client, step.into, actor=step.actor)
            body |= {"into": self.ids[step.into], "into_etag": seen}
        answer = await client.call(
            step.method,
            step.path,
            actor=step.actor,
            ids=self.ids,
            body=body,
            if_match=await self._seen(client, step.locks, actor=step.actor) if step.locks else None,
        )
        self._remember(step, answer)

    async def _seen(self, client: PlatformClient, what: str, *, actor: str) -> str:
        """Return the ETag of the last answer about ``what``, or ask for it when there was none yet."""
        if what not in self.etags:
            answer = await client.call("GET", _RESOURCES[what], actor=actor, ids=self.ids)
            self._keep(what, answer)
        return self.etags[what]

    def _remember(self, step: Step, answer: Answer[Any]) -> None:
        receipt = answer.body
        self._keep(step.keeps, answer)
        if step.into is not None:
            # It has moved on too, and the answer tells of the other alone.
            del self.etags[step.into]
        if step.makes in {CASE, CONCERN, DUPLICATE, EXAMPLE}:
            self.ids[step.makes] = str(receipt.id)
        elif step.makes is not None:
            self.ids[step.makes] = str(receipt.item_id)
        if step.keeps == CONCERN and getattr(receipt, "case_id", None):
            self.ids[CASE] = str(receipt.case_id)

    def _keep(self, what: str, answer: Answer[Any]) -> None:
        if answer.etag is None:
            raise ValueError(f"an answer about {what} must say which state it is")
        self.etags[what] = answer.etag
