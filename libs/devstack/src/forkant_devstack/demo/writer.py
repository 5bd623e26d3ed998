"""Writes a script in the words of the work: report, decide, assess, plan, approve, measure, close."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from forkant_contracts.codes import (
    AgeBand,
    Arena,
    CancelReason,
    ClarificationOutcome,
    CloseReason,
    ConcernOutcome,
    ConcernSource,
    Effect,
    ErasureBasis,
    HoldReason,
    MeasureKind,
    PartnerKind,
    ProtectiveFactor,
    RejectReason,
    ReopenReason,
    RestrictionReason,
    RiskFactor,
    SubjectCategory,
)

from forkant_devstack.demo.script import CASE, CONCERN, DUPLICATE, EXAMPLE, OFFER, Goal, Matter, Script, Step

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_CHECKS: Final = ("names", "places", "dates", "rare_combination", "photos_and_links")
_CHILDREN: Final = frozenset({AgeBand.UNDER_15, AgeBand.FROM_15_TO_17})
_WORK_AS_MEMBERS: Final = frozenset({"officer", "officer2"})


@dataclass(slots=True, kw_only=True)
class CaseWriter:
    """Writes a script command by command; ``wait`` moves its clock on, and each command happens at the clock.

    Attributes:
        about_child: whether the case is about somebody under 18, whose interests its assessment then considers.
        members: who is a member of the case so far; whoever is to work on it is made one first, by the prevention lead.
    """

    label: str
    unit: str
    now: datetime
    steps: list[Step] = field(default_factory=list)
    about_child: bool = False
    members: set[str] = field(default_factory=set)
    home: str = field(init=False)

    def __post_init__(self) -> None:
        self.home = self.unit

    def script(self) -> Script:
        """Return what was written."""
        return Script(label=self.label, unit=self.home, steps=tuple(self.steps))

    def wait(self, *, days: float = 0, hours: float = 0) -> None:
        """Let time pass."""
        self.now += timedelta(days=days, hours=hours)

    def due(self, days: int) -> date:
        """Return the day that many days from the clock."""
        return (self.now + timedelta(days=days)).date()

    def report(self, matter: Matter, source: ConcernSource) -> None:
        """A concern comes in."""
        self._say("POST", "/v1/concerns", matter.report(source), makes=CONCERN, keeps=CONCERN, locks=None)

    def decide(self, outcome: ConcernOutcome, *, matter: Matter | None = None) -> None:
        """The concern is dismissed, referred, or becomes a case about ``matter``."""
        body: dict[str, Any] = {"outcome": outcome.value}
        if matter is not None:
            self.about_child = matter.age_band in _CHILDREN
            body["case"] = matter.opening()
        self._say("POST", "/v1/concerns/{concern}/decision", body, locks=CONCERN, keeps=CONCERN, role="lead")
        self.members = {self._actor("lead")}

    def open(self, matter: Matter) -> None:
        """A case is opened without a concern before it."""
        self.about_child = matter.age_band in _CHILDREN
        self._say("POST", "/v1/cases", matter.opening(), makes=CASE, locks=None)
        self.members = {self._actor("officer")}

    def open_again(self, matter: Matter) -> None:
        """Somebody who does not know of the case opens another about the same."""
        self._say("POST", "/v1/cases", matter.opening(), makes=DUPLICATE, keeps=DUPLICATE, locks=None, role="officer2")

    def merge(self) -> None:
        """The lead, who sees both, merges the duplicate into the case."""
        path = f"/v1/cases/{{{DUPLICATE}}}/merge"
        self._say("POST", path, {}, role="lead", locks=DUPLICATE, keeps=DUPLICATE, into=CASE)

    def assess(
        self,
        *,
        risk: tuple[RiskFactor, ...] = (),
        protective: tuple[ProtectiveFactor, ...] = (),
        summary: str,
        child_view: str | None = None,
        duty_to_report: str = "considered_no_duty",
        completed: bool = True,
    ) -> None:
        """The officer writes the assessment, as a draft or completed; of a child with what is best for it."""
        body: dict[str, Any] = {
            "risk_factors": [factor.value for factor in risk],
            "protective_factors": [factor.value for factor in protective],
            "summary": summary,
            "completed": completed,
        }
        if self.about_child:
            body |= {"child_view": child_view} if child_view else {"child_not_heard": "did_not_want"}
            body |= {"guardian_contact": "contacted", "duty_to_report": duty_to_report}
            body |= {"best_interests": "Made up for the demo: to stay at home and in the class, with help."}
        self._on_case("PUT", "assessment", body)

    def plan(self, *goals: Goal, author: str = "officer") -> None:
        """The plan is written, by an officer as a rule."""
        self._on_case("PUT", "plan", {"goals": [goal.body() for goal in goals]}, role=author)

    def approve(self) -> None:
        """The prevention lead, who never is the author, approves the plan."""
        self._on_case("POST", "plan/approval", {}, role="lead")

    def measure(self, name: str, kind: MeasureKind, *, due_in: int, arena: Arena = Arena.PHYSICAL) -> None:
        """A measure is planned and remembered as ``name``."""
        body = {"kind": kind.value, "arena": arena.value, "due_on": self.due(due_in).isoformat()}
        self._on_case("POST", "measures", body, makes=name)

    def start(self, name: str) -> None:
        """Work on a measure begins."""
        self._on_case("POST", f"measures/{{{name}}}/start", {})

    def do_step(self, name: str, step: str) -> None:
        """A step of the measure's national method is done."""
        self._on_case("POST", f"measures/{{{name}}}/steps", {"step": step})

    def complete(self, name: str) -> None:
        """A measure is done."""
        self._on_case("POST", f"measures/{{{name}}}/complete", {})

    def cancel(self, name: str, reason: CancelReason) -> None:
        """A measure is given up."""
        self._on_case("POST", f"measures/{{{name}}}/cancel", {"reason": reason.value})

    def partner(self, name: str, kind: PartnerKind) -> None:
        """A partner outside the police joins and is remembered as ``name``."""
        self._on_case("POST", "partners", {"kind": kind.value}, makes=name)

    def inform(self, name: str, text: str, *, about: SubjectCategory, basis: str | None = None) -> None:
        """Information is registered and remembered as ``name``: a fact, or an assessment that says what it rests on."""
        said = {"statement_type": "fact"} if basis is None else {"statement_type": "assessment", "basis": basis}
        came = {"verification_status": "unverified", "source": "partner", "source_reliability": "usually_reliable"}
        self._on_case(
            "POST", "information", {**said, **came, "subject_category": about.value, "text": text}, makes=name
        )

    def clarify(self, name: str, outcome: ClarificationOutcome) -> None:
        """Purpose and relevance of information are clarified, by the lead: to others what is this old is restricted."""
        body = {"outcome": outcome.value, "verification_status": "verified"}
        self._on_case("POST", f"information/{{{name}}}/clarification", body, role="lead")

    def follow_up(self, name: str, *, due_in: int) -> None:
        """A follow-up is scheduled and remembered as ``name``."""
        self._on_case("POST", "follow-ups", {"due_on": self.due(due_in).isoformat()}, makes=name)

    def held(self, name: str, *, notes: str | None = None) -> None:
        """A follow-up is held."""
        self._on_case("POST", f"follow-ups/{{{name}}}/held", {"notes": notes} if notes else {})

    def evaluate(self, effect: Effect, **texts: str) -> None:
        """The evaluation is completed; ``texts`` are the EMMIE fields."""
        self._on_case("PUT", "evaluation", {"effect": effect.value, **texts, "completed": True})

    def best_practice(self, **texts: str) -> None:
        """An example is drawn from the evaluated case, reviewed by the privacy officer and published by the lead."""
        draft = f"/v1/best-practice-drafts/{{{EXAMPLE}}}"
        answers = [{"warning": "codes.few_alike", "answer": "public_knowledge"}]
        self._say(
            "POST",
            "/v1/best-practices",
            texts,
            locks=None,
            keeps=EXAMPLE,
            makes=EXAMPLE,
            dated=False,
            refers={"case_id": CASE},
        )
        review = {"checks": list(_CHECKS), "answers": answers}
        self._say(
            "POST", f"{draft}/review", review, locks=EXAMPLE, role="privacy", keeps=EXAMPLE, makes=EXAMPLE, dated=False
        )
        self._say(
            "POST", f"{draft}/publication", {}, locks=EXAMPLE, role="lead", keeps=EXAMPLE, makes=EXAMPLE, dated=False
        )

    def close(self, reason: CloseReason) -> None:
        """The case is closed."""
        self._on_case("POST", "close", {"reason": reason.value})

    def hold(self, reason: HoldReason) -> None:
        """The case is put on hold."""
        self._on_case("POST", "hold", {"reason": reason.value})

    def resume(self) -> None:
        """The case goes on after a hold."""
        self._on_case("POST", "resume", {})

    def refer(self, to: PartnerKind) -> None:
        """The case is handed to a body outside the police."""
        self._on_case("POST", "referral", {"referred_to": to.value})

    def reject(self, reason: RejectReason) -> None:
        """The case is found to have no ground."""
        self._on_case("POST", "rejection", {"reason": reason.value}, role="lead")

    def reopen(self, reason: ReopenReason) -> None:
        """An ended case is taken up again."""
        self._on_case("POST", "reopen", {"reason": reason.value}, role="lead")

    def restrict(self, reason: RestrictionReason) -> None:
        """Access to the case is restricted («sperring»)."""
        self._on_case("POST", "restriction", {"restricted": True, "reason": reason.value}, role="privacy")

    def erase(self, basis: ErasureBasis) -> None:
        """The lead decides that the archives keep nothing of the case, and its content is erased («sletting»)."""
        self._on_case("PUT", "archive-decision", {"outcome": "destroy"}, role="lead")
        self._on_case("POST", "erasure", {"basis": basis.value}, role="privacy")

    def offer(self, to_unit: str) -> None:
        """The case is offered to another unit."""
        self._on_case("POST", "transfers", {"to_unit": to_unit}, makes=OFFER)

    def accept(self, by_unit: str) -> None:
        """The other unit takes the case, and its people go on with it."""
        self.unit = by_unit
        self._on_case("POST", f"transfers/{{{OFFER}}}/accept", {}, role="lead", locks=OFFER)
        self.members = {self._actor("lead")}

    def _on_case(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        *,
        role: str = "officer",
        locks: str = CASE,
        makes: str | None = None,
    ) -> None:
        if role in _WORK_AS_MEMBERS and self._actor(role) not in self.members:
            self.members.add(self._actor(role))
            self._say("POST", "/v1/cases/{case}/members", {"subject": self._actor(role)}, role="lead", locks=CASE)
        self._say(method, f"/v1/cases/{{case}}/{path}", body, role=role, locks=locks, makes=makes)

    def _actor(self, role: str) -> str:
        return f"{role}-{self.unit}"

    def _say(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        *,
        locks: str | None,
        role: str = "officer",
        keeps: str = CASE,
        makes: str | None = None,
        into: str | None = None,
        refers: Mapping[str, str] = _NOTHING,
        dated: bool = True,
    ) -> None:
        self.steps.append(
            Step(
                actor=self._actor(role),
                method=method,
                path=path,
                body=body,
                at=self.now,
                locks=locks,
                keeps=keeps,
                makes=makes,
                into=into,
                refers=refers,
                dated=dated,
            )
        )


def begin(label: str, unit: str, now: datetime, *, days_ago: int) -> CaseWriter:
    """Return a writer whose clock stands in the morning, some days before ``now``."""
    start = (now - timedelta(days=days_ago)).replace(hour=8, minute=20, second=0, microsecond=0)
    return CaseWriter(label=label, unit=unit, now=start)
