"""The sentences of a timeline: one template for each code, in Norwegian bokmål and English, each with its version.

A sentence is made of a template, names of codes, units, days and numbers. No text that anybody wrote goes into one. Who
changes the words of a template counts its version up, so that a sentence that was quoted is known for what it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto
from types import MappingProxyType
from typing import Any, Final

from forkant_contracts import codes as c

from case_service.domain.labels import Label, Language, label_of, unit_name


class Form(Enum):
    """How a value that is no code of a list is put into a sentence."""

    UNIT = auto()
    DAY = auto()
    NUMBER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A sentence to fill in; ``names`` says of which list or form each value is."""

    words: Label
    names: Mapping[str, type[c.OpenCode] | Form] = field(default_factory=lambda: MappingProxyType({}))
    version: int = 1

    def filled(self, facts: Mapping[str, Any], language: Language) -> str:
        """Return the sentence; a fact that is missing leaves a dash."""
        said = {name: _said(facts.get(name), listed, language) for name, listed in self.names.items()}
        return self.words.said(language).format_map(said)


def _said(value: Any, listed: type[c.OpenCode] | Form, language: Language) -> str:
    if value is None:
        return "–"
    if listed is Form.UNIT:
        return unit_name(str(value), language)
    if listed is Form.DAY:
        day = date.fromisoformat(str(value))
        return f"{day:%d.%m.%Y}" if language is Language.NB else day.isoformat()
    return str(value) if isinstance(listed, Form) else label_of(listed, str(value), language)


def _t(nb: str, en: str, **names: type[c.OpenCode] | Form) -> Template:
    return Template(words=Label(nb, en), names=MappingProxyType(names))


