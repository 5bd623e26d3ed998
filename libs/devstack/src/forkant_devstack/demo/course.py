"""What happens to a case after it is opened: its assessment, plan, measures, follow-up, evaluation and end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from forkant_contracts.codes import (
    AgeBand,
    Arena,
    CancelReason,
    CloseReason,
    Effect,
    HoldReason,
    MeasureKind,
    PartnerKind,
    ProtectiveFactor,
    RejectReason,
    ReopenReason,
    RiskFactor,
)

from forkant_devstack.demo import profiles, texts
from forkant_devstack.demo.profiles import UnitProfile
from forkant_devstack.demo.reference import Reference
from forkant_devstack.demo.script import Goal, Matter
from forkant_devstack.demo.writer import CaseWriter

_MINORS: Final = frozenset({AgeBand.UNDER_15, AgeBand.FROM_15_TO_17})
_RISKS: Final = tuple(factor for factor in RiskFactor if factor is not RiskFactor.UNKNOWN)
_PROTECTIVE: Final = tuple(factor for factor in ProtectiveFactor if factor is not ProtectiveFactor.UNKNOWN)
_PARTNERS: Final[Mapping[PartnerKind, int]] = {
    PartnerKind.SLT_COORDINATOR: 5,
    PartnerKind.CHILD_WELFARE: 5,
    PartnerKind.SCHOOL: 6,
    PartnerKind.MUNICIPALITY: 3,
    PartnerKind.HEALTH: 2,
    PartnerKind.VOLUNTARY: 1,
}
_EFFECTS: Final[Mapping[Effect, int]] = {
    Effect.ACHIEVED: 44,
    Effect.PARTIAL: 32,
    Effect.NONE: 13,
    Effect.HARM: 1,
    Effect.NOT_KNOWN: 10,
}
_NO_EVALUATION: Final[Mapping[CloseReason, int]] = {
    CloseReason.RESOURCES: 5,
    CloseReason.MOVED: 3,
    CloseReason.CONSENT_WITHDRAWN: 2,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """What the parts of a course share."""

    rng: Random
    writer: CaseWriter
    matter: Matter
    profile: UnitProfile
    reference: Reference

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def some_days(self, centre: float) -> None:
        self.writer.wait(days=centre * self.rng.lognormvariate(0, 0.5))

    def draw(self, weights: Mapping[CloseReason, int]) -> CloseReason:
        return self.rng.choices(list(weights), weights=list(weights.values()))[0]


def write_course(
    rng: Random, writer: CaseWriter, matter: Matter, *, profile: UnitProfile, reference: Reference
) -> None:
    """Write everything that follows on the opening, to the end; the caller plays what has happened by now."""
    course = _Course(rng=rng, writer=writer, matter=matter, profile=profile, reference=reference)
    branch = rng.choices(list(_BRANCHES), weights=list(_BRANCHES.values()))[0]
    branch(course)


def _reject(course: _Course) -> None:
    course.some_days(4)
    course.writer.reject(
        course.rng.choice([RejectReason.NOT_PREVENTIVE, RejectReason.NO_BASIS, RejectReason.UNFOUNDED])
    )


def _refer(course: _Course) -> None:
    _assess(course)
    course.some_days(4)
    course.writer.refer(course.rng.choice([PartnerKind.CHILD_WELFARE, PartnerKind.HEALTH, PartnerKind.MUNICIPALITY]))


def _close_early(course: _Course) -> None:
    _assess(course)
    course.some_days(10)
    course.writer.close(course.rng.choice([CloseReason.UNFOUNDED, CloseReason.MOVED, CloseReason.DUPLICATE]))


def _transfer(course: _Course) -> None:
    to_unit = profiles.NEIGHBOURS[course.writer.unit]
    course.some_days(3)
    course.writer.offer(to_unit)
    course.some_days(2)
    course.writer.accept(to_unit)
    _whole(course)


def _whole(course: _Course) -> None:
    _work(course, round_name="first")
    _end(course)


def _return(course: _Course) -> None:
    _whole(course)
    course.some_days(60)
    course.writer.reopen(
        course.rng.choice([ReopenReason.NEW_OFFENCE, ReopenReason.NEW_CONCERN, ReopenReason.CLOSED_IN_ERROR])
    )
    _work(course, round_name="second")
    _end(course)


_BRANCHES: Final[Mapping[Callable[[_Course], None], int]] = {
    _whole: 74,
    _return: 5,
    _refer: 7,
    _reject: 6,
    _close_early: 5,
    _transfer: 3,
}


def _assess(course: _Course) -> None:
    rng = course.rng
    course.some_days(9)
    minor = course.matter.age_band in _MINORS
    course.writer.assess(
        risk=tuple(rng.sample(_RISKS, k=rng.randint(1, 3))),
        protective=tuple(rng.sample(_PROTECTIVE, k=rng.randint(0, 2))),
        summary="Made up for the demo: what is known, what is not, and who has been asked.",
        child_view="Made up for the demo: the child's own view." if minor and course.chance(0.8) else None,
    )


def _goals(course: _Course) -> list[Goal]:
    rng = course.rng
    chosen = rng.sample(texts.GOALS, k=rng.randint(1, 2))
    many = rng.randint(4, 20)
    return [
        Goal(text=text, baseline=baseline.format(n=many), target=target.format(m=many // 3))
        if course.chance(0.75)
        else Goal(text=text)
        for text, baseline, target in chosen
    ]


def _work(course: _Course, *, round_name: str) -> None:
    """Assessment, approved plan, measures begun and done."""
    writer, rng = course.writer, course.rng
    _assess(course)
    course.some_days(5 if course.chance(course.profile.planned_in_time) else 30)
    writer.plan(*_goals(course), author=rng.choice(["officer", "officer", "officer2"]))
    course.some_days(1.5)
    writer.approve()
    if course.chance(0.55):
        writer.partner("partner", rng.choices(list(_PARTNERS), weights=list(_PARTNERS.values()))[0])
    names = _plan_measures(course, round_name)
    course.some_days(course.profile.start_days / 2)
    writer.start(names[0][0])
    if course.chance(0.06):
        course.some_days(8)
        writer.hold(rng.choice([HoldReason.AWAITING_PARTNER, HoldReason.SUBJECT_UNAVAILABLE]))
        course.some_days(18)
        writer.resume()
    _finish_measures(course, names)


def _plan_measures(course: _Course, round_name: str) -> list[tuple[str, MeasureKind]]:
    rng = course.rng
    weights = profiles.MEASURES[course.matter.case_type]
    count = rng.choices([1, 2, 3], weights=[55, 35, 10])[0]
    kinds = rng.choices(list(weights), weights=list(weights.values()), k=count)
    if course.matter.arena is Arena.DIGITAL:
        kinds[0] = MeasureKind.ONLINE_PATROL_DIALOGUE
    named = [(f"{round_name}_{number}", kind) for number, kind in enumerate(kinds)]
    for name, kind in named:
        arena = Arena.DIGITAL if kind is MeasureKind.ONLINE_PATROL_DIALOGUE else Arena.PHYSICAL
        course.writer.measure(name, kind, due_in=rng.choice([21, 30, 45, 60, 90]), arena=arena)
    return named


def _finish_measures(course: _Course, names: list[tuple[str, MeasureKind]]) -> None:
    writer = course.writer
    for number, (name, kind) in enumerate(names):
        if number > 0:
            course.some_days(7)
            if course.chance(0.12):
                writer.cancel(name, course.rng.choice([CancelReason.NOT_NEEDED, CancelReason.SUBJECT_DECLINED]))
                continue
            writer.start(name)
        for step in course.reference.steps.get(kind, ()):
            if course.chance(course.profile.conforms if step.mandatory else 0.5):
                course.some_days(3)
                writer.do_step(name, step.code)
        course.some_days(24)
        writer.complete(name)


def _end(course: _Course) -> None:
    """Follow-up, and an evaluation in as many cases as the unit takes the time for."""
    writer, rng = course.writer, course.rng
    evaluates = course.chance(course.profile.evaluates)
    if evaluates or course.chance(0.3):
        name = f"review_{len(writer.steps)}"
        writer.follow_up(name, due_in=rng.choice([14, 30, 45]))
        course.some_days(24)
        writer.held(name)
    course.some_days(14)
    if not evaluates:
        writer.close(course.draw(_NO_EVALUATION))
        return
    writer.evaluate(
        rng.choices(list(_EFFECTS), weights=list(_EFFECTS.values()))[0],
        mechanism="Made up for the demo: what made the difference.",
    )
    course.some_days(3)
    writer.close(CloseReason.EVALUATED)
