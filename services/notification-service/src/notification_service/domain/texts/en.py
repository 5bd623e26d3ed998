"""English: of each kind the title and the text."""

from typing import Final

from notification_service.domain.kinds import Kind

TEXTS: Final[dict[Kind, tuple[str, str]]] = {
    Kind.CONCERN_RECEIVED: (
        "New concern",
        "{unit} has received a concern that awaits a decision.",
    ),
    Kind.CONCERN_DECIDED: (
        "Concern decided",
        "A concern at {unit} has been decided.",
    ),
    Kind.CASE_OPENED: (
        "Preventive case opened",
        "{unit} has opened a preventive case.",
    ),
    Kind.PLAN_AWAITS_APPROVAL: (
        "Plan awaits approval",
        "A plan at {unit} has been written and must be approved by someone other than its author.",
    ),
    Kind.PLAN_APPROVED: (
        "Plan approved",
        "A plan at {unit} has been approved. Its measures may begin.",
    ),
    Kind.CASE_PUT_ON_HOLD: (
        "Case put on hold",
        "A preventive case at {unit} has been put on hold.",
    ),
    Kind.CASE_TRANSFERRED_IN: (
        "Case taken over",
        "{unit} has taken over a preventive case from another unit.",
    ),
    Kind.CASE_TRANSFERRED_OUT: (
        "Case handed over",
        "A preventive case of {unit} has been taken over by another unit.",
    ),
    Kind.CASE_REFERRED: (
        "Case referred",
        "A preventive case at {unit} has been referred to another body.",
    ),
    Kind.CASE_REJECTED: (
        "Case rejected",
        "A preventive case at {unit} has been rejected.",
    ),
    Kind.CASE_EVALUATED: (
        "Case evaluated",
        "A preventive case at {unit} has been evaluated and may be closed.",
    ),
    Kind.CASE_CLOSED: (
        "Case closed",
        "A preventive case at {unit} has been closed.",
    ),
    Kind.CASE_REOPENED: (
        "Case reopened",
        "A preventive case at {unit} has been taken up again.",
    ),
    Kind.CASE_RESTRICTED: (
        "Case restricted",
        "Access to a preventive case at {unit} has been restricted.",
    ),
    Kind.CASE_RESTRICTION_LIFTED: (
        "Restriction lifted",
        "The restriction of a preventive case at {unit} has been lifted.",
    ),
    Kind.CASE_MERGED: (
        "Case merged",
        "A preventive case at {unit} has been merged into another, of which it was a duplicate.",
    ),
    Kind.CASE_ERASED: (
        "Case erased",
        "The content of a preventive case at {unit} has been erased.",
    ),
    Kind.INFORMATION_DEADLINE_NEAR: (
        "Information must be clarified",
        (
            "Information in a preventive case at {unit} is not clarified after 90 days. Clarify its purpose and "
            "relevance before the deadline, or access to it is restricted."
        ),
    ),
    Kind.INFORMATION_RESTRICTED: (
        "Information restricted",
        "Information in a preventive case at {unit} was not clarified in time, and access to it is restricted.",
    ),
    Kind.TASK_DUE_SOON: (
        "Task due soon",
        "A task of a preventive case at {unit} is due soon.",
    ),
    Kind.FOLLOW_UP_DUE_SOON: (
        "Follow-up due soon",
        "A follow-up of a preventive case at {unit} is to be held soon.",
    ),
    Kind.MEASURE_DUE_SOON: (
        "Measure due soon",
        "A measure of a preventive case at {unit} is to be completed soon.",
    ),
    Kind.OFFER_DUE_SOON: (
        "Offer of a case to be answered soon",
        "A preventive case that {unit} offers your unit is to be answered soon.",
    ),
    Kind.FOLLOW_UP_OVERDUE: (
        "Follow-up overdue",
        "A follow-up of a preventive case at {unit} was not held in time. The prevention lead is told.",
    ),
    Kind.MEASURE_OVERDUE: (
        "Measure overdue",
        "A measure of a preventive case at {unit} was not completed in time. The prevention lead is told.",
    ),
    Kind.TASK_OVERDUE: (
        "Task overdue",
        "A task of a preventive case at {unit} was not done in time. Do it, or give it to somebody who can.",
    ),
    Kind.TASK_ESCALATED: (
        "Task still not done",
        "A task of a preventive case at {unit} is still not done, long after it was due.",
    ),
    Kind.OFFER_OVERDUE: (
        "Offer of a case not answered",
        "A preventive case that {unit} offers your unit was not answered in time. Accept it, or turn it down.",
    ),
    Kind.NOT_ACKNOWLEDGED: (
        "Message not acknowledged",
        (
            "A message about a preventive case at {unit} that must be acknowledged was not acknowledged by "
            "anybody in time. Acknowledge it, or find somebody who can."
        ),
    ),
    Kind.GLASS_BROKEN: (
        "Emergency access to a case",
        "Somebody who is no member of it has opened a preventive case at {unit}. Somebody else must review this.",
    ),
    Kind.ACCESS_REVIEWED: (
        "Emergency access reviewed",
        "An emergency access to a preventive case at {unit} has been reviewed.",
    ),
    Kind.REVIEW_OVERDUE: (
        "Emergency access not reviewed in time",
        "An emergency access to a preventive case at {unit} is due for review. Review it, or find somebody who can.",
    ),
    Kind.REVIEW_ESCALATED: (
        "Emergency access still not reviewed",
        (
            "An emergency access to a preventive case at {unit} is not reviewed a week after the reminder. The "
            "privacy officers of the unit and of the directorate are told."
        ),
    ),
    Kind.BEST_PRACTICE_PUBLISHED: (
        "New example of best practice",
        "{unit} has published an example of best practice, or a new revision of one.",
    ),
    Kind.METHOD_PUBLISHED: (
        "New version of a method",
        "{unit} has published a new version of a national method. Measures that follow an earlier one go on with it.",
    ),
    Kind.METHOD_RETIRED: (
        "Method retired",
        "{unit} has retired a national method. No new measure can follow it.",
    ),
    Kind.UNIT_CHANGED: (
        "A unit was reorganised",
        "{unit} has merged, split or moved parts of a unit. Its open cases go with it.",
    ),
    Kind.THRESHOLD_CROSSED: (
        "A target's limit was crossed",
        "An indicator of {unit} has crossed a limit of its target. The dashboard shows which.",
    ),
    Kind.PREVENTION_PLAN_APPROVED: (
        "Prevention plan approved",
        "A prevention plan of {unit} has been approved. Cases can be tied to its goals.",
    ),
    Kind.PREVENTION_PLAN_MISSING: (
        "Prevention plan missing",
        "{unit} has no prevention plan in force. Its lead is to write one, and the directorate to approve it.",
    ),
    Kind.PREVENTION_PLAN_ENDING: (
        "Prevention plan ends soon",
        "The prevention plan of {unit} ends within 60 days, and no new one has been approved.",
    ),
    Kind.PILOT_ENROLLED: (
        "Unit enrolled in a pilot",
        "{unit} was enrolled in a pilot. It may open the cases that the pilot opens, from the day that was set.",
    ),
    Kind.PILOT_WITHDRAWN: (
        "Unit withdrawn from a pilot",
        "{unit} was withdrawn from a pilot. The cases that it opened go on, but no new ones can be opened.",
    ),
    Kind.PILOT_ENDED: (
        "A pilot was ended",
        "{unit} has ended a pilot before its time. The cases that were opened go on.",
    ),
    Kind.ENDPOINT_FAILING: (
        "A webhook does not arrive",
        "An endpoint of {unit} does not accept what it is sent. The messages wait, and are tried again until it does.",
    ),
    Kind.ENDPOINT_LAPSING: (
        "An endpoint must be confirmed",
        "An endpoint of {unit} will soon be switched off, since nobody showed that it is used. Send a test message.",
    ),
    Kind.ENDPOINT_DISABLED: (
        "An endpoint was switched off",
        "An endpoint of {unit} was switched off and is sent nothing more. What waited can be sent again.",
    ),
    Kind.EVENTS_PARKED: (
        "Events could not be applied",
        "A service that {unit} runs has put events aside that it could not apply. See them with forkant parked list.",
    ),
    Kind.EVENTS_APPLIED_AGAIN: (
        "No events wait any more",
        "No events are set aside any more in a service that {unit} runs.",
    ),
    Kind.FIGURES_DRIFT: (
        "Figures differ from the cases",
        "Figures that {unit} shows differ from what the cases say. The self-audit tells where.",
    ),
    Kind.FIGURES_AGREE_AGAIN: (
        "Figures agree again",
        "The figures that {unit} shows agree with the cases again.",
    ),
    Kind.AUDIT_CHAIN_BROKEN: (
        "Audit trail broken",
        (
            "The audit trail of a service that {unit} runs is not as it was published. It is not signed again "
            "before somebody looks."
        ),
    ),
}
