"""A channel whose attempts are counted, timed, traced and logged: by codes alone, the same way for every channel."""

import time
from typing import Final

import structlog
from forkant_kit.telemetry import tracer
from opentelemetry.trace import SpanKind, StatusCode

from notification_service import metrics
from notification_service.channels.channel import Channel
from notification_service.domain.letters import Delivered, Letter, Outcome, Reason, Refused, TryLater

_log = structlog.get_logger(__name__)
_tracer = tracer("notification_service.letters")
_SPAN: Final = "send letter"


class Observed:
    """Stands before a channel and watches."""

    def __init__(self, channel: Channel) -> None:
        """Take the channel."""
        self._channel = channel

    @property
    def name(self) -> str:
        """The channel's name."""
        return self._channel.name

    async def send(self, letter: Letter) -> Outcome:
        """Hand the letter on, and note how it went."""
        began = time.perf_counter()
        attributes = {"forkant.letter.channel": self.name, "forkant.letter.purpose": letter.purpose.value}
        with _tracer.start_as_current_span(_SPAN, kind=SpanKind.CLIENT, attributes=attributes) as span:
            outcome = await self._sent(letter)
            said, reason = _codes(outcome)
            span.set_attribute("forkant.letter.outcome", said)
            if reason:
                span.set_attribute("forkant.letter.reason", reason)
                span.set_status(StatusCode.ERROR)
        metrics.LETTER_ATTEMPTS.labels(self.name, said, reason).inc()
        metrics.LETTER_ATTEMPT_SECONDS.labels(self.name).observe(time.perf_counter() - began)
        if reason:
            _log.warning(
                "letter_not_delivered", letter_id=str(letter.id), channel=self.name, outcome=said, reason=reason
            )
        return outcome

    async def aclose(self) -> None:
        """Close the channel."""
        await self._channel.aclose()

    async def _sent(self, letter: Letter) -> Outcome:
        try:
            return await self._channel.send(letter)
        except Exception as error:  # noqa: BLE001 - a fault with one letter must not take the others with it
            # No traceback: what an error says may hold the address.
            _log.error("letter_fault", letter_id=str(letter.id), channel=self.name, error=type(error).__name__)
            return TryLater(reason=Reason.FAULT)


def _codes(outcome: Outcome) -> tuple[str, str]:
    match outcome:
        case Delivered():
            return "delivered", ""
        case TryLater(reason=reason):
            return "later", reason.value
        case Refused(reason=reason):
            return "refused", reason.value
