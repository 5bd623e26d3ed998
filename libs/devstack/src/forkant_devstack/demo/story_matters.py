"""Stories 3, 4, 5 and 7: about a group, a place and phenomena; the places are invented.

What a story has no API for yet is named in its docstring, and the rest of it is played.
"""

from datetime import datetime

from forkant_contracts.codes import (
    Arena,
    CancelReason,
    CaseType,
    CloseReason,
    ConcernOutcome,
    ConcernSource,
    Effect,
    MeasureKind,
    PartnerKind,
    ProtectiveFactor,
    PurposeCode,
    RiskFactor,
    Theme,
)

from forkant_devstack.demo.script import Goal, Matter, Script
from forkant_devstack.demo.writer import begin


def youth_gang(now: datetime) -> list[Script]:
    """3: a group; street presence and meetings with parents; partial effect."""
    w = begin("3 Group in the centre", "sor-vest", now, days_ago=260)
    w.open(
        Matter(
            case_type=CaseType.GROUP,
            theme=Theme.VANDALISM,
            title="Group of about ten at the bus terminal in Havnevik",
            description="Vandalism and threats on weekend evenings. No list of members is kept in this case.",
        )
    )
    w.wait(days=10)
    w.assess(
        risk=(RiskFactor.NEGATIVE_PEERS, RiskFactor.LOW_GUARDIANSHIP),
        protective=(ProtectiveFactor.PARTNER_ENGAGEMENT,),
        summary="Most of it happens on Fridays after nine, when no adults are there.",
    )
    w.wait(days=6)
    w.plan(
        Goal(text="Fewer reports at the terminal", baseline="19 in eight weeks", target="6 in eight weeks"),
        Goal(text="Parents present on Fridays"),
    )
    w.wait(days=2)
    w.approve()
    w.partner("municipality", PartnerKind.MUNICIPALITY)
    w.partner("volunteers", PartnerKind.VOLUNTARY)
    w.measure("presence", MeasureKind.STREET_PRESENCE, due_in=70)
    w.measure("meetings", MeasureKind.SCHOOL_TALK, due_in=40)
    w.wait(days=4)
    w.start("presence")
    w.wait(days=10)
    w.start("meetings")
    w.wait(days=21)
    w.complete("meetings")
    w.wait(days=30)
    w.complete("presence")
    w.follow_up("review", due_in=21)
    w.wait(days=20)
    w.held("review")
    w.wait(days=14)
    w.evaluate(Effect.PARTIAL, mechanism="Known adults on the spot.", moderators="Weaker effect in the dark months.")
    w.wait(days=2)
    w.close(CloseReason.EVALUATED)
    return [w.script()]


def violent_square(now: datetime) -> list[Script]:
    """4: a square with violence; lighting and licensing; fewer incidents, possible displacement.

    No API yet: the import of incident counts before and after (indicator 16).
    """
    w = begin("4 The square", "vest", now, days_ago=330)
    w.open(
        Matter(
            case_type=CaseType.PLACE,
            theme=Theme.VIOLENCE,
            title="Violence at closing time on Klokketorget",
            description="Fights between half past two and four, around three serving places.",
            purpose_code=PurposeCode.PUBLIC_SAFETY,
        )
    )
    w.wait(days=13)
    w.assess(
        risk=(RiskFactor.POOR_LIGHTING, RiskFactor.ALCOHOL_SERVING),
        summary="Two thirds of the incidents happen in the unlit corner by the taxi rank.",
    )
    w.wait(days=12)
    w.plan(Goal(text="Fewer violent incidents at night", baseline="31 in 90 days", target="18 in 90 days"))
    w.wait(days=3)
    w.approve()
    w.partner("municipality", PartnerKind.MUNICIPALITY)
    w.partner("business", PartnerKind.BUSINESS)
    w.measure("lighting", MeasureKind.SITUATIONAL_MEASURE, due_in=60)
    w.measure("licensing", MeasureKind.SITUATIONAL_MEASURE, due_in=75)
    w.measure("presence", MeasureKind.STREET_PRESENCE, due_in=45)
    w.wait(days=7)
    w.start("presence")
    w.wait(days=14)
    w.start("lighting")
    w.wait(days=10)
    w.start("licensing")
    w.wait(days=12)
    w.complete("presence")
    w.wait(days=9)
    w.complete("lighting")
    w.wait(days=25)
    w.complete("licensing")
    w.follow_up("review", due_in=90)
    w.wait(days=89)
    w.held("review", notes="Fewer incidents on the square; more than before in the neighbouring street.")
    w.wait(days=20)
    w.evaluate(
        Effect.PARTIAL,
        mechanism="Light and earlier closing.",
        moderators="Some incidents may have moved to the neighbouring street.",
        economics="Lighting paid by the municipality.",
    )
    w.wait(days=3)
    w.close(CloseReason.EVALUATED)
    return [w.script()]


