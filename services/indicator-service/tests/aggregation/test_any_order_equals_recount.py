"""Whatever order the events of different cases come in, repeated or not, the cells equal a recount from scratch.

What is counted by day has a recount of its own, in test_any_order_equals_each_day.
"""

from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

from forkant_contracts.codes import AgeBand, Arena, ConcernOutcome, Effect
from forkant_contracts.events import case as case_events
from forkant_contracts.events import concern as concern_events
from forkant_contracts.events import measure as measure_events
from hypothesis import given, settings
from hypothesis import strategies as st
from indicator_service.aggregation.fold import fold, streams_of
from indicator_service.definitions.metrics import BY_DAY

OSLO = ZoneInfo("Europe/Oslo")
UNITS = ["oslo", "troms", "kripos", "oslo/gde-sentrum"]
STEPS = [
    "measure_started", "closed", "closed_unevaluated", "referred", "reopened", "transferred", "held", "merged", "erased",
    "assessed", "planned", "evaluated", "measure",
]  # fmt: skip
ENDS = {"closed", "closed_unevaluated", "referred"}
ANY_TIME = {"merged", "erased"}


def act(case, name, draw):
    gap = timedelta(minutes=draw(st.integers(0, 60 * 24 * 50)))
    if name == "transferred":
        case.transferred(draw(st.sampled_from(UNITS)), after=gap)
    elif name == "closed_unevaluated":
        case.closed(after=gap, evaluated=False)
    elif name == "assessed":
        # It may be dated back to before the one that was written first.
        gap = timedelta(hours=draw(st.integers(-24 * 20, 24 * 20)))
        now = case.at
        case.assessed(child_view=draw(st.sampled_from([None, False, True])), after=gap)
        case.at = max(now, case.at)
    elif name == "planned":
        case.planned(with_baseline=draw(st.integers(0, 2)), after=gap)
    elif name == "evaluated":
        case.evaluated(effect=draw(st.sampled_from(list(Effect))), after=gap)
    elif name == "measure":
        act_on_measure(case, gap, draw)
    else:
        getattr(case, name)(after=gap)


def act_on_measure(case, gap, draw):
    version = draw(st.sampled_from([None, 1]))
    planned = case.measure_planned(arena=draw(st.sampled_from(list(Arena))), version=version, after=gap)
    end = draw(st.sampled_from(["none", "completed", "cancelled"]))
    if end == "completed":
        case.measure_completed(planned, met=draw(st.booleans()) if version else None, after=gap)
    elif end == "cancelled":
        case.measure_cancelled(planned, after=gap)


@st.composite
def case_stream(draw, case):
    case.opened(age_band=draw(st.sampled_from(list(AgeBand))), after=timedelta(hours=draw(st.integers(0, 5000))))
    ended = merged = False
    for name in draw(st.lists(st.sampled_from(STEPS), max_size=7)):
        # Of a merged case nothing of this comes; what comes all the same brings nothing back.
        if (name == "reopened") != ended and not merged and name not in ANY_TIME:
            continue
        act(case, name, draw)
        merged = merged or name == "merged"
        ended = name in ENDS
        if name == "erased":
            break
    return case.events


@st.composite
def concern_stream(draw, concern):
    concern.received(after=timedelta(hours=draw(st.integers(0, 5000))))
    if draw(st.booleans()):
        concern.decided(
            draw(st.sampled_from(list(ConcernOutcome))), after=timedelta(minutes=draw(st.integers(0, 9000)))
        )
    return concern.events


@st.composite
def interleaved(draw, streams):
    """Merge the streams, each in its own order, and repeat some events later."""
    waiting = [list(stream) for stream in streams]
    merged = []
    while any(waiting):
        stream = draw(st.sampled_from([s for s in waiting if s]))
        merged.append(stream.pop(0))
        if draw(st.integers(0, 4)) == 0:
            merged.append(draw(st.sampled_from(merged)))
    return merged


def recount(streams):
    """Count plainly, one aggregate at a time, from what is true after all of its events."""
    found = Counter()
    for events in streams:
        unit = events[-1].unit
        opened = last(events, case_events.CaseOpened)
        if opened is not None:
            found.update((unit, *rest) for rest in recount_case(events, opened))
        else:
            found.update((unit, *rest) for rest in recount_concern(events))
    return found


def last(events, kind):
    return next((e for e in reversed(events) if isinstance(e.data, kind)), None)


def month(event):
    return event.occurred_at.astimezone(OSLO).strftime("%Y-%m")


