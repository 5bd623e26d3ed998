"""One attempt: sign, send, judge."""

from typing import Final

import structlog
from forkant_kit.message_spans import creation_context
from forkant_kit.telemetry import tracer
from opentelemetry.trace import SpanKind, StatusCode

from notification_service import metrics
from notification_service.deliveries.workshop import Workshop
from notification_service.domain.attempts import Answer, Outcome, settle
from notification_service.domain.payloads import payload
from notification_service.domain.signing import signature_headers
from notification_service.signing_keys import Signers
from notification_service.store.lanes import Claimed
from notification_service.store.results import Result

_log = structlog.get_logger(__name__)
_tracer = tracer("notification_service.webhook")
_SPAN: Final = "POST webhook"


async def attempt(shop: Workshop, claimed: Claimed, *, url: str, signers: Signers) -> Result:
    """Deliver once and decide what becomes of the delivery."""
    started_at = shop.now()
    _observe_start(shop, claimed)
    try:
        answer = await _send(shop, claimed, url=url, signers=signers)
    finally:
        shop.under_way -= 1
        metrics.IN_FLIGHT.set(shop.under_way)
    ended_at = shop.now()
    verdict = settle(answer, attempt=claimed.rung, is_ping=claimed.is_ping, ended_at=ended_at, jitter=shop.jitter())
    metrics.ATTEMPTS.labels(answer.outcome.value).inc()
    metrics.ATTEMPT_SECONDS.observe((ended_at - started_at).total_seconds())
    if answer.outcome is not Outcome.DELIVERED:
        _log.warning(
            "webhook_failed",
            delivery_id=str(claimed.id),
            attempt=claimed.attempt,
            outcome=answer.outcome.value,
            status_code=answer.status_code,
            becomes=verdict.status.value,
        )
    return Result(claimed=claimed, answer=answer, verdict=verdict, started_at=started_at, ended_at=ended_at)


def _observe_start(shop: Workshop, claimed: Claimed) -> None:
    shop.under_way += 1
    metrics.IN_FLIGHT.set(shop.under_way)
    if claimed.attempt == 1:
        metrics.FIRST_ATTEMPT_SECONDS.observe((shop.now() - claimed.letter.recorded_at).total_seconds())


async def _send(shop: Workshop, claimed: Claimed, *, url: str, signers: Signers) -> Answer:
    body = payload(claimed.letter)
    headers = signature_headers(
        message_id=str(claimed.letter.message_id),
        sent_at=shop.now(),
        body=body,
        secrets=signers.secrets,
        asymmetric=signers.asymmetric,
    )
    created = creation_context(claimed.traceparent)
    attributes: dict[str, str | int] = {
        "http.request.method": "POST",
        "cloudevents.event_type": claimed.letter.event_type,
        "forkant.delivery.attempt": claimed.attempt,
    }
    with _tracer.start_as_current_span(
        _SPAN, context=created[0] if created else None, kind=SpanKind.CLIENT, attributes=attributes
    ) as span:
        answer = await _sent(shop, url, headers, body) if signers else Answer(outcome=Outcome.UNSIGNED)
        span.set_attribute("forkant.delivery.outcome", answer.outcome.value)
        if answer.status_code is not None:
            span.set_attribute("http.response.status_code", answer.status_code)
        if answer.outcome is not Outcome.DELIVERED:
            span.set_status(StatusCode.ERROR)
    return answer


async def _sent(shop: Workshop, url: str, headers: dict[str, str], body: bytes) -> Answer:
    try:
        return await shop.sender.send(url=url, headers=headers, body=body)
    except Exception:  # noqa: BLE001 - see below
        # A fault of ours in one delivery must not take the others of the endpoint with it.
        _log.exception("webhook_fault")
        return Answer(outcome=Outcome.FAULT)