def image_sharing(now: datetime) -> list[Script]:
    """5: images shared across four schools; online patrol and lessons; one part goes to the neighbouring district.

    No API yet: the link between the two cases.
    """

    def matter(part: str) -> Matter:
        return Matter(
            case_type=CaseType.PHENOMENON,
            theme=Theme.IMAGE_SHARING,
            title=f"Sharing of intimate images: {part}",
            description="Images go round in closed groups among pupils of four schools in two districts.",
            arena=Arena.DIGITAL,
            purpose_code=PurposeCode.PROTECT_CHILD,
        )

    w = begin("5 Image sharing", "trondelag", now, days_ago=170)
    w.report(matter("four schools"), ConcernSource.ONLINE_PATROL)
    w.wait(hours=6)
    w.decide(ConcernOutcome.CASE, matter=matter("three schools around Elvebakken"))
    w.wait(days=7)
    w.assess(risk=(RiskFactor.ONLINE_EXPOSURE,), summary="Most pupils don't know that sharing is punishable.")
    w.wait(days=3)
    w.plan(Goal(text="All classes taught", baseline="0 of 24 classes", target="24 of 24 classes"))
    w.wait(days=1)
    w.approve()
    w.partner("school", PartnerKind.SCHOOL)
    w.measure("patrol", MeasureKind.ONLINE_PATROL_DIALOGUE, due_in=30, arena=Arena.DIGITAL)
    w.measure("lessons", MeasureKind.SCHOOL_TALK, due_in=60)
    w.wait(days=1)
    w.start("patrol")
    w.wait(days=9)
    w.start("lessons")
    w.wait(days=15)
    w.complete("patrol")
    w.wait(days=35)
    w.complete("lessons")
    w.follow_up("review", due_in=45)
    w.wait(days=44)
    w.held("review")

    part = begin("5 Image sharing, transferred part", "trondelag", now, days_ago=150)
    part.open(matter("the fourth school, at Skarvnes"))
    part.wait(days=2)
    part.offer("more-og-romsdal")
    part.wait(days=2)
    part.accept("more-og-romsdal")
    part.wait(days=9)
    part.assess(risk=(RiskFactor.ONLINE_EXPOSURE,), summary="One class of the school is concerned.")
    part.wait(days=5)
    part.plan(Goal(text="The class taught, images removed", baseline="11 known copies", target="0 known copies"))
    part.wait(days=4)
    part.approve()
    part.measure("talk", MeasureKind.SCHOOL_TALK, due_in=20)
    part.wait(days=6)
    part.start("talk")
    part.wait(days=1)
    part.complete("talk")
    return [w.script(), part.script()]


def phone_fraud(now: datetime) -> list[Script]:
    """7: phone fraud against the elderly; a bank as partner; achieved, and an example of best practice for others."""
    w = begin("7 Phone fraud", "sor-ost", now, days_ago=280)
    w.open(
        Matter(
            case_type=CaseType.PHENOMENON,
            theme=Theme.FRAUD,
            title="Callers who claim to be the bank, around Furuvik",
            description="Elderly people are talked into moving their savings to a 'safe account'.",
        )
    )
    w.wait(days=12)
    w.assess(
        risk=(RiskFactor.LOW_GUARDIANSHIP,),
        protective=(ProtectiveFactor.PARTNER_ENGAGEMENT,),
        summary="The branch can stop transfers when it knows what to look for.",
    )
    w.wait(days=5)
    w.plan(Goal(text="Fewer completed frauds", baseline="22 in a quarter", target="8 in a quarter"))
    w.wait(days=2)
    w.approve()
    w.partner("bank", PartnerKind.BUSINESS)
    w.partner("volunteers", PartnerKind.VOLUNTARY)
    w.measure("warning", MeasureKind.SITUATIONAL_MEASURE, due_in=40)
    w.measure("visits", MeasureKind.HOME_VISIT, due_in=60)
    w.wait(days=5)
    w.start("warning")
    w.wait(days=7)
    w.start("visits")
    w.wait(days=20)
    w.complete("warning")
    w.wait(days=3)
    w.cancel("visits", CancelReason.REPLACED)
    w.follow_up("review", due_in=60)
    w.wait(days=58)
    w.held("review")
    w.wait(days=12)
    w.evaluate(Effect.ACHIEVED, mechanism="Staff ask two questions before a large transfer.", economics="Low cost.")
    w.wait(days=1)
    w.close(CloseReason.EVALUATED)
    w.wait(days=6)
    w.best_practice(
        title="To spørsmål før store overføringer",
        context="Eldre ble ringt opp av noen som utga seg for å være banken, og flyttet sparepengene sine.",
        what_was_done="Ansatte i banken stiller to spørsmål før en stor overføring, og tilbyr en samtale på bakrommet.",
        mechanism="Spørsmålene gir kunden tid til å tenke seg om, og svindleren mister taket.",
        conditions="Banken må ha folk i skranken, og ledelsen må støtte at noe tar lengre tid.",
        advice="Øv på spørsmålene sammen med de ansatte, og følg med på om svindlerne finner nye veier.",
    )
    return [w.script()]
