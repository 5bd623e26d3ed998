"""What codes are called in Norwegian nynorsk, where that is another word than in bokmål."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from forkant_contracts import codes as c

NYNORSK: Final[Mapping[type[c.OpenCode], Mapping[str, str]]] = MappingProxyType(
    {
        c.CaseType: {
            "person": "ein person",
            "group": "ei gruppe",
            "place": "ein stad",
            "phenomenon": "eit fenomen",
            "online_community": "eit digitalt miljø",
        },
        c.CaseState: {
            "planned": "planlagd",
            "closed": "avslutta",
            "referred": "tilvist",
            "rejected": "avvist",
        },
        c.Theme: {
            "violence": "vald",
            "theft": "tjuveri",
            "sexual_offences": "seksuallovbrot",
            "domestic_violence": "vald i nære relasjonar",
            "other": "anna",
        },
        c.MeasureKind: {
            "concern_conversation": "samtale ved uro",
            "home_visit": "heimebesøk",
            "street_presence": "gatenært nærvær",
            "school_talk": "skulebesøk",
            "mediation": "mekling",
            "referral": "tilvising",
        },
        c.PartnerKind: {
            "child_welfare": "barnevernet",
            "school": "skulen",
            "mediation_service": "konfliktrådet",
            "health": "helsetenesta",
            "business": "næringslivet",
            "voluntary": "friviljuge",
        },
        c.HoldReason: {
            "awaiting_partner": "ventar på ein samarbeidspartnar",
            "criminal_investigation": "etterforsking går føre seg",
            "subject_unavailable": "den saka gjeld, er ikkje tilgjengeleg",
        },
        c.Effect: {
            "achieved": "oppnådd",
            "partial": "delvis oppnådd",
            "none": "ingen verknad",
            "not_known": "ikkje kjent",
        },
        c.CloseReason: {
            "evaluated": "evaluert",
            "unfounded": "grunnlaus",
            "moved": "flytta",
            "consent_withdrawn": "samtykket er trekt",
            "resources": "manglande ressursar",
        },
        c.RejectReason: {
            "not_preventive": "ikkje ei førebyggjande sak",
            "no_basis": "manglar grunnlag",
            "unfounded": "grunnlaus",
        },
        c.ReopenReason: {
            "new_offence": "nytt lovbrot",
            "new_concern": "ny uro",
            "closed_in_error": "avslutta ved ein feil",
        },
        c.CancelReason: {
            "not_needed": "ikkje lenger nødvendig",
            "subject_declined": "den saka gjeld, takka nei",
            "replaced": "erstatta av eit anna",
            "case_closed": "saka vart avslutta",
        },
        c.RestrictionReason: {
            "purpose_expired": "føremålet er falle bort",
            "unfounded": "grunnlaus",
            "disputed": "omstridd",
            "legal_claim": "rettskrav",
        },
        c.StatementType: {"fact": "faktum", "assessment": "vurdering"},
        c.ClarificationOutcome: {
            "relevant": "relevant",
            "not_relevant": "ikkje relevant",
            "incorrect": "urett",
        },
        c.TaskKind: {
            "complete_assessment": "fullfør kartlegginga",
            "approve_plan": "godkjenn planen",
            "complete_measure": "fullfør tiltaket",
            "hold_follow_up": "hald oppfølginga",
            "complete_evaluation": "fullfør evalueringa",
            "answer_transfer": "svar på overføringa",
            "clarify_information": "avklar opplysninga",
            "review_case": "gå gjennom saka",
        },
    }
)
"""Words by list and code; what is missing is called as in bokmål."""
