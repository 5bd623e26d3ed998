"""Contracts of the prevention case platform: what travels between services, and nothing else.

``codes`` holds the code lists, ``units`` the police units, ``topics`` the topic registry, ``events`` one frozen
model for each event type, ``envelope`` the CloudEvents envelope around them, ``codec`` their form on Kafka,
``upcasters`` what lifts older major versions, ``schemas`` the JSON Schemas that are generated from them. The library
depends on pydantic alone, so that a subscriber outside the platform can install it by itself; ``subscriber`` reads
from Kafka for one, and needs the extra ``kafka``.
"""

from forkant_contracts.codec import MalformedEventError, UnknownEventTypeError, decode, encode
from forkant_contracts.envelope import Event, EventData
from forkant_contracts.events import EVENT_TYPES
from forkant_contracts.topics import TOPICS, Topic

__all__ = [
    "EVENT_TYPES",
    "TOPICS",
    "Event",
    "EventData",
    "MalformedEventError",
    "Topic",
    "UnknownEventTypeError",
    "decode",
    "encode",
]
