# /// script
# requires-python = ">=3.11,<3.12"
# dependencies = ["quixstreams==3.28.1"]
# ///
"""Indicator 10 by Quix Streams: closed cases, and those with an evaluation, by unit and month.

It runs as a process in an environment of its own, since Quix Streams wants another Kafka client than this project:
``uv run --locked --script closings.py BOOTSTRAP TOPIC FOLDER WANTED``. It prints how many seconds it took, from the
first event until all closings that are wanted are counted, and how many of them its windows of a month, with a grace
of another, leave out as late; and stops.

The events are those of the platform, so what an event takes back, the fold of a case has to remember here too.
"""

import json
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from quixstreams import Application

OSLO: Final = ZoneInfo("Europe/Oslo")
OF_INTEREST: Final = {"case.closed", "case.reopened", "case.transferred", "case.erased"}
HEADERS: Final = {"ce_type", "ce_unit", "ce_time"}
MONTH: Final = timedelta(days=31)


def headed(value: dict[str, Any], _key: object, _timestamp: int, headers: list[tuple[str, bytes]]) -> dict[str, Any]:
    """Return an event with what stands in its headers."""
    found = {name: content.decode() for name, content in headers if name in HEADERS}
    kind = found["ce_type"].removeprefix("no.forkant.").removesuffix(".v1")
    return {**value, "type": kind, "unit": found["ce_unit"], "at": found["ce_time"]}


def moment(_value: object, headers: list[tuple[str, bytes]], _timestamp: float, _kind: object) -> int:
    """Return when an event happened, which is what windows are of, in milliseconds."""
    return int(datetime.fromisoformat(dict(headers)["ce_time"].decode()).timestamp() * 1000)


def fold(event: dict[str, Any], state: Any) -> list[dict[str, Any]]:
    """Return what an event takes back of its case, and what it adds."""
    before = state.get("counted")
    after = None
    if event["type"] == "case.closed":
        month = datetime.fromisoformat(event["at"]).astimezone(OSLO).strftime("%Y-%m")
        after = {"unit": event["unit"], "month": month, "evaluated": event["evaluated"]}
    elif event["type"] == "case.transferred" and before:
        after = {**before, "unit": event["unit"]}
    state.set("counted", after)
    return [{**each, "by": by} for each, by in ((before, -1), (after, 1)) if each]


@dataclass
class Course:
    """How far the counting has come."""

    app: Application
    wanted: int
    began: float = 0.0
    counted: int = 0
    late: int = 0

    def start(self, _event: object) -> None:
        """Note when the first event came."""
        self.began = self.began or time.monotonic()

    def add(self, change: dict[str, Any], state: Any) -> None:
        """Count what a case adds or takes back, and stop at the last."""
        closed, evaluated = state.get(change["month"], [0, 0])
        by = change["by"]
        state.set(change["month"], [closed + by, evaluated + by * change["evaluated"]])
        self.counted += by
        if self.counted == self.wanted:
            sys.stdout.write(json.dumps({"seconds": time.monotonic() - self.began, "late": self.late}) + "\n")
            self.app.stop()

    def note_late(self, *_said: object) -> bool:
        """Count what a window leaves out; return that it need not be logged."""
        self.late += 1
        return False


def main(bootstrap: str, topic: str, folder: str, wanted: int) -> None:
    """Count until every closing that is wanted is counted."""
    app = Application(
        broker_address=bootstrap,
        consumer_group=f"quix-{time.monotonic_ns()}",
        auto_offset_reset="earliest",
        state_dir=folder,
        loglevel="ERROR",
    )
    course = Course(app, wanted)
    events = app.dataframe(app.topic(topic, timestamp_extractor=moment)).update(course.start)
    events = events.apply(headed, metadata=True).filter(lambda event: event["type"] in OF_INTEREST)
    changes = events.apply(fold, stateful=True, expand=True).group_by("unit", name="unit")
    changes.update(course.add, stateful=True)
    changes.tumbling_window(MONTH, grace_ms=MONTH, on_late=course.note_late).count().current()
    app.run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
