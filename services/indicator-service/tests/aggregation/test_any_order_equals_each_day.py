"""Whatever happens in a case and however late it is told, each day counts what its definition says of that day alone.

The oracle looks at one day at a time: it goes through what had happened by then and asks each question in its words.
Of what is told twice of one thing, the newest holds.
"""

from collections import Counter
from datetime import date, timedelta
from itertools import accumulate
from uuid import UUID
from zoneinfo import ZoneInfo

from forkant_contracts.codes import PartnerKind
from forkant_contracts.events import case as case_events
from forkant_contracts.events import follow_up, information, measure, partner
from hypothesis import given, settings
from hypothesis import strategies as st
from indicator_service.aggregation.fold import fold, streams_of
from indicator_service.definitions.metrics import BY_DAY

OSLO = ZoneInfo("Europe/Oslo")
UNITS = ["oslo", "troms", "oslo/gde-sentrum"]
GOALS = [UUID(int=1), UUID(int=2), None]
KINDS = [PartnerKind.SCHOOL, PartnerKind.HEALTH, PartnerKind.UNKNOWN]
WORK = [
    "planned", "plan_approved", "follow_up", "follow_up_held", "follow_up_moved", "partner", "partner_gone", "measure",
    "measure_moved", "measure_done", "measure_dropped", "information", "information_late", "information_clear", "transferred", "tied",
]  # fmt: skip
MOVES = {
    "open": ["held", "closed", "referred", "rejected"],
    "held": ["resumed", "closed", "referred"],
    "ended": ["reopened"],
}
LEADS_TO = {"held": "held", "resumed": "open", "reopened": "open", "closed": "ended", "referred": "ended"}
ENDS = (case_events.CaseClosed, case_events.CaseReferred, case_events.CaseRejected)
GONE = (case_events.CaseMerged, case_events.CaseErased)
# Now and then dated back to before what came before it.
gaps = st.integers(-9, 45).map(lambda days: timedelta(days=days, hours=days % 7))


@st.composite
def case_stream(draw, case):
    """Draw the life of a case, told in order of its versions, with dates that may go back.

    No turn of its course is dated before the turn that it follows: the case service refuses one that can't have followed.
    """
    opened = turned = case.opened(goal=draw(st.sampled_from(GOALS))).occurred_at
    state, items = "open", {"follow_up": [], "partner": [], "measure": [], "information": []}
    for _ in range(draw(st.integers(0, 14))):
        now, case.at = case.at, max(opened, case.at + draw(gaps))
        name = draw(st.sampled_from([*MOVES[state] * 4, *WORK]))
        if name in WORK:
            work(case, name, items, draw)
        else:
            turned = case.at = max(turned, case.at)
            getattr(case, name)()
            state = LEADS_TO.get(name, "ended")
        case.at = max(now, case.at)
    if draw(st.integers(0, 9)) == 0:
        getattr(case, draw(st.sampled_from(["merged", "erased"])))()
        case.information_registered(soon(case, draw))
    return case.events


def soon(case, draw):
    return case.at.date() + timedelta(days=draw(st.integers(-5, 60)))


def work(case, name, items, draw):
    kind, _, what = name.partition("_")
    if name == "follow_up":
        items[name].append(case.follow_up_scheduled(soon(case, draw)))
    elif name == "measure":
        items[name].append(case.measure_planned(due_on=soon(case, draw)))
    elif name == "partner":
        items[name].append(case.partner_added(draw(st.sampled_from(KINDS))))
    elif name == "information":
        items[name].append((case.information_registered(deadline := soon(case, draw)), deadline))
    elif name in {"planned", "plan_approved"}:
        getattr(case, name)()
    elif name == "transferred":
        case.transferred(draw(st.sampled_from(UNITS)))
    elif name == "tied":
        case.tied(draw(st.sampled_from(GOALS)))
    else:
        kind, what = ("follow_up", name.removeprefix("follow_up_")) if kind == "follow" else (kind, what)
        if items[kind]:
            later(case, kind, what, draw(st.sampled_from(items[kind])), draw)


def later(case, kind, what, item, draw):
    if what == "moved":
        day = soon(case, draw)
        case.follow_up_rescheduled(item, day) if kind == "follow_up" else case.measure_rescheduled(item, day)
    elif kind == "information":
        (case.information_restricted if what == "late" else case.information_clarified)(*item)
    else:
        names = {"held": "follow_up_held", "gone": "partner_removed", "done": "measure_completed"}
        getattr(case, names.get(what, "measure_cancelled"))(item)


def day_of(event):
    return event.occurred_at.astimezone(OSLO).date()


def of(events, *kinds):
    return [event for event in events if isinstance(event.data, kinds)]


