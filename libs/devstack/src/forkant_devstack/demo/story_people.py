"""Stories 1, 2, 6 and 8: about one person each, known by a pseudonym code only.

What a story has no API for yet is named in its docstring, and the rest of it is played.
"""

from datetime import datetime, timedelta

from forkant_contracts.codes import (
    AgeBand,
    Arena,
    CaseType,
    ClarificationOutcome,
    CloseReason,
    ConcernOutcome,
    ConcernSource,
    Effect,
    ErasureBasis,
    MeasureKind,
    PartnerKind,
    ProtectiveFactor,
    PurposeCode,
    ReopenReason,
    RestrictionReason,
    RiskFactor,
    SubjectCategory,
    Theme,
)

from forkant_devstack.demo.script import Goal, Matter, Script
from forkant_devstack.demo.writer import begin


def school_fights(now: datetime) -> list[Script]:
    """1: a person of 14, fights at school; conversation and contract; improved, closed on day 150.

    On day 5 another officer opens a case about the same pupil, who is found to have one: they are merged.
    """
    w = begin("1 School fights", "innlandet", now, days_ago=200)
    matter = Matter(
        case_type=CaseType.PERSON,
        theme=Theme.VIOLENCE,
        title="Fights in the breaks at Granholt school",
        description="The school reports repeated fights. Subject K-014 is often at the centre of them.",
        age_band=AgeBand.UNDER_15,
        subject_category=SubjectCategory.AT_RISK,
        purpose_code=PurposeCode.PROTECT_CHILD,
        subject="Subject K-014",
    )
    w.report(matter, ConcernSource.SCHOOL)
    w.wait(days=1, hours=4)
    w.decide(ConcernOutcome.CASE, matter=matter)
    opened = w.now
    w.wait(days=5)
    w.open_again(matter)
    w.wait(days=1)
    w.merge()
    w.wait(days=2)
    w.assess(
        risk=(RiskFactor.VIOLENT_BEHAVIOUR, RiskFactor.NEGATIVE_PEERS),
        protective=(ProtectiveFactor.SUPPORTIVE_GUARDIAN, ProtectiveFactor.LEISURE_ACTIVITY),
        summary="Conflicts begin in a group chat and come to blows in the breaks. The guardians want help.",
        child_view="Wants it to stop and says that the chat is where it starts.",
    )
    w.wait(days=3)
    w.plan(
        Goal(text="No fights at school", baseline="6 in the last term", target="0 in the next term"),
        Goal(text="Back in the football team", baseline="No training", target="Two trainings a week"),
    )
    w.wait(days=1)
    w.approve()
    w.partner("school", PartnerKind.SCHOOL)
    w.inform("seen", "Took part in two of the three fights.", about=SubjectCategory.AT_RISK)
    w.measure("talk", MeasureKind.CONCERN_CONVERSATION, due_in=10)
    w.measure("contract", MeasureKind.YOUTH_CONTRACT, due_in=95)
    w.wait(days=4)
    w.start("talk")
    w.wait(hours=2)
    w.complete("talk")
    w.clarify("seen", ClarificationOutcome.RELEVANT)
    w.wait(days=5)
    w.start("contract")
    w.follow_up("review", due_in=95)
    w.wait(days=88)
    w.complete("contract")
    w.wait(days=6)
    w.held("review", notes="No new fights; trains twice a week.")
    w.wait(days=20)
    w.evaluate(
        Effect.ACHIEVED,
        mechanism="A written agreement that subject, guardians and school all keep.",
        moderators="Works when the guardians take part.",
        implementation="Carried out as planned.",
        economics="About 14 hours of police work.",
    )
    w.now = opened + timedelta(days=150)
    w.close(CloseReason.EVALUATED)
    return [w.script()]


