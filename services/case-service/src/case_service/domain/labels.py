"""What codes are called in Norwegian bokmål and English, in the middle of a sentence.

They are for people to read beside the code, never instead of it: a code is what holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from forkant_contracts import codes as c
from forkant_contracts.units import UNITS


class Language(StrEnum):
    """A language that sentences are written in."""

    NB = "nb"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Label:
    """A name in both languages."""

    nb: str
    en: str

    def said(self, language: Language) -> str:
        """Return it in one of them."""
        return self.nb if language is Language.NB else self.en


def _labels(**named: tuple[str, str]) -> Mapping[str, Label]:
    return MappingProxyType({code: Label(*both) for code, both in named.items()})


LABELS: Final[Mapping[type[c.OpenCode], Mapping[str, Label]]] = MappingProxyType(
    {
        c.CaseType: _labels(
            person=("en person", "a person"),
            group=("en gruppe", "a group"),
            place=("et sted", "a place"),
            phenomenon=("et fenomen", "a phenomenon"),
            online_community=("et digitalt miljø", "an online community"),
        ),
        c.CaseState: _labels(
            registered=("registrert", "registered"),
            assessing=("kartlegging", "assessing"),
            planned=("planlagt", "planned"),
            active=("aktiv", "active"),
            follow_up=("oppfølging", "follow-up"),
            evaluating=("evaluering", "evaluating"),
            closed=("avsluttet", "closed"),
            on_hold=("på vent", "on hold"),
            referred=("henvist", "referred"),
            rejected=("avvist", "rejected"),
        ),
        c.Theme: _labels(
            violence=("vold", "violence"),
            drugs=("narkotika", "drugs"),
            theft=("tyveri", "theft"),
            vandalism=("skadeverk", "vandalism"),
            sexual_offences=("seksuallovbrudd", "sexual offences"),
            image_sharing=("bildedeling", "image sharing"),
            domestic_violence=("vold i nære relasjoner", "domestic violence"),
            radicalisation=("radikalisering", "radicalisation"),
            hate_crime=("hatkriminalitet", "hate crime"),
            fraud=("bedrageri", "fraud"),
            cybercrime=("datakriminalitet", "cybercrime"),
            organised_crime=("organisert kriminalitet", "organised crime"),
            traffic=("trafikk", "traffic"),
            environment=("miljø", "environment"),
            other=("annet", "other"),
        ),
        c.MeasureKind: _labels(
            concern_conversation=("bekymringssamtale", "concern conversation"),
            youth_contract=("ungdomskontrakt", "youth contract"),
            follow_up_team=("oppfølgingsteam", "follow-up team"),
            home_visit=("hjemmebesøk", "home visit"),
            street_presence=("gatenær tilstedeværelse", "street presence"),
            situational_measure=("situasjonelt tiltak", "situational measure"),
            school_talk=("skolebesøk", "school talk"),
            exit_dialogue=("exit-samtale", "exit dialogue"),
            online_patrol_dialogue=("samtale på nett", "online-patrol dialogue"),
            mediation=("megling", "mediation"),
            referral=("henvisning", "referral"),
        ),
        c.PartnerKind: _labels(
            slt_coordinator=("SLT-koordinator", "SLT coordinator"),
            child_welfare=("barnevernet", "child welfare"),
            school=("skolen", "the school"),
            mediation_service=("konfliktrådet", "the mediation service"),
            health=("helsetjenesten", "the health service"),
            municipality=("kommunen", "the municipality"),
            business=("næringslivet", "business"),
            voluntary=("frivilligheten", "the voluntary sector"),
        ),
        c.HoldReason: _labels(
            awaiting_partner=("venter på en samarbeidspartner", "awaiting a partner"),
            criminal_investigation=("etterforskning pågår", "criminal investigation"),
            subject_unavailable=("den saken gjelder, er ikke tilgjengelig", "subject unavailable"),
        ),
        c.Effect: _labels(
            achieved=("oppnådd", "achieved"),
            partial=("delvis oppnådd", "partly achieved"),
            none=("ingen virkning", "no effect"),
            harm=("til skade", "harm"),
            not_known=("ikke kjent", "not known"),
        ),
        c.CloseReason: _labels(
            evaluated=("evaluert", "evaluated"),
            unfounded=("grunnløs", "unfounded"),
            moved=("flyttet", "moved"),
            duplicate=("duplikat", "duplicate"),
            consent_withdrawn=("samtykket er trukket", "consent withdrawn"),
            resources=("manglende ressurser", "resources"),
        ),
        c.RejectReason: _labels(
            not_preventive=("ikke en forebyggende sak", "not preventive"),
            no_basis=("mangler grunnlag", "no basis"),
            unfounded=("grunnløs", "unfounded"),
        ),
        c.ReopenReason: _labels(
            new_offence=("nytt lovbrudd", "new offence"),
            new_concern=("ny bekymring", "new concern"),
            closed_in_error=("avsluttet ved en feil", "closed in error"),
        ),
        c.CancelReason: _labels(
            not_needed=("ikke lenger nødvendig", "not needed"),
            subject_declined=("den saken gjelder, takket nei", "subject declined"),
            replaced=("erstattet av et annet", "replaced"),
            case_closed=("saken ble avsluttet", "case closed"),
        ),
        c.RestrictionReason: _labels(
            purpose_expired=("formålet er bortfalt", "purpose expired"),
            unfounded=("grunnløs", "unfounded"),
            disputed=("omtvistet", "disputed"),
            legal_claim=("rettskrav", "legal claim"),
        ),
        c.StatementType: _labels(fact=("faktum", "fact"), assessment=("vurdering", "assessment")),
        c.ClarificationOutcome: _labels(
            relevant=("relevant", "relevant"),
            not_relevant=("ikke relevant", "not relevant"),
            incorrect=("uriktig", "incorrect"),
        ),
        c.TaskKind: _labels(
            complete_assessment=("fullfør kartleggingen", "complete the assessment"),
            approve_plan=("godkjenn planen", "approve the plan"),
            complete_measure=("fullfør tiltaket", "complete the measure"),
            hold_follow_up=("hold oppfølgingen", "hold the follow-up"),
            complete_evaluation=("fullfør evalueringen", "complete the evaluation"),
            answer_transfer=("svar på overføringen", "answer the transfer"),
            clarify_information=("avklar opplysningen", "clarify the information"),
            review_case=("gå gjennom saken", "review the case"),
        ),
    }
)
"""Names of the codes that sentences name, by list and code."""


def label_of(listed: type[c.OpenCode], code: str, language: Language) -> str:
    """Return what a code is called; a code that has no name yet is called by itself."""
    named = LABELS[listed].get(code)
    return code if named is None else named.said(language)


def unit_name(unit: str, language: Language) -> str:
    """Return what a unit is called; one that has no name here by its id."""
    known = UNITS.get(unit)
    if known is None:
        return unit
    return known.name_nb if language is Language.NB else known.name_en
