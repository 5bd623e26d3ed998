"""Kinds of message, and what they say in bokmål and English.

A text names the kind and the unit and nothing else: whoever may read the case follows the id in the entry.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from forkant_contracts.units import UNITS

from notification_service.domain.happenings import district_of


class Kind(StrEnum):
    """What a message tells; clients build on these, so a kind is never renamed."""

    CONCERN_RECEIVED = "concern_received"
    CONCERN_DECIDED = "concern_decided"
    CASE_OPENED = "case_opened"
    PLAN_AWAITS_APPROVAL = "plan_awaits_approval"
    PLAN_APPROVED = "plan_approved"
    CASE_PUT_ON_HOLD = "case_put_on_hold"
    CASE_TRANSFERRED_IN = "case_transferred_in"
    CASE_TRANSFERRED_OUT = "case_transferred_out"
    CASE_REFERRED = "case_referred"
    CASE_REJECTED = "case_rejected"
    CASE_EVALUATED = "case_evaluated"
    CASE_CLOSED = "case_closed"
    CASE_REOPENED = "case_reopened"
    CASE_RESTRICTED = "case_restricted"
    CASE_RESTRICTION_LIFTED = "case_restriction_lifted"
    CASE_MERGED = "case_merged"
    CASE_ERASED = "case_erased"
    INFORMATION_DEADLINE_NEAR = "information_deadline_near"
    INFORMATION_RESTRICTED = "information_restricted"
    TASK_OVERDUE = "task_overdue"
    TASK_ESCALATED = "task_escalated"
    OFFER_OVERDUE = "offer_overdue"
    GLASS_BROKEN = "glass_broken"
    ACCESS_REVIEWED = "access_reviewed"
    REVIEW_OVERDUE = "review_overdue"
    REVIEW_ESCALATED = "review_escalated"
    BEST_PRACTICE_PUBLISHED = "best_practice_published"
    METHOD_PUBLISHED = "method_published"
    METHOD_RETIRED = "method_retired"
    UNIT_CHANGED = "unit_changed"
    THRESHOLD_CROSSED = "threshold_crossed"
    PREVENTION_PLAN_APPROVED = "prevention_plan_approved"
    PREVENTION_PLAN_MISSING = "prevention_plan_missing"
    PREVENTION_PLAN_ENDING = "prevention_plan_ending"
    PILOT_ENROLLED = "pilot_enrolled"
    PILOT_WITHDRAWN = "pilot_withdrawn"
    PILOT_ENDED = "pilot_ended"


@dataclass(frozen=True, slots=True)
class Wording:
    """One text in the two languages."""

    nb: str
    en: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is read."""

    title: Wording
    text: Wording


def _message(title_nb: str, text_nb: str, title_en: str, text_en: str) -> Message:
    return Message(Wording(title_nb, title_en), Wording(text_nb, text_en))