def drugs_and_return(now: datetime) -> list[Script]:
    """2: a person of 16, drugs; follow-up team; a new offence, and the case is reopened and still open."""
    w = begin("2 Drugs, reopened", "oslo", now, days_ago=310)
    matter = Matter(
        case_type=CaseType.PERSON,
        theme=Theme.DRUGS,
        title="Use and small-scale sale near Lyktetunet",
        description="A patrol has met Subject K-027 several times with small amounts of hash.",
        age_band=AgeBand.FROM_15_TO_17,
        subject_category=SubjectCategory.SUSPECTED,
        subject="Subject K-027",
    )
    w.report(matter, ConcernSource.PATROL)
    w.wait(days=3)
    w.decide(ConcernOutcome.CASE, matter=matter)
    w.wait(days=11)
    w.assess(
        risk=(RiskFactor.SUBSTANCE_USE, RiskFactor.TRUANCY),
        protective=(ProtectiveFactor.TREATMENT_CONTACT,),
        summary="Debt pressure from older acquaintances; away from school on most days.",
        child_view="Is afraid of the debt and wants help to get out of it.",
    )
    w.wait(days=4)
    w.plan(Goal(text="Clean tests for three months", baseline="0 of 4 clean", target="12 of 12 clean"))
    w.wait(days=2)
    w.approve()
    w.measure("team", MeasureKind.FOLLOW_UP_TEAM, due_in=120)
    w.partner("health", PartnerKind.HEALTH)
    w.partner("welfare", PartnerKind.CHILD_WELFARE)
    w.inform(
        "debt",
        "May owe money to those who sell.",
        about=SubjectCategory.SUSPECTED,
        basis="What the treatment contact heard in two conversations; nobody has clarified it.",
    )
    w.wait(days=6)
    w.start("team")
    w.wait(days=100)
    w.complete("team")
    w.follow_up("review", due_in=14)
    w.wait(days=12)
    w.held("review")
    w.wait(days=15)
    w.evaluate(Effect.PARTIAL, mechanism="Close contact with adults outside the circle of users.")
    w.wait(days=1)
    w.close(CloseReason.EVALUATED)
    w.wait(days=70)
    w.reopen(ReopenReason.NEW_OFFENCE)
    w.wait(days=9)
    w.assess(
        risk=(RiskFactor.SUBSTANCE_USE, RiskFactor.NEGATIVE_PEERS),
        protective=(ProtectiveFactor.TREATMENT_CONTACT,),
        summary="A new offence together with the same circle.",
        child_view="Says that it was hard to say no.",
    )
    w.wait(days=5)
    w.plan(Goal(text="No contact with the circle", baseline="Daily contact", target="None in six weeks"))
    w.wait(days=2)
    w.approve()
    w.measure("second_talk", MeasureKind.CONCERN_CONVERSATION, due_in=14)
    w.wait(days=5)
    w.start("second_talk")
    return [w.script()]


def extremist_posts(now: datetime) -> list[Script]:
    """6: a person of 19, extremist posts; dialogue; unfounded, so restricted and then erased.

    The lead decides about the archive, the privacy officer erases, and a certificate is left.
    """
    w = begin("6 Unfounded, erased", "agder", now, days_ago=120)
    matter = Matter(
        case_type=CaseType.PERSON,
        theme=Theme.RADICALISATION,
        title="Posts that may show support for violence",
        description="Posts under a user name that a reader took to belong to Subject K-061.",
        age_band=AgeBand.FROM_18_TO_24,
        subject_category=SubjectCategory.AT_RISK,
        arena=Arena.DIGITAL,
        subject="Subject K-061",
    )
    w.report(matter, ConcernSource.PUBLIC)
    w.wait(days=2)
    w.decide(ConcernOutcome.CASE, matter=matter)
    w.wait(days=9)
    w.assess(
        risk=(RiskFactor.EXTREMIST_CONTACT,),
        protective=(ProtectiveFactor.EMPLOYMENT,),
        summary="Unverified: it is not certain that the subject wrote the posts.",
    )
    w.wait(days=2)
    w.plan(Goal(text="Clarify who wrote the posts"))
    w.wait(days=1)
    w.approve()
    w.measure("dialogue", MeasureKind.EXIT_DIALOGUE, due_in=30)
    w.wait(days=5)
    w.start("dialogue")
    w.wait(days=12)
    w.complete("dialogue")
    w.wait(days=4)
    w.close(CloseReason.UNFOUNDED)
    w.wait(days=1)
    w.restrict(RestrictionReason.UNFOUNDED)
    w.wait(days=30)
    w.erase(ErasureBasis.UNFOUNDED)
    return [w.script()]


def domestic_concern(now: datetime) -> list[Script]:
    """8: repeated domestic concern, family with a child; the first round is referred to child welfare.

    A second concern reopens it, and its plan waits for approval past its time. No API yet: the task with a deadline
    and the alert that escalates it.
    """
    w = begin("8 Domestic concern", "finnmark", now, days_ago=140)
    matter = Matter(
        case_type=CaseType.PERSON,
        theme=Theme.DOMESTIC_VIOLENCE,
        title="Repeated noise and crying from a flat in Tarevik",
        description="Third report in two months. Subject K-083 is a child in the household.",
        age_band=AgeBand.UNDER_15,
        subject_category=SubjectCategory.VICTIM,
        purpose_code=PurposeCode.PROTECT_CHILD,
        subject="Subject K-083",
    )
    w.report(matter, ConcernSource.PATROL)
    w.wait(hours=9)
    w.decide(ConcernOutcome.CASE, matter=matter)
    w.wait(days=3)
    w.assess(
        risk=(RiskFactor.FAMILY_CONFLICT,),
        summary="Child welfare knows the family and takes the lead.",
        child_view="Talked with at school by child welfare.",
        duty_to_report="reported",
    )
    w.partner("welfare", PartnerKind.CHILD_WELFARE)
    w.wait(days=2)
    w.refer(PartnerKind.CHILD_WELFARE)
    w.wait(days=75)
    w.reopen(ReopenReason.NEW_CONCERN)
    w.wait(days=6)
    w.assess(
        risk=(RiskFactor.FAMILY_CONFLICT, RiskFactor.SUBSTANCE_USE),
        summary="A new report; child welfare asks for joint measures.",
        child_view="Wants somebody to call at night.",
    )
    w.wait(days=4)
    w.plan(Goal(text="A safe evening", baseline="Four call-outs a month", target="None"))
    return [w.script()]
