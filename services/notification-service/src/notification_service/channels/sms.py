"""Sends letters as text messages through a gateway that takes JSON over HTTP; the example of a channel that is small.

The gateway is asked with ``POST {"to": "+4791234567", "text": "…"}``, a bearer token, and the letter's id as
``Idempotency-Key``, so that it sends a repeat once. 2xx: taken. 422: no such number. 408, 429 and 5xx: later, heeding
Retry-After with 429 and 503. 401, 403 and redirects: later, since they are for an operator to put right. Other 4xx: for
good.
"""

import json
from dataclasses import dataclass
from typing import Final

from notification_service.channels.webhook import WebhookSender
from notification_service.channels.writing import write_short
from notification_service.domain.attempts import Answer
from notification_service.domain.attempts import Outcome as Ending
from notification_service.domain.letters import Delivered, Letter, Outcome, Reason, Refused, TryLater
from notification_service.domain.recipients import is_number
from notification_service.domain.wording import WORDING

_NO_SUCH_NUMBER: Final = 422
_TOO_MANY: Final = 429
_TOOK_TOO_LONG: Final = 408
_NOT_LET_IN: Final = frozenset({401, 403})
_REASONS: Final = {
    Ending.TIMED_OUT: Reason.TIMED_OUT,
    Ending.UNREACHABLE: Reason.UNREACHABLE,
    Ending.ADDRESS_REFUSED: Reason.TARGET_REFUSED,
    Ending.BROKEN_ANSWER: Reason.BROKEN_ANSWER,
    Ending.REDIRECTED: Reason.BROKEN_ANSWER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsGateway:
    """Where text messages are handed over, and as whom."""

    url: str
    token: str
    site: str
    """Where links lead, without a slash at the end."""


class SmsChannel:
    """The channel ``sms``."""

    name: Final = "sms"

    def __init__(self, *, gateway: SmsGateway, sender: WebhookSender) -> None:
        """Take the gateway, and what sends over the guarded network; the sender is closed with the channel."""
        self._gateway = gateway
        self._sender = sender

    async def send(self, letter: Letter) -> Outcome:
        """Hand a letter over once; every way to fail is an outcome."""
        if not is_number(letter.to):
            return Refused(reason=Reason.ADDRESS_MALFORMED)
        text = write_short(letter, site=self._gateway.site)
        headers = {
            "authorization": f"Bearer {self._gateway.token}",
            "idempotency-key": str(letter.id),
            "content-type": "application/json",
        }
        body = json.dumps({"to": letter.to, "text": text}, ensure_ascii=False).encode()
        return meaning(await self._sender.send(url=self._gateway.url, headers=headers, body=body))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._sender.aclose()


def meaning(answer: Answer) -> Outcome:
    """Return what an answer of the gateway's means for the letter."""
    status = answer.status_code
    if answer.outcome is Ending.DELIVERED:
        return Delivered(wording=WORDING)
    if status is None or answer.outcome is Ending.REDIRECTED:
        return TryLater(reason=_REASONS.get(answer.outcome, Reason.BROKEN_ANSWER))
    if status in _NOT_LET_IN:
        return TryLater(reason=Reason.LOGIN_REFUSED)
    if status == _TOO_MANY:
        return TryLater(reason=Reason.RATE_LIMITED, wait=answer.retry_after)
    if status == _TOOK_TOO_LONG or status >= 500 or status < 400:  # noqa: PLR2004 - the classes of HTTP
        return TryLater(reason=Reason.DEFERRED, wait=answer.retry_after)
    return Refused(reason=Reason.RECIPIENT_REFUSED if status == _NO_SUCH_NUMBER else Reason.LETTER_REFUSED)
