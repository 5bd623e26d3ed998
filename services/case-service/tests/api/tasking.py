"""What tests of tasks over HTTP ask of a case and of a list."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from case_service.calendars import norwegian_calendar

OSLO = ZoneInfo("Europe/Oslo")
TODAY = datetime.now(OSLO).date()
DAY = timedelta(days=1)
NORWAY = norwegian_calendar()
DUE = (TODAY + 40 * DAY).isoformat()
FACT = {
    "statement_type": "fact", "verification_status": "unverified", "source": "witness", "subject_category": "at_risk",
    "text": "Was seen at the square.",
}  # fmt: skip


def refused(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def tasks_of(case, by=None, state: str | None = "open") -> list[dict]:
    answer = await (by or case.by).get(f"{case.path}/tasks")
    assert answer.status_code == 200, answer.text
    return [one for one in answer.json()["items"] if state in (None, one["state"])]


async def kinds_of(case, by=None) -> list[str]:
    return sorted(one["kind"] for one in await tasks_of(case, by))


async def listed(person, **query) -> list[dict]:
    """Return every task of a list, page by page."""
    found, cursor = [], None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        answer = await person.get("/v1/tasks", **{"limit": 100, **query, **more})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next"]
        if cursor is None:
            return found


async def assigned(case, task: dict, to: str | None, by=None):
    return await case.attempt("POST", f"tasks/{task['id']}/assignment", {"assignee": to}, by=by)
