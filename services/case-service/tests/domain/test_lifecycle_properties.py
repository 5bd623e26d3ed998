"""Random sequences of commands: versions count events, events alone give the state, no illegal state is reached."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random
from uuid import UUID

from case_service.domain.attempt import Action, Attempt, Decision, Kind
from case_service.domain.lifecycle import allowed_actions, decide
from case_service.domain.refusals import Code, Refusal
from case_service.domain.standing import ALL_STATES, ENDED_STATES, WORKING_STATES, Case, MeasureState
from case_service.events import Stamp, described, stamped
from forkant_contracts import Event, decode, encode
from forkant_contracts.codes import (
    AgeBand,
    Arena,
    CaseState,
    CaseType,
    ClarificationOutcome,
    CloseReason,
    Effect,
    ErasureBasis,
    HoldReason,
    LegalBasis,
    MeasureKind,
    PartnerKind,
    PurposeCode,
    RejectReason,
    ReopenReason,
    RestrictionReason,
    StatementType,
    SubjectCategory,
    Theme,
    VerificationStatus,
)
from forkant_contracts.events import case as c
from forkant_contracts.events import follow_up as f
from forkant_contracts.events import information as i
from forkant_contracts.events import measure as m
from forkant_contracts.events import partner as p
from hypothesis import event, given
from hypothesis import strategies as st

CASE_ID = UUID("0190b3a0-0000-7000-8000-0000000000aa")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ITEMS = [UUID(int=number) for number in range(1, 4)]

OPENED = c.CaseOpened(
    case_type=CaseType.PERSON, theme=Theme.DRUGS, age_band=AgeBand.FROM_15_TO_17, subject_category=SubjectCategory.AT_RISK,
    purpose_code=PurposeCode.PREVENT_CRIME, legal_basis=LegalBasis.POLICE_ACT,
)  # fmt: skip

attempts = st.builds(
    Attempt,
    action=st.sampled_from(Action),
    actor=st.sampled_from(["officer", "lead"]),
    item_id=st.sampled_from(ITEMS),
    completed=st.booleans(),
    close_reason=st.sampled_from([CloseReason.EVALUATED, CloseReason.RESOURCES]),
    step=st.sampled_from(["invited", "held"]),
    into=st.sampled_from([Case(state=CaseState.ACTIVE), Case(state=CaseState.CLOSED, merged=True)]),
)
# A forward pull: drawn evenly, most sequences would dwell or end before a case was planned.
ENDINGS = {Action.CLOSE, Action.REFER, Action.REJECT, Action.RESTRICT, Action.ERASE, Action.MERGE, Action.PUT_ON_HOLD}
FORWARD = [
    Action.ASSESS,
    Action.PLAN,
    Action.APPROVE_PLAN,
    Action.PLAN_MEASURE,
    Action.START_MEASURE,
    Action.SCHEDULE_FOLLOW_UP,
    Action.COMPLETE_MEASURE,
    Action.HOLD_FOLLOW_UP,
    Action.EVALUATE,
    Action.RESUME,
    Action.REOPEN,
    Action.LIFT_RESTRICTION,
]
KEEPING = [Action.PLACE_LEGAL_HOLD, Action.LIFT_LEGAL_HOLD, Action.DECIDE_ARCHIVE, Action.ERASE]
plays = st.tuples(st.randoms(use_true_random=True), st.lists(attempts, min_size=15, max_size=80))


def steered(case: Case, random: Random, drawn: Attempt) -> Attempt:
    """Return the drawn attempt, or mostly one that the state allows, completed and not by the plan's author."""
    pool, dice = allowed_actions(case), random.random()
    if dice < 0.6:
        written = {Action.ASSESS: case.assessed, Action.PLAN: case.plan is not None}
        pool = [action for action in FORWARD if action in pool and not written.get(action)]
    elif dice < 0.9:
        pool = [action for action in pool if action not in ENDINGS]
    if dice > 0.95 or not pool:
        return drawn
    actor = "lead" if case.plan and case.plan.author == "officer" else "officer"
    return replace(drawn, action=random.choice(pool), completed=True, actor=actor)