def recount_case(events, opened):
    if last(events, (case_events.CaseErased, case_events.CaseMerged)):
        return
    end = last(events, (case_events.CaseClosed, case_events.CaseReferred, case_events.CaseReopened))
    ended = end is not None and not isinstance(end.data, case_events.CaseReopened)
    starts = [e.occurred_at for e in events if isinstance(e.data, measure_events.MeasureStarted)]
    yield "opened", month(opened), 0
    yield from recount_assessments(events, opened)
    yield from recount_plan_and_evaluation(events)
    yield from recount_measures(events)
    if starts:
        days = min(starts).astimezone(OSLO).date() - opened.occurred_at.astimezone(OSLO).date()
        yield "first_measure_days", month(opened), days.days
    else:
        yield "ended_without_measure" if ended else "not_started", month(opened), 0
    if ended:
        yield "ended", month(end), 0
        if isinstance(end.data, case_events.CaseClosed):
            yield "closed", month(end), 0
            if end.data.evaluated:
                yield "closed_evaluated", month(end), 0


def recount_assessments(events, opened):
    assessments = [e for e in events if isinstance(e.data, case_events.CaseAssessed)]
    last_day = opened.occurred_at.astimezone(OSLO).date() + timedelta(days=14)
    if any(e.occurred_at.astimezone(OSLO).date() <= last_day for e in assessments):
        yield "assessed_in_time", month(opened), 0
    if opened.data.age_band in ("under_15", "15_17"):
        yield "under_18", month(opened), 0
        if assessments and assessments[-1].data.child_view_recorded is True:
            yield "child_view_recorded", month(opened), 0


def recount_plan_and_evaluation(events):
    plan = last(events, case_events.CasePlanned)
    if plan is not None:
        yield "plans", month(plan), 0
        if plan.data.goals_with_baseline > 0:
            yield "plans_with_baseline", month(plan), 0
    said = last(events, (case_events.CaseEvaluated, case_events.CaseReopened))
    if said is not None and isinstance(said.data, case_events.CaseEvaluated):
        yield "evaluated", month(said), 0
        if said.data.effect in ("achieved", "harm", "not_known"):
            yield f"effect_{said.data.effect}", month(said), 0


def recount_measures(events):
    cancelled = {e.data.measure_id for e in events if isinstance(e.data, measure_events.MeasureCancelled)}
    for event in events:
        if isinstance(event.data, measure_events.MeasurePlanned) and event.data.measure_id not in cancelled:
            yield "measures", month(event), 0
            if event.data.arena == "digital":
                yield "digital_measures", month(event), 0
        if isinstance(event.data, measure_events.MeasureCompleted) and event.data.mandatory_steps_met is not None:
            yield "standard_measures", month(event), 0
            if event.data.mandatory_steps_met:
                yield "standard_measures_met", month(event), 0


def recount_concern(events):
    received, decided = events[0], last(events, concern_events.ConcernDecided)
    yield "concerns_received", month(received), 0
    if decided is not None:
        yield "concerns_decided", month(decided), 0
        yield "decision_hours", month(decided), (decided.occurred_at - received.occurred_at) // timedelta(hours=1)
        if decided.data.outcome is ConcernOutcome.CASE:
            yield "became_case", month(decided), 0


@settings(deadline=None)
@given(data=st.data())
def test_any_interleaving_with_repeats_in_any_batches_equals_a_recount(new_case, new_concern, data):
    streams = [data.draw(case_stream(new_case(unit=data.draw(st.sampled_from(UNITS))))) for _ in range(3)]
    streams += [data.draw(concern_stream(new_concern(unit="troms"))) for _ in range(2)]
    events = data.draw(interleaved(streams))
    size = data.draw(st.integers(1, 12))

    cases, concerns, cells = {}, {}, Counter()
    for start in range(0, len(events), size):
        folded = fold(streams_of(events[start : start + size]), cases=cases, concerns=concerns)
        assert 0 not in folded.delta.values()
        cases.update(folded.cases)
        concerns.update(folded.concerns)
        cells.update(folded.delta)
        assert min((n for cell, n in cells.items() if cell.metric not in BY_DAY), default=0) >= 0

    counted = Counter()
    for cell, amount in cells.items():
        if cell.metric in BY_DAY:
            continue
        counted[cell.unit, cell.metric.value, f"{cell.month:%Y-%m}", cell.bucket] += amount
    assert +counted == recount(streams)
