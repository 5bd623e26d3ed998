"""Events of running the platform: what those who run it must look after, of one service each.

A service writes on a topic of its own, as each topic has one writer. The unit in the envelope is the directorate, which
runs the platform.
"""

from typing import ClassVar

from forkant_contracts.codes import AlarmKind
from forkant_contracts.envelope import EventData
from forkant_contracts.fields import Count, Flag
from forkant_contracts.topics import CASE_OPERATIONS_TOPIC, INDICATOR_OPERATIONS_TOPIC


class AlarmEvent(EventData):
    """Something of a service must be looked after, or need no longer be; the alarm is the aggregate."""

    alarm: AlarmKind
    """What it is about."""
    raised: Flag
    """Whether it began, or grew tenfold; else it is over."""
    amount: Count
    """How many are concerned, ten thousand at the most: cases and concerns that wait, or figures that differ."""


class CaseServiceAlarm(AlarmEvent):
    """An alarm of the case service began, grew tenfold, or is over; each is told once."""

    TYPE: ClassVar[str] = "no.forkant.case-service.alarm.v1"
    TOPIC: ClassVar[str] = CASE_OPERATIONS_TOPIC


class IndicatorServiceAlarm(AlarmEvent):
    """An alarm of the indicator service began, grew tenfold, or is over; each is told once."""

    TYPE: ClassVar[str] = "no.forkant.indicator-service.alarm.v1"
    TOPIC: ClassVar[str] = INDICATOR_OPERATIONS_TOPIC