def details(attempt: Attempt, before: Case) -> dict[Kind, object]:
    item = attempt.item_id
    made = {
        Kind.ASSESSED: c.CaseAssessed(),
        Kind.PLANNED: c.CasePlanned(goals=1, goals_with_baseline=1),
        Kind.PLAN_APPROVED: c.CasePlanApproved(goals=1, goals_with_baseline=1),
        Kind.PUT_ON_HOLD: c.CasePutOnHold(reason=HoldReason.AWAITING_PARTNER),
        Kind.RESUMED: c.CaseResumed(state=before.held_from or CaseState.REGISTERED),
        Kind.TRANSFERRED: c.CaseTransferred(from_unit="oslo"),
        Kind.REFERRED: c.CaseReferred(referred_to=PartnerKind.CHILD_WELFARE),
        Kind.REJECTED: c.CaseRejected(reason=RejectReason.UNFOUNDED),
        Kind.EVALUATED: c.CaseEvaluated(effect=Effect.PARTIAL),
        Kind.CLOSED: c.CaseClosed(reason=CloseReason.RESOURCES, evaluated=before.evaluated),
        Kind.REOPENED: c.CaseReopened(reason=ReopenReason.NEW_CONCERN),
        Kind.RESTRICTED: c.CaseRestricted(restricted=not before.restricted, reason=RestrictionReason.DISPUTED),
        Kind.MERGED: c.CaseMerged(into_case_id=ITEMS[0]),
        Kind.ERASED: c.CaseErased(basis=ErasureBasis.UNFOUNDED),
        Kind.MEASURE_PLANNED: m.MeasurePlanned(
            measure_id=item, kind=MeasureKind.HOME_VISIT, arena=Arena.PHYSICAL, due_on=date(2026, 7, 1)
        ),
        Kind.MEASURE_STEP_COMPLETED: m.MeasureStepCompleted(measure_id=item, step="held"),
        Kind.MEASURE_COMPLETED: m.MeasureCompleted(measure_id=item),
        Kind.MEASURE_RESCHEDULED: m.MeasureRescheduled(measure_id=item or ITEMS[0], due_on=date(2026, 8, 1)),
        Kind.FOLLOW_UP_RESCHEDULED: f.FollowUpRescheduled(follow_up_id=item or ITEMS[0], due_on=date(2026, 8, 1)),
        Kind.FOLLOW_UP_SCHEDULED: f.FollowUpScheduled(follow_up_id=item, due_on=date(2026, 7, 1)),
        Kind.INFORMATION_REGISTERED: i.InformationRegistered(
            information_id=item,
            statement_type=StatementType.FACT,
            verification_status=VerificationStatus.UNVERIFIED,
            clarification_deadline=date(2026, 7, 1),
        ),
        Kind.INFORMATION_CLARIFIED: i.InformationClarified(
            information_id=item,
            outcome=ClarificationOutcome.RELEVANT,
            verification_status=VerificationStatus.VERIFIED,
            clarification_deadline=date(2026, 7, 1),
        ),
        Kind.PARTNER_ADDED: p.PartnerAdded(partner_id=item, kind=PartnerKind.SCHOOL),
        Kind.GOAL_CHANGED: c.CaseGoalChanged(prevention_goal_id=item),
    }
    return dict(made)


def replayed_state(events: Sequence[Event]) -> CaseState:
    """Fold the events as a reader outside the service would: by their documented meaning alone."""
    leads_to = {
        "case.opened.v1": CaseState.REGISTERED, "case.assessment-started.v1": CaseState.ASSESSING,
        "case.planned.v1": CaseState.PLANNED, "case.activated.v1": CaseState.ACTIVE,
        "case.put-on-hold.v1": CaseState.ON_HOLD, "case.referred.v1": CaseState.REFERRED,
        "case.rejected.v1": CaseState.REJECTED, "case.followed-up.v1": CaseState.FOLLOW_UP,
        "case.evaluation-started.v1": CaseState.EVALUATING, "case.closed.v1": CaseState.CLOSED,
        "case.reopened.v1": CaseState.ASSESSING,
    }  # fmt: skip
    state = CaseState.UNKNOWN
    for one in events:
        state = (
            one.data.state
            if isinstance(one.data, c.CaseResumed)
            else leads_to.get(one.type.removeprefix("no.forkant."), state)
        )
    return state


def run(play: tuple[Random, Sequence[Attempt]]) -> tuple[Case, int, list[Event]]:
    """Play attempts, refused ones included, and keep the events as the service would."""
    ids = (UUID(int=number) for number in count(1000))
    case, version = Case(state=CaseState.REGISTERED), 1
    stamp = Stamp(
        aggregate_id=CASE_ID, unit="oslo", version=1, occurred_at=NOW, recorded_at=NOW, new_id=lambda: next(ids)
    )
    log = list(stamped(stamp, [OPENED]))
    random, plan = play
    for tick, drawn in enumerate(plan):
        attempt = steered(case, random, drawn)
        try:
            decision: Decision = decide(case, attempt)
        except Refusal:
            continue
        version += len(decision.happenings)
        at = NOW + timedelta(hours=tick)
        change = Stamp(
            aggregate_id=CASE_ID, unit="oslo", version=version, occurred_at=at, recorded_at=at, new_id=lambda: next(ids)
        )
        log += stamped(change, described(decision.happenings, details(attempt, case)))  # type: ignore[arg-type]
        case = decision.case
    return case, version, log


