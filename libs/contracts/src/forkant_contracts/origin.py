"""Whose a record on a topic may be: a registered topic carries what its producer says, and nothing else.

This is no authentication: whoever may write a topic can claim any source. The broker's access rules keep others from
writing it; this keeps readers right where those have a hole, or where a program writes to the wrong topic.

Errors::

    MalformedEventError      see forkant_contracts.codec
    └── ForeignEventError    the event is not the topic's producer's
"""

from collections.abc import Iterable

from forkant_contracts.codec import MalformedEventError, UnknownEventTypeError, decode
from forkant_contracts.envelope import Event
from forkant_contracts.topics import TOPICS


class ForeignEventError(MalformedEventError):
    """The event is not the topic's producer's; the text repeats nothing of what the record holds."""


def decode_from(topic: str, headers: Iterable[tuple[str, bytes]], value: bytes | None) -> Event:
    """Read an event as :func:`forkant_contracts.decode` does, and only if it is one of the topic's producer.

    Raises:
        ForeignEventError: see :func:`foreign`.
        UnknownEventTypeError: the topic's producer wrote it, and its type is not in this release.
        MalformedEventError: the record can't be read as an event.
    """
    try:
        event = decode(headers, value)
        reason = foreign(topic, source=event.source, carrier=event.topic)
    except UnknownEventTypeError as unknown:
        reason = foreign(topic, source=unknown.source)
        if reason is None:
            raise
    if reason is not None:
        raise ForeignEventError(reason)
    return event


def foreign(topic: str, *, source: str, carrier: str | None = None) -> str | None:
    """Say why an event on a topic is not its producer's; None when it is, and when the topic is not in the registry.

    A type may stand on another topic of the same producer, since an older major version may have had another one.

    Args:
        topic: the topic that the event was read from.
        source: the event's CloudEvents ``source``.
        carrier: the topic that events of this type are written to now; None when the type is unknown.

    Returns:
        The reason in words that repeat nothing of what the record holds.
    """
    rule = TOPICS.get(topic)
    if rule is None:
        return None
    if source not in rule.sources:
        return f"the source is not {rule.producer}, which alone writes {topic}"
    if carrier is None or carrier == topic:
        return None
    home = TOPICS.get(carrier)
    if home is not None and home.producer == rule.producer:
        return None
    return f"the type is not one of {rule.producer}, which alone writes {topic}"
