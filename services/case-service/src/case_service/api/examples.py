"""An example of every request body, shown in the API description; a test sends them through their models."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

_CASE: Final = {
    "case_type": "person",
    "subject_category": "at_risk",
    "purpose_code": "prevent_crime",
    "legal_basis": "police_act",
    "title": "Repeated fights at school",
    "subject": "Pupil A",
}

_STEP: Final = {"code": "visit_prepared", "mandatory": True, "name_nb": "Besøk forberedt", "name_en": "Visit prepared"}
_PROPOSAL: Final = {
    "name_nb": "Hjemmebesøk",
    "name_en": "Home visit",
    "summary": "A visit that is prepared is more often followed by a second one.",
    "steps": [_STEP],
}

_EXAMPLE: Final = {
    "title": "To spørsmål før store overføringer",
    "context": "Eldre ble ringt opp av noen som utga seg for å være banken.",
    "what_was_done": "De ansatte i banken stiller to spørsmål før en stor overføring, og ringer en pårørende.",
    "mechanism": "Spørsmålene gir tid til å tenke seg om.",
    "advice": "Øv på spørsmålene sammen med de ansatte.",
}

_UNIT: Final = {
    "id": "sor",
    "name_nb": "Sør politidistrikt",
    "name_nn": "Sør politidistrikt",
    "name_en": "Sør Police District",
}

_NAMES: Final = {"name_nb": "Sentrum enhet", "name_nn": "Sentrum eining", "name_en": "Centre Unit"}

EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "ChangeOperationalUnit": _NAMES,
        "AddOperationalUnit": {**_NAMES, "slug": "gde-sentrum", "valid_from": "2027-01-01"},
        "Act": {"occurred_at": "2026-03-02T09:30:00+01:00"},
        "ReceiveConcern": {
            "source": "school",
            "theme": "violence",
            "age_band": "under_15",
            "municipality_number": "0301",
            "description": "Three fights in two weeks; the guardians have been told.",
        },
        "DecideConcern": {"outcome": "case", "case": _CASE},
        "CaseFromConcern": _CASE,
        "OpenCase": {**_CASE, "theme": "violence", "age_band": "under_15", "municipality_number": "0301"},
        "ImportedCase": {
            **_CASE,
            "theme": "violence",
            "age_band": "under_15",
            "opened_at": "2026-03-02T09:30:00+01:00",
            "source_reference": "2026/4711-3",
            "unit": "oslo",
        },
        "SaveAssessment": {
            "risk_factors": ["truancy", "negative_peers"],
            "protective_factors": ["supportive_guardian"],
            "summary": "Absent on Mondays; one teacher is trusted.",
            "best_interests": "To stay in the class, with one adult to go to.",
            "child_view": "Wants to stay in the class.",
            "guardian_contact": "contacted",
            "duty_to_report": "considered_no_duty",
            "completed": True,
        },
        "PlanGoal": {"text": "No new fights", "measurable": True, "baseline": "3 in two weeks", "target": "0"},
        "SavePlan": {
            "goals": [{"text": "No new fights", "measurable": True, "baseline": "3 in two weeks", "target": "0"}],
            "summary": "A conversation first, then a contract.",
        },
        "PlanMeasure": {"kind": "concern_conversation", "due_on": "2026-06-01"},
        "CompleteStep": {"step": "conversation_held"},
        "CancelMeasure": {"reason": "not_needed"},
        "ScheduleFollowUp": {"due_on": "2026-08-01"},
        "HoldFollowUp": {"notes": "No fights since May."},
        "SaveEvaluation": {
            "effect": "achieved",
            "mechanism": "One adult who asks every week.",
            "completed": True,
        },
        "PutOnHold": {"reason": "awaiting_partner"},
        "CloseCase": {"reason": "evaluated"},
        "ReferCase": {"referred_to": "child_welfare"},
        "RejectCase": {"reason": "no_basis"},
        "ReopenCase": {"reason": "new_concern"},
        "AddPartner": {"kind": "school", "name": "The school's social teacher"},
        "RegisterInformation": {
            "statement_type": "assessment",
            "verification_status": "unverified",
            "source": "partner",
            "source_reliability": "usually_reliable",
            "subject_category": "at_risk",
            "text": "May be under pressure from older pupils.",
            "basis": "Two conversations with the social teacher.",
        },
        "ClarifyInformation": {"outcome": "relevant", "verification_status": "verified"},
        "AddTask": {"kind": "review_case", "due_on": "2026-06-01"},
        "AssignTask": {"assignee": "officer2-oslo"},
        "ProposedStep": _STEP,
        "RewriteProposal": _PROPOSAL,
        "ProposeMethod": {"method": "home_visit", **_PROPOSAL},
        "OpenHearing": {"until": "2026-06-30"},
        "UnitToMake": _UNIT,
        "PartOfReorganisation": {"unit": "vest", "municipalities": ["4228"]},
        "ProposeReorganisation": {
            "kind": "merge",
            "effective_on": "2027-01-01",
            "from_units": ["agder", "sor-vest"],
            "parts": [{"unit": "sor"}],
            "new_units": [_UNIT],
            "summary": "One district on both sides of the border between the counties.",
        },
        "CommentOnProposal": {"text": "The second step needs an interpreter more often than not."},
        "PublishMethod": {"valid_from": "2026-09-01"},
        "RejectProposal": {"reason": "The effect was not shown."},
        "RetireMethod": {"retired_from": "2026-09-01", "reason": "Replaced by mediation."},
        "RetireCode": {
            "code_list": "theme",
            "code": "fraud",
            "retired_from": "2026-09-01",
            "reason": "Taken over by another list.",
        },
        "SearchCases": {"words": "slåsskamp skole", "state": ["active"], "opened_from": "2026-01-01T00:00:00Z"},
        "SaveSearch": {
            "name": "Fights at school",
            "words": "slåsskamp skole",
            "filter": {"state": ["active", "follow_up"], "age_band": ["under_15"]},
        },
        "EraseSearches": {"subject": "officer2-oslo"},
        "RewriteExample": _EXAMPLE,
        "DraftExample": {"case_id": "0190b3a0-0000-7000-8000-000000000001", **_EXAMPLE},
        "AnsweredWarning": {"warning": "context.date", "answer": "public_knowledge"},
        "ReviewExample": {
            "checks": ["names", "places", "dates", "rare_combination", "photos_and_links"],
            "answers": [{"warning": "codes.few_alike", "answer": "risk_accepted"}],
        },
        "DiscardExample": {},
        "PublishExample": {},
        "WithdrawExample": {"reason": "outdated"},
        "OfferTransfer": {"to_unit": "troms"},
        "AddMember": {"subject": "officer2-oslo"},
        "GiveAccess": {"subject": "officer-kripos", "valid_to": "2026-06-01T12:00:00Z", "reason": "joint_work"},
        "AddSubstitute": {
            "absent": "officer-oslo",
            "substitute": "officer2-oslo",
            "valid_to": "2026-06-01T12:00:00Z",
        },
        "BreakGlass": {"reason": "acute_danger"},
        "ReviewAccess": {"verdict": "justified"},
        "SetLevel": {"level": 2},
        "SetGoal": {"prevention_goal": "019cb000-0000-7000-8000-0000000000b1"},
        "RestrictCase": {"restricted": True, "reason": "disputed"},
        "PlaceLegalHold": {"reason": "court_order"},
        "DecideArchive": {"outcome": "transferred", "reference": "2026/4711-3"},
        "LinkCases": {"other_case": "0190b3a0-0000-7000-8000-000000000002", "kind": "follows"},
        "MergeCase": {"into": "0190b3a0-0000-7000-8000-000000000002", "into_etag": '"v7"'},
        "EraseCase": {"basis": "unfounded"},
        "PrepareDisclosure": {
            "recipient_kind": "child_welfare",
            "recipient": "The child welfare service, Tarevik",
            "basis": "duty_to_report",
            "purpose_code": "protect_child",
            "fields": ["case.subject", "assessment.risk_factors"],
            "reason": "Two reports in a month of a child alone at night.",
        },
        "RequestErasures": {"as_of": "2026-06-01", "limit": 100, "dry_run": True},
        "RecordDisclosure": {"method": "meeting"},
        "AskForPerson": {
            "subject": "officer-oslo",
            "unit": "oslo",
            "roles": ["case_officer"],
            "clearance": 1,
            "cases": ["0190b3a0-0000-7000-8000-000000000001"],
            "concerns": [],
        },
        "AskVisibility": {"cases": ["0190b3a0-0000-7000-8000-000000000001"], "concerns": []},
    }
)
"""Examples by the name of the model."""