_TEMPLATES: Final[dict[Kind, Message]] = {
    Kind.CONCERN_RECEIVED: _message(
        "Ny bekymring",
        "{unit} har mottatt en bekymring som venter på en avgjørelse.",
        "New concern",
        "{unit} has received a concern that awaits a decision.",
    ),
    Kind.CONCERN_DECIDED: _message(
        "Bekymring avgjort",
        "En bekymring hos {unit} er avgjort.",
        "Concern decided",
        "A concern at {unit} has been decided.",
    ),
    Kind.CASE_OPENED: _message(
        "Forebyggende sak opprettet",
        "{unit} har opprettet en forebyggende sak.",
        "Preventive case opened",
        "{unit} has opened a preventive case.",
    ),
    Kind.PLAN_AWAITS_APPROVAL: _message(
        "Tiltaksplan venter på godkjenning",
        "En tiltaksplan hos {unit} er skrevet og må godkjennes av en annen enn den som skrev den.",
        "Plan awaits approval",
        "A plan at {unit} has been written and must be approved by someone other than its author.",
    ),
    Kind.PLAN_APPROVED: _message(
        "Tiltaksplan godkjent",
        "En tiltaksplan hos {unit} er godkjent. Tiltakene kan begynne.",
        "Plan approved",
        "A plan at {unit} has been approved. Its measures may begin.",
    ),
    Kind.CASE_PUT_ON_HOLD: _message(
        "Sak satt på vent",
        "En forebyggende sak hos {unit} er satt på vent.",
        "Case put on hold",
        "A preventive case at {unit} has been put on hold.",
    ),
    Kind.CASE_TRANSFERRED_IN: _message(
        "Sak overtatt",
        "{unit} har overtatt en forebyggende sak fra en annen enhet.",
        "Case taken over",
        "{unit} has taken over a preventive case from another unit.",
    ),
    Kind.CASE_TRANSFERRED_OUT: _message(
        "Sak overført",
        "En forebyggende sak fra {unit} er overtatt av en annen enhet.",
        "Case handed over",
        "A preventive case of {unit} has been taken over by another unit.",
    ),
    Kind.CASE_REFERRED: _message(
        "Sak henvist",
        "En forebyggende sak hos {unit} er henvist til en annen instans.",
        "Case referred",
        "A preventive case at {unit} has been referred to another body.",
    ),
    Kind.CASE_REJECTED: _message(
        "Sak avvist",
        "En forebyggende sak hos {unit} er avvist.",
        "Case rejected",
        "A preventive case at {unit} has been rejected.",
    ),
    Kind.CASE_EVALUATED: _message(
        "Sak evaluert",
        "En forebyggende sak hos {unit} er evaluert og kan avsluttes.",
        "Case evaluated",
        "A preventive case at {unit} has been evaluated and may be closed.",
    ),
    Kind.CASE_CLOSED: _message(
        "Sak avsluttet",
        "En forebyggende sak hos {unit} er avsluttet.",
        "Case closed",
        "A preventive case at {unit} has been closed.",
    ),
    Kind.CASE_REOPENED: _message(
        "Sak gjenopptatt",
        "En forebyggende sak hos {unit} er tatt opp igjen.",
        "Case reopened",
        "A preventive case at {unit} has been taken up again.",
    ),
    Kind.CASE_RESTRICTED: _message(
        "Sak sperret",
        "Tilgangen til en forebyggende sak hos {unit} er sperret.",
        "Case restricted",
        "Access to a preventive case at {unit} has been restricted.",
    ),
    Kind.CASE_RESTRICTION_LIFTED: _message(
        "Sperring opphevet",
        "Sperringen av en forebyggende sak hos {unit} er opphevet.",
        "Restriction lifted",
        "The restriction of a preventive case at {unit} has been lifted.",
    ),
    Kind.CASE_MERGED: _message(
        "Sak slått sammen",
        "En forebyggende sak hos {unit} er slått sammen med en annen, som den var et duplikat av.",
        "Case merged",
        "A preventive case at {unit} has been merged into another, of which it was a duplicate.",
    ),
    Kind.CASE_ERASED: _message(
        "Sak slettet",
        "Innholdet i en forebyggende sak hos {unit} er slettet.",
        "Case erased",
        "The content of a preventive case at {unit} has been erased.",
    ),
    Kind.INFORMATION_DEADLINE_NEAR: _message(
        "Opplysning må avklares",
        "En opplysning i en forebyggende sak hos {unit} er ikke avklart etter 90 dager. "
        "Avklar formål og relevans før fristen, ellers sperres den.",
        "Information must be clarified",
        "Information in a preventive case at {unit} is not clarified after 90 days. "
        "Clarify its purpose and relevance before the deadline, or access to it is restricted.",
    ),
    Kind.INFORMATION_RESTRICTED: _message(
        "Opplysning sperret",
        "En opplysning i en forebyggende sak hos {unit} ble ikke avklart innen fristen og er sperret.",
        "Information restricted",
        "Information in a preventive case at {unit} was not clarified in time, and access to it is restricted.",
    ),
    Kind.TASK_OVERDUE: _message(
        "Gjøremål over fristen",
        "Et gjøremål i en forebyggende sak hos {unit} er ikke gjort i tide. Gjør det, eller gi det til en som kan.",
        "Task overdue",
        "A task of a preventive case at {unit} was not done in time. Do it, or give it to somebody who can.",
    ),
    Kind.TASK_ESCALATED: _message(
        "Gjøremål fortsatt ikke gjort",
        "Et gjøremål i en forebyggende sak hos {unit} er fortsatt ikke gjort, lenge etter fristen.",
        "Task still not done",
        "A task of a preventive case at {unit} is still not done, long after it was due.",
    ),
    Kind.OFFER_OVERDUE: _message(
        "Tilbudt sak ikke besvart",
        "En forebyggende sak som {unit} har tilbudt enheten, er ikke besvart i tide. Ta imot den, eller avslå.",
        "Offer of a case not answered",
        "A preventive case that {unit} offers your unit was not answered in time. Accept it, or turn it down.",
    ),
    Kind.GLASS_BROKEN: _message(
        "Nødtilgang til sak",
        "Noen uten tjenstlig tilgang har åpnet en forebyggende sak hos {unit}. Bruken må vurderes av en annen.",
        "Emergency access to a case",
        "Somebody who is no member of it has opened a preventive case at {unit}. Somebody else must review this.",
    ),
    Kind.ACCESS_REVIEWED: _message(
        "Nødtilgang vurdert",
        "En nødtilgang til en forebyggende sak hos {unit} er vurdert.",
        "Emergency access reviewed",
        "An emergency access to a preventive case at {unit} has been reviewed.",
    ),
    Kind.REVIEW_OVERDUE: _message(
        "Nødtilgang ikke vurdert i tide",
        "En nødtilgang til en forebyggende sak hos {unit} skulle vært vurdert nå. Vurder den, eller finn en som kan.",
        "Emergency access not reviewed in time",
        "An emergency access to a preventive case at {unit} is due for review. Review it, or find somebody who can.",
    ),
    Kind.REVIEW_ESCALATED: _message(
        "Nødtilgang fortsatt ikke vurdert",
        "En nødtilgang til en forebyggende sak hos {unit} er ikke vurdert en uke etter påminnelsen. "
        "Personvernrådgiverne i enheten og i direktoratet er varslet.",
        "Emergency access still not reviewed",
        "An emergency access to a preventive case at {unit} is not reviewed a week after the reminder. "
        "The privacy officers of the unit and of the directorate are told.",
    ),
    Kind.BEST_PRACTICE_PUBLISHED: _message(
        "Nytt eksempel på beste praksis",
        "{unit} har publisert et eksempel på beste praksis, eller en ny utgave av et.",
        "New example of best practice",
        "{unit} has published an example of best practice, or a new revision of one.",
    ),
    Kind.METHOD_PUBLISHED: _message(
        "Ny versjon av en metode",
        "{unit} har publisert en ny versjon av en nasjonal metode. Tiltak som følger en tidligere versjon, "
        "fortsetter med den.",
        "New version of a method",
        "{unit} has published a new version of a national method. Measures that follow an earlier one go on with it.",
    ),
    Kind.METHOD_RETIRED: _message(
        "Metode trukket tilbake",
        "{unit} har trukket tilbake en nasjonal metode. Nye tiltak kan ikke følge den.",
        "Method retired",
        "{unit} has retired a national method. No new measure can follow it.",
    ),
    Kind.UNIT_CHANGED: _message(
        "En enhet er omorganisert",
        "{unit} har slått sammen, delt eller flyttet deler av en enhet. Åpne saker følger med til den nye.",
        "A unit was reorganised",
        "{unit} has merged, split or moved parts of a unit. Its open cases go with it.",
    ),
    Kind.THRESHOLD_CROSSED: _message(
        "Et måltall er passert",
        "En styringsindikator hos {unit} har passert en grense for sitt måltall. Se hvilken på oversikten.",
        "A target's limit was crossed",
        "An indicator of {unit} has crossed a limit of its target. The dashboard shows which.",
    ),
    Kind.PREVENTION_PLAN_APPROVED: _message(
        "Forebyggingsplan godkjent",
        "En forebyggingsplan for {unit} er godkjent. Saker kan knyttes til målene i den.",
        "Prevention plan approved",
        "A prevention plan of {unit} has been approved. Cases can be tied to its goals.",
    ),
    Kind.PREVENTION_PLAN_MISSING: _message(
        "Forebyggingsplan mangler",
        "{unit} har ingen gyldig forebyggingsplan. Enhetens leder må skrive en, og direktoratet godkjenne den.",
        "Prevention plan missing",
        "{unit} has no prevention plan in force. Its lead is to write one, and the directorate to approve it.",
    ),
    Kind.PREVENTION_PLAN_ENDING: _message(
        "Forebyggingsplan går snart ut",
        "Forebyggingsplanen for {unit} går ut innen 60 dager, og ingen ny er godkjent.",
        "Prevention plan ends soon",
        "The prevention plan of {unit} ends within 60 days, and no new one has been approved.",
    ),
    Kind.PILOT_ENROLLED: _message(
        "Enhet med i en pilot",
        "{unit} er tatt med i en pilot. Den kan opprette sakene som piloten åpner for, fra dagen som er satt.",
        "Unit enrolled in a pilot",
        "{unit} was enrolled in a pilot. It may open the cases that the pilot opens, from the day that was set.",
    ),
    Kind.PILOT_WITHDRAWN: _message(
        "Enhet ute av en pilot",
        "{unit} er tatt ut av en pilot. Sakene som er opprettet, går videre, men nye kan ikke opprettes.",
        "Unit withdrawn from a pilot",
        "{unit} was withdrawn from a pilot. The cases that it opened go on, but no new ones can be opened.",
    ),
    Kind.PILOT_ENDED: _message(
        "En pilot er avsluttet",
        "{unit} har avsluttet en pilot før tiden. Sakene som er opprettet, går videre.",
        "A pilot was ended",
        "{unit} has ended a pilot before its time. The cases that were opened go on.",
    ),
}


def message(kind: Kind, unit: str) -> Message:
    """Return what a message of this kind says to the people of a unit."""
    known = UNITS.get(district_of(unit))
    names = Wording(known.name_nb, known.name_en) if known is not None else Wording(unit, unit)
    template = _TEMPLATES[kind]
    return Message(
        template.title,
        Wording(template.text.nb.format(unit=names.nb), template.text.en.format(unit=names.en)),
    )