def on(day, events):
    """Return what a case counts in on one day, as the definitions say."""
    found = Counter()
    if of(events, *GONE):
        return found
    until = [event for event in events if day_of(event) <= day]
    for told in {
        event.data.information_id: event for event in reversed(of(events, information.InformationEvent))
    }.values():
        found.update(of_information(told, events, day))
    found.update(of_measures(events, day))
    active, since, approved = standing(until)
    if not active:
        return found
    tied = of(until, case_events.CaseOpened, case_events.CaseGoalChanged)[-1].data.prevention_goal_id
    if tied is not None:
        found[f"goal/{tied}"] = 1
    long = (day - since).days > 30
    found.update({"active": 1, "active_long": long, "active_long_approved": long and approved})
    found["active_overdue"] = any(
        overdue(each, events, until, since, day) for each in of(until, follow_up.FollowUpScheduled)
    )
    gone = {event.data.partner_id: day_of(event) for event in of(events, partner.PartnerRemoved)}
    added = of(until, partner.PartnerAdded)
    kinds = {event.data.kind for event in added if gone.get(event.data.partner_id, date.max) > day}
    found["active_with_partner"] = bool(kinds)
    found.update({f"partner_{kind}": 1 for kind in kinds})
    return +found


def standing(until):
    active, since, approved = False, None, False
    for event in until:
        match event.data:
            case case_events.CaseOpened() | case_events.CaseReopened():
                active, since, approved = True, day_of(event), False
            case case_events.CaseResumed():
                active = True
            case case_events.CasePutOnHold() | case_events.CaseClosed() | case_events.CaseReferred():
                active = False
            case case_events.CaseRejected():
                active = False
            case case_events.CasePlanned():
                approved = False
            case case_events.CasePlanApproved():
                approved = True
    return active, since, approved


def overdue(scheduled, events, until, since, day):
    item = scheduled.data.follow_up_id
    told = of(events, follow_up.FollowUpScheduled, follow_up.FollowUpRescheduled)
    due = [event.data.due_on for event in told if event.data.follow_up_id == item][-1]
    held = [day_of(event) for event in of(events, follow_up.FollowUpHeld) if event.data.follow_up_id == item]
    return due < day and day_of(scheduled) >= since and not (held and held[-1] <= day)


def of_information(first, events, day):
    if day_of(first) > day:
        return {}
    told = of(events, information.InformationClarified)
    clarified = [day_of(event) for event in told if event.data.information_id == first.data.information_id]
    past = first.data.clarification_deadline < day and not (clarified and clarified[-1] <= day)
    return {"information": 1, "information_past_deadline": past}


def of_measures(events, day):
    found = Counter()
    turns = of(
        events,
        case_events.CaseOpened,
        case_events.CaseReopened,
        case_events.CaseResumed,
        case_events.CasePutOnHold,
        *ENDS,
    )
    paused = day_of(turns[-1]) if isinstance(turns[-1].data, case_events.CasePutOnHold) else None
    for planned in of(events, measure.MeasurePlanned):
        mine = [e for e in of(events, measure.MeasureEvent) if e.data.measure_id == planned.data.measure_id]
        due = [e.data.due_on for e in of(mine, measure.MeasurePlanned, measure.MeasureRescheduled)][-1]
        done = of(mine, measure.MeasureCompleted)
        waits = paused is not None and not done and due >= paused
        if due <= day and not waits and not of(mine, measure.MeasureCancelled):
            found["measures_due"] += 1
            found["measures_in_time"] += bool(done) and day_of(done[-1]) <= due
    return found


def by_day(cells):
    """Return {(unit, metric): {day: what there is at its end}} on the days on which it changes."""
    changes = {}
    for cell, amount in cells.items():
        if cell.metric in BY_DAY or cell.metric.startswith("goal/"):
            day = cell.month.replace(day=cell.bucket)
            found = changes.setdefault((cell.unit, cell.metric.value), Counter())
            found[day] += amount
    return {
        key: dict(zip(sorted(found), accumulate(found[day] for day in sorted(found)), strict=True))
        for key, found in changes.items()
    }


def at(changes, day):
    return next((n for changed, n in reversed(changes.items()) if changed <= day), 0)


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_each_day_counts_what_the_definitions_say_of_that_day(new_case, data):
    streams = [data.draw(case_stream(new_case(unit=data.draw(st.sampled_from(UNITS))))) for _ in range(2)]
    waiting, cases, cells = [list(stream) for stream in streams], {}, Counter()
    while any(waiting):
        batch = [
            stream.pop(0)
            for stream in [data.draw(st.sampled_from([w for w in waiting if w]))]
            for _ in range(data.draw(st.integers(1, len(stream))))
        ]
        folded = fold(streams_of(batch), cases=cases, concerns={})
        cases |= folded.cases
        cells.update(folded.delta)
    counted = by_day(cells)
    days = {day for changes in counted.values() for day in changes} | {day_of(e) for stream in streams for e in stream}
    for day in {day + timedelta(days=n) for day in days for n in (-1, 0, 1)} | {date(2036, 1, 1)}:
        expected = Counter()
        for events in streams:
            unit = of(events, case_events.CaseOpened, case_events.CaseTransferred)[-1].unit
            expected.update({(unit, metric): n for metric, n in on(day, events).items()})
        assert +Counter({key: at(changes, day) for key, changes in counted.items()}) == +expected
