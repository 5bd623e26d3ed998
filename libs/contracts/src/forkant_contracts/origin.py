"""Whose a record on a topic may be: a registered topic carries what its producer says, and nothing else.

This is no authentication: whoever may write a topic can claim any source. The broker's access rules keep others from
writing it; this keeps readers right where those have a hole, or where a program writes to the wrong topic.
"""

from forkant_contracts.topics import TOPICS


def foreign(topic: str, *, source: str, carrier: str | None = None) -> str | None:
    """Say why an event on a topic is not its producer's; None when it is, and when the topic is not in the registry.

    A type may stand on another topic of the same producer, since an older major version may have had another one.

    Args:
        topic: the topic that the event was read from.
        source: the event's CloudEvents ``source``.
        carrier: the topic that the registry of events names for the event's type; None when the type is unknown.

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