@given(plays)
def test_the_version_is_the_number_of_events_and_runs_without_a_gap(play):
    _, version, log = run(play)
    assert [one.aggregate_version for one in log] == list(range(1, version + 1))


@given(plays)
def test_replaying_the_events_gives_the_state(play):
    case, _, log = run(play)
    event(case.state.value)
    read = [decode((message := encode(one)).headers, message.value) for one in log]
    assert read == log
    assert replayed_state(read) is case.state


@given(plays)
def test_no_case_is_erased_while_a_legal_hold_stands_or_by_who_decided_about_its_archive(play):
    random, plan = play
    case = Case(state=CaseState.REGISTERED)
    for drawn in plan:
        attempt = replace(
            steered(case, random, drawn),
            erasure_basis=random.choice([ErasureBasis.UNFOUNDED, ErasureBasis.UNLAWFUL]),
            item_id=random.choice(ITEMS),
            **({"action": random.choice(KEEPING)} if random.random() < 0.6 else {}),
        )
        try:
            after = decide(case, attempt).case
        except Refusal:
            continue
        if after.erased:
            assert not case.legal_holds
            waited = attempt.erasure_basis is ErasureBasis.UNFOUNDED
            assert not waited or case.archive_decided_by not in {None, attempt.actor}
            event("erased")
            return
        case = after


@given(plays, st.lists(attempts, min_size=1, max_size=30))
def test_a_merged_case_stays_merged_and_tells_of_no_work(play, later):
    case, _, log = run(play)
    case = replace(case, restricted=False, legal_holds=frozenset(), offer=None)
    if not (case.erased or case.merged):
        case = decide(case, Attempt(action=Action.MERGE, actor="lead", into=Case(state=CaseState.ACTIVE))).case
    told = set()
    for attempt in later:
        try:
            decision = decide(case, attempt)
        except Refusal:
            continue
        assert decision.case.merged == case.merged
        assert (decision.case.state, decision.case.round) == (case.state, case.round)
        assert (decision.case.plan, decision.case.measures) == (case.plan, case.measures) or decision.case.erased
        told |= {happening.kind for happening in decision.happenings}
        case = decision.case
    assert told <= {Kind.INFORMATION_CLARIFIED, Kind.RESTRICTED, Kind.ERASED}
    merging = [one.type for one in log].count("no.forkant.case.merged.v1")
    assert merging <= 1


@given(plays)
def test_no_case_reaches_a_standing_that_the_rules_forbid(play):
    case, _, _ = run(play)
    assert case.state in ALL_STATES
    assert (case.held_from in WORKING_STATES) == (case.state is CaseState.ON_HOLD)
    standing = case.held_from or case.state
    if not case.erased:
        if standing in {CaseState.PLANNED, CaseState.ACTIVE, CaseState.FOLLOW_UP, CaseState.EVALUATING}:
            assert case.assessed
            assert case.plan is not None
        if standing in {CaseState.ACTIVE, CaseState.FOLLOW_UP, CaseState.EVALUATING}:
            assert case.plan is not None
            assert case.plan.approved
        if case.state in ENDED_STATES:
            assert case.open_measures() == ()
            assert case.offer is None
        if standing is CaseState.FOLLOW_UP:
            assert all(one.state is not MeasureState.STARTED for one in case.measures.values())


@given(plays, attempts)
def test_an_action_is_refused_exactly_when_the_table_or_a_guard_says_so(play, attempt):
    case, _, _ = run(play)
    try:
        decide(case, attempt)
    except Refusal as refusal:
        refused = refusal
    else:
        assert attempt.action in allowed_actions(case)
        return
    if attempt.action not in allowed_actions(case):
        expected = {
            Code.ILLEGAL_TRANSITION,
            Code.CASE_ERASED,
            Code.CASE_MERGED,
            Code.CASE_RESTRICTED,
            Code.NOT_RESTRICTED,
            Code.ALREADY_RESTRICTED,
            Code.TRANSFER_PENDING,
        }
        assert refused.code in expected