_CASE: Final = {
    "case.opened": _t(
        "Saken ble åpnet. Den gjelder {case_type}; temaet er {theme}.",
        "The case was opened. It is about {case_type}; the theme is {theme}.",
        case_type=c.CaseType,
        theme=c.Theme,
    ),
    "case.assessment-started": _t("Kartleggingen begynte.", "The assessment began."),
    "case.assessed": _t("Kartleggingen ble fullført.", "The assessment was completed."),
    "case.planned": _t(
        "Tiltaksplanen ble skrevet, med {goals} mål.",
        "The plan was written, with {goals} goals.",
        goals=Form.NUMBER,
    ),
    "case.plan-approved": _t("Tiltaksplanen ble godkjent.", "The plan was approved."),
    "case.activated": _t("Saken ble aktiv.", "The case became active."),
    "case.put-on-hold": _t(
        "Saken ble satt på vent: {reason}.", "The case was put on hold: {reason}.", reason=c.HoldReason
    ),
    "case.resumed": _t(
        "Arbeidet gikk videre; saken er i tilstanden {state}.",
        "Work went on; the state is {state}.",
        state=c.CaseState,
    ),
    "case.transferred": _t(
        "Saken ble overført fra {from_unit} til {unit}.",
        "The case was transferred from {from_unit} to {unit}.",
        from_unit=Form.UNIT,
        unit=Form.UNIT,
    ),
    "case.transfer-offered": _t(
        "Saken ble tilbudt {to_unit}.", "The case was offered to {to_unit}.", to_unit=Form.UNIT
    ),
    "case.transfer-rejected": _t(
        "{to_unit} takket nei til saken.", "{to_unit} turned the case down.", to_unit=Form.UNIT
    ),
    "case.transfer-revoked": _t(
        "Tilbudet til {to_unit} ble trukket.", "The offer to {to_unit} was taken back.", to_unit=Form.UNIT
    ),
    "case.referred": _t(
        "Saken ble henvist til {referred_to}.", "The case was referred to {referred_to}.", referred_to=c.PartnerKind
    ),
    "case.rejected": _t("Saken ble avvist: {reason}.", "The case was rejected: {reason}.", reason=c.RejectReason),
    "case.followed-up": _t(
        "Tiltakene er gjort, og oppfølgingen begynte.", "The measures are done; following up began."
    ),
    "case.evaluation-started": _t("Evalueringen begynte.", "The evaluation began."),
    "case.evaluated": _t(
        "Evalueringen ble fullført; virkningen er {effect}.",
        "The evaluation was completed; the effect is {effect}.",
        effect=c.Effect,
    ),
    "case.closed": _t("Saken ble avsluttet: {reason}.", "The case was closed: {reason}.", reason=c.CloseReason),
    "case.reopened": _t("Saken ble gjenåpnet: {reason}.", "The case was reopened: {reason}.", reason=c.ReopenReason),
    "case.restricted": _t(
        "Saken ble sperret: {reason}.", "The case was restricted: {reason}.", reason=c.RestrictionReason
    ),
    "case.restriction-lifted": _t("Sperringen ble opphevet.", "The restriction was lifted."),
    "case.goal-changed": _t(
        "Målet i forebyggingsplanen som saken er knyttet til, ble endret.",
        "The goal of the prevention plan that the case is tied to was changed.",
    ),
    "case.merged": _t("Saken ble slått sammen med en annen.", "The case was merged into another."),
    "case.erased": _t("Saken ble slettet.", "The case was erased."),
    "case.version-skipped": _t(
        "Basen ble satt tilbake: en endring som var gjort, er tapt.",
        "The database was set back: a change that had been made is lost.",
    ),
}
_WORK: Final = {
    "measure.planned": _t(
        "Tiltaket {kind} ble planlagt med frist {due_on}.",
        "The measure {kind} was planned, due {due_on}.",
        kind=c.MeasureKind,
        due_on=Form.DAY,
    ),
    "measure.rescheduled": _t(
        "Tiltaket {kind} fikk ny frist {due_on}, siden saken hadde vært i bero.",
        "The measure {kind} is due {due_on} instead, since the case was on hold.",
        kind=c.MeasureKind,
        due_on=Form.DAY,
    ),
    "measure.started": _t("Tiltaket {kind} begynte.", "The measure {kind} began.", kind=c.MeasureKind),
    "measure.step-completed": _t(
        "Et trinn i tiltaket {kind} ble gjort.", "A step of the measure {kind} was done.", kind=c.MeasureKind
    ),
    "measure.completed": _t("Tiltaket {kind} ble fullført.", "The measure {kind} was completed.", kind=c.MeasureKind),
    "measure.cancelled": _t(
        "Tiltaket {kind} ble avlyst: {reason}.",
        "The measure {kind} was cancelled: {reason}.",
        kind=c.MeasureKind,
        reason=c.CancelReason,
    ),
    "follow-up.scheduled": _t(
        "En oppfølging ble avtalt innen {due_on}.", "A follow-up was scheduled, due {due_on}.", due_on=Form.DAY
    ),
    "follow-up.rescheduled": _t(
        "En oppfølging fikk ny frist {due_on}, siden saken hadde vært i bero.",
        "A follow-up is due {due_on} instead, since the case was on hold.",
        due_on=Form.DAY,
    ),
    "follow-up.held": _t("En oppfølging ble holdt.", "A follow-up was held."),
    "partner.added": _t("{kind} kom med i arbeidet.", "{kind} joined the work.", kind=c.PartnerKind),
    "partner.removed": _t("{kind} gikk ut av arbeidet.", "{kind} left the work.", kind=c.PartnerKind),
    "information.registered": _t(
        "En opplysning ble registrert ({statement_type}); den skal avklares innen {clarification_deadline}.",
        "Information was registered ({statement_type}), to be clarified by {clarification_deadline}.",
        statement_type=c.StatementType,
        clarification_deadline=Form.DAY,
    ),
    "information.clarified": _t(
        "En opplysning ble avklart: {outcome}.", "Information was clarified: {outcome}.", outcome=c.ClarificationOutcome
    ),
    "information.deadline-near": _t(
        "En opplysning er ikke avklart; siste dag er {clarification_deadline}.",
        "Information is not clarified; the last day is {clarification_deadline}.",
        clarification_deadline=Form.DAY,
    ),
    "information.restricted": _t(
        "En opplysning ble ikke avklart i tide, og tilgangen til den er begrenset.",
        "Information was not clarified in time, and access to it is restricted.",
    ),
    "task.assigned": _t(
        "En oppgave ble gitt: {kind}, innen {due_on}.",
        "A task was assigned: {kind}, due {due_on}.",
        kind=c.TaskKind,
        due_on=Form.DAY,
    ),
    "task.due-soon": _t(
        "En oppgave har frist {due_on}: {kind}.",
        "A task is due {due_on}: {kind}.",
        kind=c.TaskKind,
        due_on=Form.DAY,
    ),
    "task.overdue": _t("En oppgave er over fristen: {kind}.", "A task is overdue: {kind}.", kind=c.TaskKind),
    "task.completed": _t("En oppgave er gjort: {kind}.", "A task is done: {kind}.", kind=c.TaskKind),
}
_ACTS: Final = {
    "case.assess": _t("Kartleggingen ble lagret som utkast.", "The assessment was saved as a draft."),
    "case.evaluate": _t("Evalueringen ble lagret som utkast.", "The evaluation was saved as a draft."),
    "case.offer_transfer": _t("Saken ble tilbudt en annen enhet.", "The case was offered to another unit."),
    "case.reject_transfer": _t("Den andre enheten takket nei.", "The other unit turned the offer down."),
    "case.reorganise": _t(
        "En annen enhet svarer for saken etter en omorganisering.",
        "Another unit answers for the case after a reorganisation.",
    ),
    "case.revoke_transfer": _t("Tilbudet om overføring ble trukket.", "The offer was taken back."),
    "case.add_member": _t("Noen fikk tilgang til saken.", "Somebody got access to the case."),
    "case.end_member": _t("En tilgang til saken ble avsluttet.", "An access to the case was ended."),
    "case.set_level": _t("Nivået for fortrolighet ble satt.", "The level of confidentiality was set."),
    "case.link": _t("Saken ble knyttet til en annen.", "The case was linked to another."),
    "case.unlink": _t("En kobling til en annen sak ble fjernet.", "A link to another case was removed."),
    "case.add_attachment": _t("Et vedlegg ble lagt til.", "A file was attached."),
    "case.remove_attachment": _t("Et vedlegg ble fjernet.", "An attachment was removed."),
    "case.prepare_disclosure": _t("En utlevering ble forberedt.", "A disclosure was prepared."),
    "case.approve_disclosure": _t("En utlevering ble godkjent.", "A disclosure was approved."),
    "case.refuse_disclosure": _t("En utlevering ble avslått.", "A disclosure was refused."),
    "case.disclose": _t("Opplysninger ble utlevert.", "Something of the case was disclosed."),
    "case.withdraw_disclosure": _t("En utlevering ble trukket tilbake.", "A disclosure was withdrawn."),
    "case.add_task": _t("En oppgave ble lagt til.", "A task was added."),
    "case.complete_task": _t("En oppgave ble meldt gjort.", "A task was said to be done."),
    "case.assign_task": _t("En oppgave ble gitt til en person.", "A task was given to a person."),
    "case.place_legal_hold": _t("Saken skal ikke slettes før videre.", "A legal hold was placed on the case."),
    "case.lift_legal_hold": _t("Et vern mot sletting ble opphevet.", "A legal hold was lifted."),
    "case.decide_archive": _t(
        "Det ble avgjort hva arkivet beholder.", "It was decided what the archives keep of the case."
    ),
}
OTHER: Final = _t("Noe i saken ble endret.", "Something in the case was changed.")
"""What is said of a code that has no template yet, so that nothing that happened is left out."""

TEMPLATES: Final[Mapping[str, Template]] = MappingProxyType({**_CASE, **_WORK, **_ACTS})
"""The template of each code: of events, and of acts that no event tells of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence, and the name and version of the template that it is made from."""

    template: str
    text: str


def sentence(code: str, facts: Mapping[str, Any], language: Language) -> Sentence:
    """Return what is said of something that happened."""
    name = "case.restriction-lifted" if code == "case.restricted" and facts.get("restricted") is False else code
    template = TEMPLATES.get(name, OTHER)
    text = template.filled(facts, language)
    shown = name if name in TEMPLATES else "other"
    # A name of a code stands in lower case, and may come first.
    return Sentence(template=f"{shown}/{template.version}", text=text[:1].upper() + text[1:])
