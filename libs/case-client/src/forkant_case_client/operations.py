"""Every operation of the case service. Generated from services/case-service/openapi.json: do not edit."""

from collections.abc import AsyncIterable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Final, overload
from urllib.parse import quote
from uuid import UUID

import httpx
from forkant_case_client.answers import Answer, Part
from forkant_case_client.models import (
    Act,
    AddMember,
    AddOperationalUnit,
    AddPartner,
    AddSubstitute,
    AddTask,
    AskForPerson,
    AskVisibility,
    AssignTask,
    AttachmentList,
    AttachmentView,
    AuditPage,
    BreakGlass,
    CancelMeasure,
    CaseAsOf,
    CasePage,
    CaseReceipt,
    CaseView,
    Catalogue,
    ChangeOperationalUnit,
    ChangePage,
    ClarifyInformation,
    CloseCase,
    CommentOnProposal,
    CommentReceipt,
    CompleteStep,
    ConcernPage,
    ConcernReceipt,
    ConcernView,
    Count,
    DecideArchive,
    DecideConcern,
    DiscardExample,
    DisclosureList,
    DisclosureView,
    DraftExample,
    DraftPage,
    DraftReceiptView,
    DraftView,
    DuplicatePage,
    EraseCase,
    ErasedSearches,
    EraseSearches,
    ErasureBatchReceipt,
    ErasureBatchView,
    ErasureCertificate,
    ExamplePage,
    ExampleReceiptView,
    ExampleView,
    FollowUpView,
    GiveAccess,
    GlassReceipt,
    HistoryPage,
    HoldFollowUp,
    ImportReceipt,
    InformationView,
    LegalHoldList,
    LinkCases,
    LinkPage,
    LinkReceipt,
    LinkView,
    ListedCodes,
    MeasureView,
    MemberList,
    MergeCase,
    MergedList,
    MethodChangePage,
    MethodList,
    MunicipalityHistory,
    MunicipalityList,
    OfferReceipt,
    OfferTransfer,
    OpenCase,
    OpenHearing,
    PartnerView,
    PlaceLegalHold,
    PlanMeasure,
    PrepareDisclosure,
    ProcessList,
    ProposalPage,
    ProposalReceiptView,
    ProposalView,
    ProposeMethod,
    ProposeReorganisation,
    PublishExample,
    PublishMethod,
    PutOnHold,
    ReceiveConcern,
    RecordDisclosure,
    RecountedCases,
    RecountedConcerns,
    ReferCase,
    RegisterInformation,
    RejectCase,
    RejectProposal,
    ReopenCase,
    ReorganisationPage,
    ReorganisationReceiptView,
    ReorganisationView,
    RequestErasures,
    RestrictCase,
    RetentionReviewPage,
    RetentionRules,
    RetireCode,
    RetirementReceipt,
    RetireMethod,
    ReviewAccess,
    ReviewExample,
    ReviewPage,
    ReviewReceipt,
    ReviewView,
    RevisionList,
    RewriteExample,
    RewriteProposal,
    RoleMatrix,
    SaveAssessment,
    SaveEvaluation,
    SavePlan,
    SaveSearch,
    ScheduleFollowUp,
    SearchCases,
    SearchPage,
    SearchReceiptView,
    SearchView,
    SetGoal,
    SetLevel,
    SubstitutePage,
    SubstituteReceipt,
    TaskList,
    TaskPage,
    TaskView,
    TimelinePage,
    TransferLine,
    TransferPage,
    UnitList,
    UnitReceiptView,
    VisibilityAnswer,
    WithdrawExample,
)
from forkant_case_client.routes import Route
from forkant_case_client.transport import Call, Transport
from forkant_contracts.codes import (
    AgeBand,
    Arena,
    CaseState,
    CaseType,
    CloseReason,
    ConcernOutcome,
    Effect,
    HoldReason,
    LegalBasis,
    MeasureKind,
    PurposeCode,
    RejectReason,
    RestrictionReason,
    Role,
    SubjectCategory,
    TaskKind,
    Theme,
)


class CaseService:
    """The case service, as one caller sees it; what is tried again: :mod:`forkant_case_client.transport`."""

    def __init__(self, transport: Transport) -> None:
        """Take the way to the service."""
        self._transport = transport

    async def access_add_member(
        self,
        case_id: UUID,
        body: AddMember,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Make somebody a member: ``POST /v1/cases/{case_id}/members``.

        Make a person of the unit a member, until further notice or for a time; `item_id` is the grant's id.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/members",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def access_add_substitute(
        self, body: AddSubstitute, *, idempotency_key: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[SubstituteReceipt]:
        """Let somebody stand in: ``POST /v1/substitutions``.

        Let somebody of the unit have another's memberships for a time; role and clearance stay their own.
        """
        call = Call(
            method="POST",
            path="/v1/substitutions",
            headers={"Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=SubstituteReceipt,
        )
        return await self._transport.send(call)

    async def access_ask(self, body: AskVisibility, *, purpose: PurposeCode | None = None) -> Answer[VisibilityAnswer]:
        """Ask which cases and concerns you may see: ``POST /v1/visibility``.

        Tell which of these cases and concerns lists would show to the caller; it changes nothing, so it needs no
        key.
        """
        call = Call(
            method="POST",
            path="/v1/visibility",
            headers={"Forkant-Purpose": purpose},
            body=body,
            answers=VisibilityAnswer,
        )
        return await self._transport.send(call)

    async def access_ask_for_person(self, body: AskForPerson) -> Answer[VisibilityAnswer]:
        """Ask which cases and concerns somebody may see who is sent a letter: ``POST /v1/visibility/person``.

        Tell which of these lists would show to a person now, given the unit, roles and clearance of their last
        token. One service may ask, which sends letters and has no token of theirs; it is told ids that it named
        itself.
        """
        call = Call(method="POST", path="/v1/visibility/person", body=body, answers=VisibilityAnswer)
        return await self._transport.send(call)

    async def access_break_glass(
        self, case_id: UUID, body: BreakGlass, *, idempotency_key: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[GlassReceipt]:
        """Break the glass of a case: ``POST /v1/cases/{case_id}/break-glass``.

        Open one case, of any unit, for reading, for 30 minutes; its leads are told at once, and it is reviewed.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/break-glass",
            headers={"Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=GlassReceipt,
        )
        return await self._transport.send(call)

    async def access_end_member(
        self, case_id: UUID, grant_id: UUID, *, if_match: str | None, purpose: PurposeCode | None = None
    ) -> Answer[CaseReceipt]:
        """End a membership or an access: ``DELETE /v1/cases/{case_id}/members/{grant_id}``.

        End it at once: from then on the person gets 404; that there was a grant stays on record.
        """
        call = Call(
            method="DELETE",
            path=f"/v1/cases/{case_id}/members/{grant_id}",
            headers={"If-Match": if_match, "Forkant-Purpose": purpose},
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def access_end_substitute(
        self, substitution_id: UUID, *, idempotency_key: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[SubstituteReceipt]:
        """End a substitution: ``POST /v1/substitutions/{substitution_id}/end``.

        End it at once; one that has not begun never does.
        """
        call = Call(
            method="POST",
            path=f"/v1/substitutions/{substitution_id}/end",
            headers={"Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            answers=SubstituteReceipt,
        )
        return await self._transport.send(call)

    async def access_give_access(
        self,
        case_id: UUID,
        body: GiveAccess,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Give access for a time: ``POST /v1/cases/{case_id}/access``.

        Give a person of any unit access, for at most 90 days; what the unit decides about the case stays the
        unit's.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/access",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def access_list_members(self, case_id: UUID, *, purpose: PurposeCode | None = None) -> Answer[MemberList]:
        """List who may see the case by a grant: ``GET /v1/cases/{case_id}/members``.

        List members, those with access for a time and those who broke the glass, ended ones too, the oldest first.
        """
        call = Call(
            method="GET", path=f"/v1/cases/{case_id}/members", headers={"Forkant-Purpose": purpose}, answers=MemberList
        )
        return await self._transport.send(call)

    async def access_list_reviews(
        self,
        *,
        done: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[ReviewPage]:
        """List reviews of broken glass: ``GET /v1/access-reviews``.

        List who looked into cases of the caller's unit by broken glass, newest first.
        """
        call = Call(
            method="GET",
            path="/v1/access-reviews",
            query={"done": done, "limit": limit, "cursor": cursor},
            headers={"Forkant-Purpose": purpose},
            answers=ReviewPage,
        )
        return await self._transport.send(call)

    async def access_list_substitutes(
        self, *, limit: int | None = None, cursor: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[SubstitutePage]:
        """List who stands in for whom: ``GET /v1/substitutions``.

        List who stands in for whom in the caller's unit, ended ones too, newest first.
        """
        call = Call(
            method="GET",
            path="/v1/substitutions",
            query={"limit": limit, "cursor": cursor},
            headers={"Forkant-Purpose": purpose},
            answers=SubstitutePage,
        )
        return await self._transport.send(call)

    async def access_read_review(self, review_id: UUID, *, purpose: PurposeCode | None = None) -> Answer[ReviewView]:
        """Read a review of broken glass: ``GET /v1/access-reviews/{review_id}``.

        Read who looked into a case, when and why.
        """
        call = Call(
            method="GET",
            path=f"/v1/access-reviews/{review_id}",
            headers={"Forkant-Purpose": purpose},
            answers=ReviewView,
        )
        return await self._transport.send(call)

    async def access_review(
        self,
        review_id: UUID,
        body: ReviewAccess,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[ReviewReceipt]:
        """Review broken glass: ``POST /v1/access-reviews/{review_id}/verdict``.

        Say whether it was justified; nobody reviews their own access.
        """
        call = Call(
            method="POST",
            path=f"/v1/access-reviews/{review_id}/verdict",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=ReviewReceipt,
        )
        return await self._transport.send(call)

    async def access_set_level(
        self, case_id: UUID, body: SetLevel, *, if_match: str | None, purpose: PurposeCode | None = None
    ) -> Answer[CaseReceipt]:
        """Set the level of confidentiality: ``PUT /v1/cases/{case_id}/level``.

        Set the level: 1 ordinary, 2 confidential, 3 strictly confidential, for members and privacy officers alone.
        """
        call = Call(
            method="PUT",
            path=f"/v1/cases/{case_id}/level",
            headers={"If-Match": if_match, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def attachments_add_attachment(
        self,
        case_id: UUID,
        content: bytes | AsyncIterable[bytes],
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
        content_disposition: str,
        repr_digest: str,
        content_type: str = "application/pdf",
    ) -> Answer[CaseReceipt]:
        """Attach a file: ``POST /v1/cases/{case_id}/attachments``.

        Attach a file, whose bytes are the body; `item_id` is its id. One at a time: each moves the case on.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/attachments",
            headers={
                "If-Match": if_match,
                "Idempotency-Key": idempotency_key,
                "Forkant-Purpose": purpose,
                "content-disposition": content_disposition,
                "repr-digest": repr_digest,
                "Content-Type": content_type,
            },
            content=content,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def attachments_list_attachments(
        self, case_id: UUID, *, purpose: PurposeCode | None = None
    ) -> Answer[AttachmentList]:
        """List attachments: ``GET /v1/cases/{case_id}/attachments``.

        List what is attached to a case, the oldest first.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/attachments",
            headers={"Forkant-Purpose": purpose},
            answers=AttachmentList,
        )
        return await self._transport.send(call)

    async def attachments_read_attachment(
        self, case_id: UUID, attachment_id: UUID, *, purpose: PurposeCode | None = None
    ) -> Answer[AttachmentView]:
        """Read what is told of an attachment: ``GET /v1/cases/{case_id}/attachments/{attachment_id}``.

        Read its name, type, size and digest; the ETag is the case's.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/attachments/{attachment_id}",
            headers={"Forkant-Purpose": purpose},
            answers=AttachmentView,
        )
        return await self._transport.send(call)

    def attachments_read_content(
        self, case_id: UUID, attachment_id: UUID, *, purpose: PurposeCode | None = None
    ) -> AbstractAsyncContextManager[httpx.Response]:
        """Download an attachment: ``GET /v1/cases/{case_id}/attachments/{attachment_id}/content``.

        Download the file; it is recorded before the first byte. `Repr-Digest` holds its SHA-256.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/attachments/{attachment_id}/content",
            headers={"Forkant-Purpose": purpose},
        )
        return self._transport.stream(call)

    async def attachments_remove_attachment(
        self, case_id: UUID, attachment_id: UUID, *, if_match: str | None, purpose: PurposeCode | None = None
    ) -> Answer[CaseReceipt]:
        """Remove an attachment: ``DELETE /v1/cases/{case_id}/attachments/{attachment_id}``.

        Remove an attachment for good; while a legal hold stands on the case, none is removed.
        """
        call = Call(
            method="DELETE",
            path=f"/v1/cases/{case_id}/attachments/{attachment_id}",
            headers={"If-Match": if_match, "Forkant-Purpose": purpose},
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def audit_list_audit(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        object_id: UUID | None = None,
        subject: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Answer[AuditPage]:
        """Read who did and saw what: ``GET /v1/audit``.

        List acts, newest first: changes, readings, hits of lists, and refusals, in codes and ids. An auditor asks
        about everybody. A privacy officer asks about the cases and concerns of the own unit, whoever saw them
        (`object_id`), or else about the people of the own unit.
        """
        call = Call(
            method="GET",
            path="/v1/audit",
            query={
                "limit": limit,
                "cursor": cursor,
                "object_id": object_id,
                "subject": subject,
                "since": since,
                "until": until,
            },
            answers=AuditPage,
        )
        return await self._transport.send(call)

    async def best_practice_drafts_discard_draft(
        self,
        draft_id: UUID,
        body: DiscardExample,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[DraftReceiptView]:
        """Throw a draft away: ``POST /v1/best-practice-drafts/{draft_id}/discarding``.

        Throw it away; nothing of it is kept.
        """
        call = Call(
            method="POST",
            path=f"/v1/best-practice-drafts/{draft_id}/discarding",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=DraftReceiptView,
        )
        return await self._transport.send(call)

    async def best_practice_drafts_draft_example(
        self, body: DraftExample, *, idempotency_key: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[DraftReceiptView]:
        """Draft an example: ``POST /v1/best-practices``.

        Draft an example from an evaluated case; its codes are the case's, its texts are written anew.
        """
        call = Call(
            method="POST",
            path="/v1/best-practices",
            headers={"Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=DraftReceiptView,
        )
        return await self._transport.send(call)

    async def best_practice_drafts_list_drafts(
        self, *, limit: int | None = None, cursor: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[DraftPage]:
        """List the drafts: ``GET /v1/best-practice-drafts``.

        List the drafts of cases that you may see, the newest first.
        """
        call = Call(
            method="GET",
            path="/v1/best-practice-drafts",
            query={"limit": limit, "cursor": cursor},
            headers={"Forkant-Purpose": purpose},
            answers=DraftPage,
        )
        return await self._transport.send(call)

    async def best_practice_drafts_publish_draft(
        self,
        draft_id: UUID,
        body: PublishExample,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[ExampleReceiptView]:
        """Publish a draft: ``POST /v1/best-practice-drafts/{draft_id}/publication``.

        Publish a reviewed draft to every unit, and end its way back to the case; `id` is the example's.
        """
        call = Call(
            method="POST",
            path=f"/v1/best-practice-drafts/{draft_id}/publication",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=ExampleReceiptView,
        )
        return await self._transport.send(call)

    async def best_practice_drafts_read_draft(
        self, draft_id: UUID, *, purpose: PurposeCode | None = None
    ) -> Answer[DraftView]:
        """Read a draft: ``GET /v1/best-practice-drafts/{draft_id}``.

        Read a draft with its texts, and the warnings that its reviewer has to answer.
        """
        call = Call(
            method="GET",
            path=f"/v1/best-practice-drafts/{draft_id}",
            headers={"Forkant-Purpose": purpose},
            answers=DraftView,
        )
        return await self._transport.send(call)

    async def best_practice_drafts_review_draft(
        self,
        draft_id: UUID,
        body: ReviewExample,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[DraftReceiptView]:
        """Review a draft: ``POST /v1/best-practice-drafts/{draft_id}/review``.

        Confirm that it points to nobody, and answer each warning; not who wrote on it.
        """
        call = Call(
            method="POST",
            path=f"/v1/best-practice-drafts/{draft_id}/review",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=DraftReceiptView,
        )
        return await self._transport.send(call)

    async def best_practice_drafts_rewrite_draft(
        self,
        draft_id: UUID,
        body: RewriteExample,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[DraftReceiptView]:
        """Write a draft anew: ``POST /v1/best-practice-drafts/{draft_id}/rewriting``.

        Write it anew; it is to be reviewed again, by somebody who did not write on it.
        """
        call = Call(
            method="POST",
            path=f"/v1/best-practice-drafts/{draft_id}/rewriting",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=DraftReceiptView,
        )
        return await self._transport.send(call)

    async def best_practices_read_example(self, example_id: UUID) -> Answer[ExampleView]:
        """Read an example: ``GET /v1/best-practices/{example_id}``.

        Read an example in its last revision; a withdrawn one still reads.
        """
        call = Call(method="GET", path=f"/v1/best-practices/{example_id}", answers=ExampleView)
        return await self._transport.send(call)

    async def best_practices_read_revisions(self, example_id: UUID) -> Answer[RevisionList]:
        """Read every revision of an example: ``GET /v1/best-practices/{example_id}/revisions``.

        Read every revision that was ever published, the newest first.
        """
        call = Call(method="GET", path=f"/v1/best-practices/{example_id}/revisions", answers=RevisionList)
        return await self._transport.send(call)

    async def best_practices_search_examples(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        q: str | None = None,
        unit: str | None = None,
        theme: Theme | None = None,
        case_type: CaseType | None = None,
        arena: Arena | None = None,
        measure_kind: MeasureKind | None = None,
        effect: Effect | None = None,
        method: MeasureKind | None = None,
        language: str | None = None,
    ) -> Answer[ExamplePage]:
        """Search the examples: ``GET /v1/best-practices``.

        Search in Norwegian what every unit published: the best first with words, without them the newest year
        first.
        """
        call = Call(
            method="GET",
            path="/v1/best-practices",
            query={
                "limit": limit,
                "cursor": cursor,
                "q": q,
                "unit": unit,
                "theme": theme,
                "case_type": case_type,
                "arena": arena,
                "measure_kind": measure_kind,
                "effect": effect,
                "method": method,
                "language": language,
            },
            answers=ExamplePage,
        )
        return await self._transport.send(call)

    async def best_practices_withdraw_example(
        self, example_id: UUID, body: WithdrawExample, *, if_match: str | None, idempotency_key: str | None = None
    ) -> Answer[ExampleReceiptView]:
        """Withdraw an example: ``POST /v1/best-practices/{example_id}/withdrawal``.

        Take it out of the search: the unit that published it, or the directorate. It stays in the history.
        """
        call = Call(
            method="POST",
            path=f"/v1/best-practices/{example_id}/withdrawal",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            answers=ExampleReceiptView,
        )
        return await self._transport.send(call)

    async def cases_as_of(
        self, case_id: UUID, *, at: datetime | None = None, purpose: PurposeCode | None = None
    ) -> Answer[CaseAsOf]:
        """Read a case as it was known at a moment: ``GET /v1/cases/{case_id}/as-of``.

        Read a case as it was known then, as far as that is known now; who may read it is judged now.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/as-of",
            query={"at": at},
            headers={"Forkant-Purpose": purpose},
            answers=CaseAsOf,
        )
        return await self._transport.send(call)

    async def cases_count(
        self,
        *,
        state: Sequence[CaseState] = (),
        held_from: Sequence[CaseState] = (),
        hold_reason: Sequence[HoldReason] = (),
        case_type: Sequence[CaseType] = (),
        theme: Sequence[Theme] = (),
        age_band: Sequence[AgeBand] = (),
        subject_category: Sequence[SubjectCategory] = (),
        special_category: bool | None = None,
        arena: Sequence[Arena] = (),
        municipality_number: Sequence[str] = (),
        purpose_code: Sequence[PurposeCode] = (),
        legal_basis: Sequence[LegalBasis] = (),
        level: Sequence[str] = (),
        close_reason: Sequence[CloseReason] = (),
        reject_reason: Sequence[RejectReason] = (),
        restricted: bool | None = None,
        restriction_reason: Sequence[RestrictionReason] = (),
        opened_from: datetime | None = None,
        opened_before: datetime | None = None,
        recorded_from: datetime | None = None,
        recorded_before: datetime | None = None,
        updated_from: datetime | None = None,
        updated_before: datetime | None = None,
        closed_from: datetime | None = None,
        closed_before: datetime | None = None,
        clarification_deadline_from: date | None = None,
        clarification_deadline_before: date | None = None,
        retention_until_from: date | None = None,
        retention_until_before: date | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[Count]:
        """Count cases: ``GET /v1/cases/count``.

        Count the cases that the caller may see: a lead's count holds restricted cases, an officer's does not.
        """
        call = Call(
            method="GET",
            path="/v1/cases/count",
            query={
                "state": state,
                "held_from": held_from,
                "hold_reason": hold_reason,
                "case_type": case_type,
                "theme": theme,
                "age_band": age_band,
                "subject_category": subject_category,
                "special_category": special_category,
                "arena": arena,
                "municipality_number": municipality_number,
                "purpose_code": purpose_code,
                "legal_basis": legal_basis,
                "level": level,
                "close_reason": close_reason,
                "reject_reason": reject_reason,
                "restricted": restricted,
                "restriction_reason": restriction_reason,
                "opened_from": opened_from,
                "opened_before": opened_before,
                "recorded_from": recorded_from,
                "recorded_before": recorded_before,
                "updated_from": updated_from,
                "updated_before": updated_before,
                "closed_from": closed_from,
                "closed_before": closed_before,
                "clarification_deadline_from": clarification_deadline_from,
                "clarification_deadline_before": clarification_deadline_before,
                "retention_until_from": retention_until_from,
                "retention_until_before": retention_until_before,
            },
            headers={"Forkant-Purpose": purpose},
            answers=Count,
        )
        return await self._transport.send(call)

    async def cases_history(
        self, case_id: UUID, *, limit: int | None = None, cursor: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[HistoryPage]:
        """Read the history of a case: ``GET /v1/cases/{case_id}/history``.

        Read the events of a case, oldest first, as they were published: codes and ids.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/history",
            query={"limit": limit, "cursor": cursor},
            headers={"Forkant-Purpose": purpose},
            answers=HistoryPage,
        )
        return await self._transport.send(call)

    @overload
    async def cases_list_cases(
        self,
        *,
        state: Sequence[CaseState] = (),
        held_from: Sequence[CaseState] = (),
        hold_reason: Sequence[HoldReason] = (),
        case_type: Sequence[CaseType] = (),
        theme: Sequence[Theme] = (),
        age_band: Sequence[AgeBand] = (),
        subject_category: Sequence[SubjectCategory] = (),
        special_category: bool | None = None,
        arena: Sequence[Arena] = (),
        municipality_number: Sequence[str] = (),
        purpose_code: Sequence[PurposeCode] = (),
        legal_basis: Sequence[LegalBasis] = (),
        level: Sequence[str] = (),
        close_reason: Sequence[CloseReason] = (),
        reject_reason: Sequence[RejectReason] = (),
        restricted: bool | None = None,
        restriction_reason: Sequence[RestrictionReason] = (),
        opened_from: datetime | None = None,
        opened_before: datetime | None = None,
        recorded_from: datetime | None = None,
        recorded_before: datetime | None = None,
        updated_from: datetime | None = None,
        updated_before: datetime | None = None,
        closed_from: datetime | None = None,
        closed_before: datetime | None = None,
        clarification_deadline_from: date | None = None,
        clarification_deadline_before: date | None = None,
        retention_until_from: date | None = None,
        retention_until_before: date | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: PurposeCode | None = None,
        fields: None = None,
    ) -> Answer[CasePage]: ...
    @overload
    async def cases_list_cases(
        self,
        *,
        state: Sequence[CaseState] = (),
        held_from: Sequence[CaseState] = (),
        hold_reason: Sequence[HoldReason] = (),
        case_type: Sequence[CaseType] = (),
        theme: Sequence[Theme] = (),
        age_band: Sequence[AgeBand] = (),
        subject_category: Sequence[SubjectCategory] = (),
        special_category: bool | None = None,
        arena: Sequence[Arena] = (),
        municipality_number: Sequence[str] = (),
        purpose_code: Sequence[PurposeCode] = (),
        legal_basis: Sequence[LegalBasis] = (),
        level: Sequence[str] = (),
        close_reason: Sequence[CloseReason] = (),
        reject_reason: Sequence[RejectReason] = (),
        restricted: bool | None = None,
        restriction_reason: Sequence[RestrictionReason] = (),
        opened_from: datetime | None = None,
        opened_before: datetime | None = None,
        recorded_from: datetime | None = None,
        recorded_before: datetime | None = None,
        updated_from: datetime | None = None,
        updated_before: datetime | None = None,
        closed_from: datetime | None = None,
        closed_before: datetime | None = None,
        clarification_deadline_from: date | None = None,
        clarification_deadline_before: date | None = None,
        retention_until_from: date | None = None,
        retention_until_before: date | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: PurposeCode | None = None,
        fields: str,
    ) -> Answer[Part]: ...
    async def cases_list_cases(
        self,
        *,
        state: Sequence[CaseState] = (),
        held_from: Sequence[CaseState] = (),
        hold_reason: Sequence[HoldReason] = (),
        case_type: Sequence[CaseType] = (),
        theme: Sequence[Theme] = (),
        age_band: Sequence[AgeBand] = (),
        subject_category: Sequence[SubjectCategory] = (),
        special_category: bool | None = None,
        arena: Sequence[Arena] = (),
        municipality_number: Sequence[str] = (),
        purpose_code: Sequence[PurposeCode] = (),
        legal_basis: Sequence[LegalBasis] = (),
        level: Sequence[str] = (),
        close_reason: Sequence[CloseReason] = (),
        reject_reason: Sequence[RejectReason] = (),
        restricted: bool | None = None,
        restriction_reason: Sequence[RestrictionReason] = (),
        opened_from: datetime | None = None,
        opened_before: datetime | None = None,
        recorded_from: datetime | None = None,
        recorded_before: datetime | None = None,
        updated_from: datetime | None = None,
        updated_before: datetime | None = None,
        closed_from: datetime | None = None,
        closed_before: datetime | None = None,
        clarification_deadline_from: date | None = None,
        clarification_deadline_before: date | None = None,
        retention_until_from: date | None = None,
        retention_until_before: date | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: PurposeCode | None = None,
        fields: str | None = None,
    ) -> Answer[CasePage] | Answer[Part]:
        """List cases: ``GET /v1/cases``.

        List the cases that the caller may see, newest first, as codes.
        """
        call = Call(
            method="GET",
            path="/v1/cases",
            query={
                "state": state,
                "held_from": held_from,
                "hold_reason": hold_reason,
                "case_type": case_type,
                "theme": theme,
                "age_band": age_band,
                "subject_category": subject_category,
                "special_category": special_category,
                "arena": arena,
                "municipality_number": municipality_number,
                "purpose_code": purpose_code,
                "legal_basis": legal_basis,
                "level": level,
                "close_reason": close_reason,
                "reject_reason": reject_reason,
                "restricted": restricted,
                "restriction_reason": restriction_reason,
                "opened_from": opened_from,
                "opened_before": opened_before,
                "recorded_from": recorded_from,
                "recorded_before": recorded_before,
                "updated_from": updated_from,
                "updated_before": updated_before,
                "closed_from": closed_from,
                "closed_before": closed_before,
                "clarification_deadline_from": clarification_deadline_from,
                "clarification_deadline_before": clarification_deadline_before,
                "retention_until_from": retention_until_from,
                "retention_until_before": retention_until_before,
                "limit": limit,
                "cursor": cursor,
                "fields": fields,
            },
            headers={"Forkant-Purpose": purpose},
            answers=CasePage if fields is None else Part,
        )
        return await self._transport.send(call)

    async def cases_open(
        self, body: OpenCase, *, idempotency_key: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[CaseReceipt]:
        """Open a case: ``POST /v1/cases``.

        Open a case of the caller's unit; its state is `registered`.
        """
        call = Call(
            method="POST",
            path="/v1/cases",
            headers={"Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    @overload
    async def cases_read(
        self, case_id: UUID, *, round: int | None = None, purpose: PurposeCode | None = None, fields: None = None
    ) -> Answer[CaseView]: ...
    @overload
    async def cases_read(
        self, case_id: UUID, *, round: int | None = None, purpose: PurposeCode | None = None, fields: str
    ) -> Answer[Part]: ...
    async def cases_read(
        self, case_id: UUID, *, round: int | None = None, purpose: PurposeCode | None = None, fields: str | None = None
    ) -> Answer[CaseView] | Answer[Part]:
        """Read a case: ``GET /v1/cases/{case_id}``.

        Read a case with everything below it; the reading is written in the audit trail.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}",
            query={"round": round, "fields": fields},
            headers={"Forkant-Purpose": purpose},
            answers=CaseView if fields is None else Part,
        )
        return await self._transport.send(call)

    @overload
    async def cases_search(
        self, body: SearchCases, *, purpose: PurposeCode | None = None, fields: None = None
    ) -> Answer[CasePage]: ...
    @overload
    async def cases_search(
        self, body: SearchCases, *, purpose: PurposeCode | None = None, fields: str
    ) -> Answer[Part]: ...
    async def cases_search(
        self, body: SearchCases, *, purpose: PurposeCode | None = None, fields: str | None = None
    ) -> Answer[CasePage] | Answer[Part]:
        """Search cases by words: ``POST /v1/cases/search``.

        Find the cases that the caller may see and that have all the words, newest first, as codes. It changes
        nothing, so that it needs no key. Words are looked for in what is written in a case, save in its
        information.
        """
        call = Call(
            method="POST",
            path="/v1/cases/search",
            query={"fields": fields},
            headers={"Forkant-Purpose": purpose},
            body=body,
            answers=CasePage if fields is None else Part,
        )
        return await self._transport.send(call)

    async def cases_timeline(
        self,
        case_id: UUID,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        lang: str | None = None,
        purpose: PurposeCode | None = None,
        accept_language: str | None = None,
    ) -> Answer[TimelinePage]:
        """Read who did what in a case: ``GET /v1/cases/{case_id}/timeline``.

        Read what happened in a case, oldest first, with who did it and a sentence; not who looked at it.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/timeline",
            query={"limit": limit, "cursor": cursor, "lang": lang},
            headers={"Forkant-Purpose": purpose, "accept-language": accept_language},
            answers=TimelinePage,
        )
        return await self._transport.send(call)

    async def changes_list_changes(
        self,
        *,
        changed_since: datetime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[ChangePage]:
        """Read what changed: ``GET /v1/changes``.

        Read what changed, each case once, oldest change first; a case that is gone for the caller comes as a
        tombstone. `next` is always given: asked with again, it tells what came since.
        """
        call = Call(
            method="GET",
            path="/v1/changes",
            query={"changed_since": changed_since, "limit": limit, "cursor": cursor},
            headers={"Forkant-Purpose": purpose},
            answers=ChangePage,
        )
        return await self._transport.send(call)

    async def concerns_decide(
        self,
        concern_id: UUID,
        body: DecideConcern,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[ConcernReceipt]:
        """Decide a concern: ``POST /v1/concerns/{concern_id}/decision``.

        Decide a concern: dismiss it, refer it, or open a case from it in the same transaction.
        """
        call = Call(
            method="POST",
            path=f"/v1/concerns/{concern_id}/decision",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=ConcernReceipt,
        )
        return await self._transport.send(call)

    @overload
    async def concerns_list_concerns(
        self,
        *,
        state: str | None = None,
        outcome: ConcernOutcome | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: PurposeCode | None = None,
        fields: None = None,
    ) -> Answer[ConcernPage]: ...
    @overload
    async def concerns_list_concerns(
        self,
        *,
        state: str | None = None,
        outcome: ConcernOutcome | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: PurposeCode | None = None,
        fields: str,
    ) -> Answer[Part]: ...
    async def concerns_list_concerns(
        self,
        *,
        state: str | None = None,
        outcome: ConcernOutcome | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: PurposeCode | None = None,
        fields: str | None = None,
    ) -> Answer[ConcernPage] | Answer[Part]:
        """List concerns: ``GET /v1/concerns``.

        List the unit's concerns, newest first, as codes.
        """
        call = Call(
            method="GET",
            path="/v1/concerns",
            query={"state": state, "outcome": outcome, "limit": limit, "cursor": cursor, "fields": fields},
            headers={"Forkant-Purpose": purpose},
            answers=ConcernPage if fields is None else Part,
        )
        return await self._transport.send(call)

    @overload
    async def concerns_read(
        self, concern_id: UUID, *, purpose: PurposeCode | None = None, fields: None = None
    ) -> Answer[ConcernView]: ...
    @overload
    async def concerns_read(
        self, concern_id: UUID, *, purpose: PurposeCode | None = None, fields: str
    ) -> Answer[Part]: ...
    async def concerns_read(
        self, concern_id: UUID, *, purpose: PurposeCode | None = None, fields: str | None = None
    ) -> Answer[ConcernView] | Answer[Part]:
        """Read a concern: ``GET /v1/concerns/{concern_id}``.

        Read a concern; the reading is written in the audit trail.
        """
        call = Call(
            method="GET",
            path=f"/v1/concerns/{concern_id}",
            query={"fields": fields},
            headers={"Forkant-Purpose": purpose},
            answers=ConcernView if fields is None else Part,
        )
        return await self._transport.send(call)

    async def concerns_receive(
        self, body: ReceiveConcern, *, idempotency_key: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[ConcernReceipt]:
        """Register a concern: ``POST /v1/concerns``.

        Register a concern that the caller's unit received; its text stays in this service.
        """
        call = Call(
            method="POST",
            path="/v1/concerns",
            headers={"Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=ConcernReceipt,
        )
        return await self._transport.send(call)

    async def course_close(
        self,
        case_id: UUID,
        body: CloseCase,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Close a case: ``POST /v1/cases/{case_id}/close``.

        Close a case on its evaluation or on a coded reason for having none; open measures are cancelled with it.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/close",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def course_put_on_hold(
        self,
        case_id: UUID,
        body: PutOnHold,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Put on hold: ``POST /v1/cases/{case_id}/hold``.

        Pause the work; resuming returns to the state before.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/hold",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def course_refer(
        self,
        case_id: UUID,
        body: ReferCase,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Refer a case: ``POST /v1/cases/{case_id}/referral``.

        Hand a case to a body outside the police; open measures are cancelled with it.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/referral",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def course_reject(
        self,
        case_id: UUID,
        body: RejectCase,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Reject a case: ``POST /v1/cases/{case_id}/rejection``.

        Reject a case that has no ground.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/rejection",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def course_reopen(
        self,
        case_id: UUID,
        body: ReopenCase,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Reopen a case: ``POST /v1/cases/{case_id}/reopen``.

        Take an ended case up again in a new round; what the earlier rounds hold stays readable.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/reopen",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def course_resume(
        self,
        case_id: UUID,
        body: Act,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Resume: ``POST /v1/cases/{case_id}/resume``.

        Go on where the work stood before the hold.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/resume",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def disclosures_approve_disclosure(
        self,
        case_id: UUID,
        disclosure_id: UUID,
        body: Act,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Approve a disclosure: ``POST /v1/cases/{case_id}/disclosures/{disclosure_id}/approval``.

        Approve it; nobody approves what they asked for themselves.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/disclosures/{disclosure_id}/approval",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def disclosures_list_disclosures(
        self, case_id: UUID, *, purpose: PurposeCode | None = None
    ) -> Answer[DisclosureList]:
        """List the disclosures of a case: ``GET /v1/cases/{case_id}/disclosures``.

        List what was to be given of a case, and what was, the oldest first.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/disclosures",
            headers={"Forkant-Purpose": purpose},
            answers=DisclosureList,
        )
        return await self._transport.send(call)

    async def disclosures_prepare_disclosure(
        self,
        case_id: UUID,
        body: PrepareDisclosure,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Prepare a disclosure: ``POST /v1/cases/{case_id}/disclosures``.

        Say what is to be given, to whom, and why; nothing is given before somebody else approves it.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/disclosures",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def disclosures_read_disclosure(
        self, case_id: UUID, disclosure_id: UUID, *, purpose: PurposeCode | None = None
    ) -> Answer[DisclosureView]:
        """Read a disclosure: ``GET /v1/cases/{case_id}/disclosures/{disclosure_id}``.

        Read a disclosure; the ETag is the case's.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/disclosures/{disclosure_id}",
            headers={"Forkant-Purpose": purpose},
            answers=DisclosureView,
        )
        return await self._transport.send(call)

    async def disclosures_record_disclosure(
        self,
        case_id: UUID,
        disclosure_id: UUID,
        body: RecordDisclosure,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Record that it was given: ``POST /v1/cases/{case_id}/disclosures/{disclosure_id}/disclosed``.

        Record that what was approved was given, how, and when.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/disclosures/{disclosure_id}/disclosed",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def disclosures_refuse_disclosure(
        self,
        case_id: UUID,
        disclosure_id: UUID,
        body: Act,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Refuse a disclosure: ``POST /v1/cases/{case_id}/disclosures/{disclosure_id}/refusal``.

        Refuse it; who asked for it withdraws it instead.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/disclosures/{disclosure_id}/refusal",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def disclosures_withdraw_disclosure(
        self,
        case_id: UUID,
        disclosure_id: UUID,
        body: Act,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Withdraw a disclosure: ``POST /v1/cases/{case_id}/disclosures/{disclosure_id}/withdrawal``.

        Take back what was prepared or approved and not given yet.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/disclosures/{disclosure_id}/withdrawal",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def duplicates_list_like_case(
        self, case_id: UUID, *, limit: int | None = None, cursor: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[DuplicatePage]:
        """List cases like a case: ``GET /v1/cases/{case_id}/duplicates``.

        List cases that you may see and that may be about the same, newest first; people say if they are. Those of
        the unit whose codes are the same, and those of any unit that were opened with the same subject reference.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/duplicates",
            query={"limit": limit, "cursor": cursor},
            headers={"Forkant-Purpose": purpose},
            answers=DuplicatePage,
        )
        return await self._transport.send(call)

    async def duplicates_list_like_concern(
        self,
        concern_id: UUID,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[DuplicatePage]:
        """List concerns and cases like a concern: ``GET /v1/concerns/{concern_id}/duplicates``.

        List concerns and cases that you may see and that may be about the same, newest first. Those of the unit
        whose codes are the same, and those with the same subject reference: cases of any unit.
        """
        call = Call(
            method="GET",
            path=f"/v1/concerns/{concern_id}/duplicates",
            query={"limit": limit, "cursor": cursor},
            headers={"Forkant-Purpose": purpose},
            answers=DuplicatePage,
        )
        return await self._transport.send(call)

    async def duplicates_list_merged(self, case_id: UUID, *, purpose: PurposeCode | None = None) -> Answer[MergedList]:
        """List what was merged into a case: ``GET /v1/cases/{case_id}/merged``.

        List the duplicates of a case that were merged into it and that you may see, newest first, as codes.
        """
        call = Call(
            method="GET", path=f"/v1/cases/{case_id}/merged", headers={"Forkant-Purpose": purpose}, answers=MergedList
        )
        return await self._transport.send(call)

    async def duplicates_merge(
        self,
        case_id: UUID,
        body: MergeCase,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Merge a case into another: ``POST /v1/cases/{case_id}/merge``.

        Merge a duplicate into the case that goes on, which alone counts then; this can't be undone. Nothing is
        moved: the merged case stays readable as it was. `item_id` is the case that goes on; its ETag moves too.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/merge",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    def exchange_export(
        self,
        *,
        state: Sequence[CaseState] = (),
        held_from: Sequence[CaseState] = (),
        hold_reason: Sequence[HoldReason] = (),
        case_type: Sequence[CaseType] = (),
        theme: Sequence[Theme] = (),
        age_band: Sequence[AgeBand] = (),
        subject_category: Sequence[SubjectCategory] = (),
        special_category: bool | None = None,
        arena: Sequence[Arena] = (),
        municipality_number: Sequence[str] = (),
        purpose_code: Sequence[PurposeCode] = (),
        legal_basis: Sequence[LegalBasis] = (),
        level: Sequence[str] = (),
        close_reason: Sequence[CloseReason] = (),
        reject_reason: Sequence[RejectReason] = (),
        restricted: bool | None = None,
        restriction_reason: Sequence[RestrictionReason] = (),
        opened_from: datetime | None = None,
        opened_before: datetime | None = None,
        recorded_from: datetime | None = None,
        recorded_before: datetime | None = None,
        updated_from: datetime | None = None,
        updated_before: datetime | None = None,
        closed_from: datetime | None = None,
        closed_before: datetime | None = None,
        clarification_deadline_from: date | None = None,
        clarification_deadline_before: date | None = None,
        retention_until_from: date | None = None,
        retention_until_before: date | None = None,
        format: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> AbstractAsyncContextManager[httpx.Response]:
        """Export cases: ``GET /v1/cases/export``.

        Hand out all cases that the caller may see, narrowed as lists are: codes, days and ids, no text. An answer
        that ends early, or holds fewer cases than `Forkant-Rows`, broke off: ask again.
        """
        call = Call(
            method="GET",
            path="/v1/cases/export",
            query={
                "state": state,
                "held_from": held_from,
                "hold_reason": hold_reason,
                "case_type": case_type,
                "theme": theme,
                "age_band": age_band,
                "subject_category": subject_category,
                "special_category": special_category,
                "arena": arena,
                "municipality_number": municipality_number,
                "purpose_code": purpose_code,
                "legal_basis": legal_basis,
                "level": level,
                "close_reason": close_reason,
                "reject_reason": reject_reason,
                "restricted": restricted,
                "restriction_reason": restriction_reason,
                "opened_from": opened_from,
                "opened_before": opened_before,
                "recorded_from": recorded_from,
                "recorded_before": recorded_before,
                "updated_from": updated_from,
                "updated_before": updated_before,
                "closed_from": closed_from,
                "closed_before": closed_before,
                "clarification_deadline_from": clarification_deadline_from,
                "clarification_deadline_before": clarification_deadline_before,
                "retention_until_from": retention_until_from,
                "retention_until_before": retention_until_before,
                "format": format,
            },
            headers={"Forkant-Purpose": purpose},
        )
        return self._transport.stream(call)

    async def exchange_import_cases(
        self,
        content: bytes | AsyncIterable[bytes],
        *,
        source: str,
        dry_run: bool | None = None,
        idempotency_key: str | None = None,
        content_type: str = "application/x-ndjson",
    ) -> Answer[ImportReceipt]:
        """Import cases: ``POST /v1/imports``.

        Open a case for each row, or none; the body is one JSON object a line, or CSV, see the guide on imports.
        Each row is checked as opening a case is. What is wrong comes as `import-refused` with `errors`: the number
        of the row, the place in it and a code; never what was sent.
        """
        call = Call(
            method="POST",
            path="/v1/imports",
            query={"source": source, "dry_run": dry_run},
            headers={"Idempotency-Key": idempotency_key, "Content-Type": content_type},
            content=content,
            answers=ImportReceipt,
        )
        return await self._transport.send(call)

    async def follow_ups_hold_follow_up(
        self,
        case_id: UUID,
        follow_up_id: UUID,
        body: HoldFollowUp,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Hold a follow-up: ``POST /v1/cases/{case_id}/follow-ups/{follow_up_id}/held``.

        Write that a follow-up was held; when no measure is open any more, the case goes to `follow_up`.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/follow-ups/{follow_up_id}/held",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def follow_ups_read_follow_up(
        self, case_id: UUID, follow_up_id: UUID, *, purpose: PurposeCode | None = None
    ) -> Answer[FollowUpView]:
        """Read a follow-up: ``GET /v1/cases/{case_id}/follow-ups/{follow_up_id}``.

        Read a follow-up; the ETag is the case's.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/follow-ups/{follow_up_id}",
            headers={"Forkant-Purpose": purpose},
            answers=FollowUpView,
        )
        return await self._transport.send(call)

    async def follow_ups_schedule_follow_up(
        self,
        case_id: UUID,
        body: ScheduleFollowUp,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Schedule a follow-up: ``POST /v1/cases/{case_id}/follow-ups``.

        Schedule a follow-up; `item_id` is its id.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/follow-ups",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def information_clarify_information(
        self,
        case_id: UUID,
        information_id: UUID,
        body: ClarifyInformation,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Clarify information: ``POST /v1/cases/{case_id}/information/{information_id}/clarification``.

        Say whether information is relevant, and correct; what is not is restricted from then on. It is done once.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/information/{information_id}/clarification",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def information_read_information(
        self, case_id: UUID, information_id: UUID, *, purpose: PurposeCode | None = None
    ) -> Answer[InformationView]:
        """Read information: ``GET /v1/cases/{case_id}/information/{information_id}``.

        Read information; without its texts when access to it is restricted for you. The ETag is the case's.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/information/{information_id}",
            headers={"Forkant-Purpose": purpose},
            answers=InformationView,
        )
        return await self._transport.send(call)

    async def information_register_information(
        self,
        case_id: UUID,
        body: RegisterInformation,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Register information: ``POST /v1/cases/{case_id}/information``.

        Register information; `item_id` is its id. It is to be clarified within four months, or access is
        restricted.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/information",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def links_link(
        self, case_id: UUID, body: LinkCases, *, idempotency_key: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[LinkReceipt]:
        """Link a case to another: ``POST /v1/cases/{case_id}/links``.

        Link two cases that you see both; neither moves on, and who does not see both does not see the link.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/links",
            headers={"Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=LinkReceipt,
        )
        return await self._transport.send(call)

    async def links_list_links(
        self, case_id: UUID, *, limit: int | None = None, cursor: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[LinkPage]:
        """List the links of a case: ``GET /v1/cases/{case_id}/links``.

        List the links of a case, newest first; those alone whose other end you may see.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/links",
            query={"limit": limit, "cursor": cursor},
            headers={"Forkant-Purpose": purpose},
            answers=LinkPage,
        )
        return await self._transport.send(call)

    async def links_read_link(
        self, case_id: UUID, link_id: UUID, *, purpose: PurposeCode | None = None
    ) -> Answer[LinkView]:
        """Read a link: ``GET /v1/cases/{case_id}/links/{link_id}``.

        Read a link whose other end you may see; its ETag is its own.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/links/{link_id}",
            headers={"Forkant-Purpose": purpose},
            answers=LinkView,
        )
        return await self._transport.send(call)

    async def links_unlink(
        self, case_id: UUID, link_id: UUID, *, if_match: str | None, purpose: PurposeCode | None = None
    ) -> Answer[None]:
        """Take a link away: ``DELETE /v1/cases/{case_id}/links/{link_id}``.

        Take a link away, of which you see both ends.
        """
        call = Call(
            method="DELETE",
            path=f"/v1/cases/{case_id}/links/{link_id}",
            headers={"If-Match": if_match, "Forkant-Purpose": purpose},
        )
        return await self._transport.send(call)

    async def measures_cancel_measure(
        self,
        case_id: UUID,
        measure_id: UUID,
        body: CancelMeasure,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Cancel a measure: ``POST /v1/cases/{case_id}/measures/{measure_id}/cancel``.

        Cancel a measure that is planned or started.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/measures/{measure_id}/cancel",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def measures_complete_measure(
        self,
        case_id: UUID,
        measure_id: UUID,
        body: Act,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Complete a measure: ``POST /v1/cases/{case_id}/measures/{measure_id}/complete``.

        Complete a measure; whether its mandatory steps were met is worked out from the steps done.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/measures/{measure_id}/complete",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def measures_complete_step(
        self,
        case_id: UUID,
        measure_id: UUID,
        body: CompleteStep,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Do a step: ``POST /v1/cases/{case_id}/measures/{measure_id}/steps``.

        Write that a step of the measure's method was done.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/measures/{measure_id}/steps",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def measures_plan_measure(
        self,
        case_id: UUID,
        body: PlanMeasure,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Plan a measure: ``POST /v1/cases/{case_id}/measures``.

        Plan a measure; `item_id` is its id. It stays on the method version that it is planned with.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/measures",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def measures_read_measure(
        self, case_id: UUID, measure_id: UUID, *, purpose: PurposeCode | None = None
    ) -> Answer[MeasureView]:
        """Read a measure: ``GET /v1/cases/{case_id}/measures/{measure_id}``.

        Read a measure; the ETag is the case's.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/measures/{measure_id}",
            headers={"Forkant-Purpose": purpose},
            answers=MeasureView,
        )
        return await self._transport.send(call)

    async def measures_start_measure(
        self,
        case_id: UUID,
        measure_id: UUID,
        body: Act,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Start a measure: ``POST /v1/cases/{case_id}/measures/{measure_id}/start``.

        Start a measure; the plan must be approved, and the first measure activates the case.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/measures/{measure_id}/start",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def methods_approve(
        self, proposal_id: UUID, body: Act, *, if_match: str | None, idempotency_key: str | None = None
    ) -> Answer[ProposalReceiptView]:
        """Approve a proposal: ``POST /v1/method-proposals/{proposal_id}/approval``.

        Approve it from the hearing's last day on; not who proposed it.
        """
        call = Call(
            method="POST",
            path=f"/v1/method-proposals/{proposal_id}/approval",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            answers=ProposalReceiptView,
        )
        return await self._transport.send(call)

    async def methods_comment(
        self, proposal_id: UUID, body: CommentOnProposal, *, idempotency_key: str | None = None
    ) -> Answer[CommentReceipt]:
        """Say something about it: ``POST /v1/method-proposals/{proposal_id}/comments``.

        Say something in the hearing; what was said stays, with who said it.
        """
        call = Call(
            method="POST",
            path=f"/v1/method-proposals/{proposal_id}/comments",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
            answers=CommentReceipt,
        )
        return await self._transport.send(call)

    async def methods_list_changes(
        self, method: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Answer[MethodChangePage]:
        """Read a method's change log: ``GET /v1/methods/{method}/changes``.

        Read who proposed, heard, approved, published and retired what, and why; nothing is ever taken out of it.
        """
        call = Call(
            method="GET",
            path=f"/v1/methods/{quote(method, safe='')}/changes",
            query={"limit": limit, "cursor": cursor},
            answers=MethodChangePage,
        )
        return await self._transport.send(call)

    async def methods_list_proposals(
        self,
        *,
        state: str | None = None,
        method: MeasureKind | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Answer[ProposalPage]:
        """List the proposals of methods: ``GET /v1/method-proposals``.

        List what was proposed in all units, the newest first.
        """
        call = Call(
            method="GET",
            path="/v1/method-proposals",
            query={"state": state, "method": method, "limit": limit, "cursor": cursor},
            answers=ProposalPage,
        )
        return await self._transport.send(call)

    async def methods_open_hearing(
        self, proposal_id: UUID, body: OpenHearing, *, if_match: str | None, idempotency_key: str | None = None
    ) -> Answer[ProposalReceiptView]:
        """Open the hearing: ``POST /v1/method-proposals/{proposal_id}/hearing``.

        Let every unit say what it thinks, up to and with the day `until`.
        """
        call = Call(
            method="POST",
            path=f"/v1/method-proposals/{proposal_id}/hearing",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            answers=ProposalReceiptView,
        )
        return await self._transport.send(call)

    async def methods_propose_method(
        self, body: ProposeMethod, *, idempotency_key: str | None = None
    ) -> Answer[ProposalReceiptView]:
        """Propose a version of a method: ``POST /v1/method-proposals``.

        Propose the next version of a method, or the first of a kind of measure that has none.
        """
        call = Call(
            method="POST",
            path="/v1/method-proposals",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
            answers=ProposalReceiptView,
        )
        return await self._transport.send(call)

    async def methods_publish(
        self, proposal_id: UUID, body: PublishMethod, *, if_match: str | None, idempotency_key: str | None = None
    ) -> Answer[ProposalReceiptView]:
        """Publish a proposal: ``POST /v1/method-proposals/{proposal_id}/publication``.

        Publish it as the next version of its method; measures that follow an earlier one stay on that.
        """
        call = Call(
            method="POST",
            path=f"/v1/method-proposals/{proposal_id}/publication",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            answers=ProposalReceiptView,
        )
        return await self._transport.send(call)

    async def methods_read_proposal(self, proposal_id: UUID) -> Answer[ProposalView]:
        """Read a proposal: ``GET /v1/method-proposals/{proposal_id}``.

        Read a proposal with its steps and everything that was said in its hearing.
        """
        call = Call(method="GET", path=f"/v1/method-proposals/{proposal_id}", answers=ProposalView)
        return await self._transport.send(call)

    async def methods_reject(
        self, proposal_id: UUID, body: RejectProposal, *, if_match: str | None, idempotency_key: str | None = None
    ) -> Answer[ProposalReceiptView]:
        """Turn a proposal down: ``POST /v1/method-proposals/{proposal_id}/rejection``.

        Turn it down, and say why in words that everybody may read.
        """
        call = Call(
            method="POST",
            path=f"/v1/method-proposals/{proposal_id}/rejection",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            answers=ProposalReceiptView,
        )
        return await self._transport.send(call)

    async def methods_retire_code(
        self, body: RetireCode, *, idempotency_key: str | None = None
    ) -> Answer[RetirementReceipt]:
        """Retire a code: ``POST /v1/catalogue/retirements``.

        Let nothing new take a code from a day on; where it stands it still reads.
        """
        call = Call(
            method="POST",
            path="/v1/catalogue/retirements",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
            answers=RetirementReceipt,
        )
        return await self._transport.send(call)

    async def methods_retire_method(
        self, method: str, body: RetireMethod, *, idempotency_key: str | None = None
    ) -> Answer[RetirementReceipt]:
        """Retire a method: ``POST /v1/methods/{method}/retirement``.

        Let no new measure follow it from a day on; those that follow it go on, and a later version may be
        published.
        """
        call = Call(
            method="POST",
            path=f"/v1/methods/{quote(method, safe='')}/retirement",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
            answers=RetirementReceipt,
        )
        return await self._transport.send(call)

    async def methods_rewrite_proposal(
        self, proposal_id: UUID, body: RewriteProposal, *, if_match: str | None, idempotency_key: str | None = None
    ) -> Answer[ProposalReceiptView]:
        """Write a proposal anew: ``POST /v1/method-proposals/{proposal_id}/rewriting``.

        Write it anew before its hearing; only the unit that proposed it does.
        """
        call = Call(
            method="POST",
            path=f"/v1/method-proposals/{proposal_id}/rewriting",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            answers=ProposalReceiptView,
        )
        return await self._transport.send(call)

    async def methods_withdraw(
        self, proposal_id: UUID, body: Act, *, if_match: str | None, idempotency_key: str | None = None
    ) -> Answer[ProposalReceiptView]:
        """Take a proposal back: ``POST /v1/method-proposals/{proposal_id}/withdrawal``.

        Take a proposal of your unit back, also when it was approved.
        """
        call = Call(
            method="POST",
            path=f"/v1/method-proposals/{proposal_id}/withdrawal",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            answers=ProposalReceiptView,
        )
        return await self._transport.send(call)

    async def operational_units_add(
        self, body: AddOperationalUnit, *, idempotency_key: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[UnitReceiptView]:
        """Add an operational unit: ``POST /v1/operational-units``.

        Add an operational unit to the caller's district, from today or a day that is ahead.
        """
        call = Call(
            method="POST",
            path="/v1/operational-units",
            headers={"Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=UnitReceiptView,
        )
        return await self._transport.send(call)

    async def operational_units_change(
        self, unit_uid: UUID, body: ChangeOperationalUnit, *, if_match: str | None, purpose: PurposeCode | None = None
    ) -> Answer[UnitReceiptView]:
        """Rename or end an operational unit: ``PUT /v1/operational-units/{unit_uid}``.

        Write its names anew, and the day from which it is there no more; without one it goes on.
        """
        call = Call(
            method="PUT",
            path=f"/v1/operational-units/{unit_uid}",
            headers={"If-Match": if_match, "Forkant-Purpose": purpose},
            body=body,
            answers=UnitReceiptView,
        )
        return await self._transport.send(call)

    async def partners_add_partner(
        self,
        case_id: UUID,
        body: AddPartner,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Add a partner: ``POST /v1/cases/{case_id}/partners``.

        Let a partner outside the police join; `item_id` is the partnership's id.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/partners",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def partners_read_partner(
        self, case_id: UUID, partner_id: UUID, *, purpose: PurposeCode | None = None
    ) -> Answer[PartnerView]:
        """Read a partner: ``GET /v1/cases/{case_id}/partners/{partner_id}``.

        Read a partner; the ETag is the case's.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/partners/{partner_id}",
            headers={"Forkant-Purpose": purpose},
            answers=PartnerView,
        )
        return await self._transport.send(call)

    async def partners_remove_partner(
        self,
        case_id: UUID,
        partner_id: UUID,
        *,
        occurred_at: datetime | None = None,
        if_match: str | None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Remove a partner: ``DELETE /v1/cases/{case_id}/partners/{partner_id}``.

        Write that a partner left; what they did in the case stays.
        """
        call = Call(
            method="DELETE",
            path=f"/v1/cases/{case_id}/partners/{partner_id}",
            query={"occurred_at": occurred_at},
            headers={"If-Match": if_match, "Forkant-Purpose": purpose},
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def protection_decide_archive(
        self, case_id: UUID, body: DecideArchive, *, if_match: str | None, purpose: PurposeCode | None = None
    ) -> Answer[CaseReceipt]:
        """Decide what the archives keep: ``PUT /v1/cases/{case_id}/archive-decision``.

        Decide it before a case is erased; somebody else erases it then. A later decision replaces an earlier one.
        """
        call = Call(
            method="PUT",
            path=f"/v1/cases/{case_id}/archive-decision",
            headers={"If-Match": if_match, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def protection_erase(
        self,
        case_id: UUID,
        body: EraseCase,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Erase a case: ``POST /v1/cases/{case_id}/erasure``.

        Erase everything written in a case and in the concern that it came from; this can't be undone.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/erasure",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def protection_lift_legal_hold(
        self, case_id: UUID, legal_hold_id: UUID, *, if_match: str | None, purpose: PurposeCode | None = None
    ) -> Answer[CaseReceipt]:
        """Lift a legal hold: ``DELETE /v1/cases/{case_id}/legal-holds/{legal_hold_id}``.

        Lift a hold; that it stood stays on record.
        """
        call = Call(
            method="DELETE",
            path=f"/v1/cases/{case_id}/legal-holds/{legal_hold_id}",
            headers={"If-Match": if_match, "Forkant-Purpose": purpose},
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def protection_list_legal_holds(
        self, case_id: UUID, *, purpose: PurposeCode | None = None
    ) -> Answer[LegalHoldList]:
        """List the legal holds on a case: ``GET /v1/cases/{case_id}/legal-holds``.

        List the holds on a case, lifted ones too, the oldest first.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/legal-holds",
            headers={"Forkant-Purpose": purpose},
            answers=LegalHoldList,
        )
        return await self._transport.send(call)

    async def protection_list_retention_reviews(
        self,
        *,
        within_days: int | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[RetentionReviewPage]:
        """List cases to erase or to look at: ``GET /v1/retention-reviews``.

        List the unit's cases whose last day is near or past, the first due first, and what stands in the way.
        """
        call = Call(
            method="GET",
            path="/v1/retention-reviews",
            query={"within_days": within_days, "limit": limit, "cursor": cursor},
            headers={"Forkant-Purpose": purpose},
            answers=RetentionReviewPage,
        )
        return await self._transport.send(call)

    async def protection_place_legal_hold(
        self,
        case_id: UUID,
        body: PlaceLegalHold,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Place a legal hold: ``POST /v1/cases/{case_id}/legal-holds``.

        Keep a case from being erased until the hold is lifted; several may stand. `item_id` is the hold's id.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/legal-holds",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def protection_read_erasure(
        self, case_id: UUID, *, purpose: PurposeCode | None = None
    ) -> Answer[ErasureCertificate]:
        """Read the certificate of an erasure: ``GET /v1/cases/{case_id}/erasure``.

        Read who erased a case, when, on which ground, and how many rows and keys were destroyed where.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/erasure",
            headers={"Forkant-Purpose": purpose},
            answers=ErasureCertificate,
        )
        return await self._transport.send(call)

    async def protection_read_erasures(
        self, batch_id: UUID, *, purpose: PurposeCode | None = None
    ) -> Answer[ErasureBatchView]:
        """Read how far an erasure of many is: ``GET /v1/erasure-batches/{batch_id}``.

        Read how far a batch is, and what became of each case.
        """
        call = Call(
            method="GET",
            path=f"/v1/erasure-batches/{batch_id}",
            headers={"Forkant-Purpose": purpose},
            answers=ErasureBatchView,
        )
        return await self._transport.send(call)

    async def protection_request_erasures(
        self, body: RequestErasures, *, idempotency_key: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[ErasureBatchReceipt]:
        """Erase what has expired: ``POST /v1/erasure-batches``.

        Ask for the erasure of the unit's ended cases whose last day is past, whose archive somebody else decided
        about. A dry run shows each case and what keeps it, and changes nothing. Else the worker erases them a few
        at a time, each with its certificate, as a single erasure does; what can't go by then is left, and said why.
        """
        call = Call(
            method="POST",
            path="/v1/erasure-batches",
            headers={"Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=ErasureBatchReceipt,
        )
        return await self._transport.send(call)

    async def protection_restrict(
        self,
        case_id: UUID,
        body: RestrictCase,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Restrict a case: ``POST /v1/cases/{case_id}/restriction``.

        Set or lift a restriction: while it stands, leads and privacy officers alone read it and nobody changes it.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/restriction",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def protection_retention_rules(self) -> Answer[RetentionRules]:
        """Read the retention rules: ``GET /v1/retention-rules``.

        Read by which rules it is worked out until when a case is kept, each with what it rests on.
        """
        call = Call(method="GET", path="/v1/retention-rules", answers=RetentionRules)
        return await self._transport.send(call)

    async def recount_recount_cases(
        self, *, after: UUID | None = None, id: Sequence[UUID] = (), limit: int | None = None
    ) -> Answer[RecountedCases]:
        """Recount cases: ``GET /v1/recount/cases``.

        Tell what is counted of cases, in order of id, in codes, moments and days; erased and merged ones as such.
        """
        call = Call(
            method="GET",
            path="/v1/recount/cases",
            query={"after": after, "id": id, "limit": limit},
            answers=RecountedCases,
        )
        return await self._transport.send(call)

    async def recount_recount_concerns(
        self, *, after: UUID | None = None, id: Sequence[UUID] = (), limit: int | None = None
    ) -> Answer[RecountedConcerns]:
        """Recount concerns: ``GET /v1/recount/concerns``.

        Tell what is counted of concerns, in order of id, in codes and moments.
        """
        call = Call(
            method="GET",
            path="/v1/recount/concerns",
            query={"after": after, "id": id, "limit": limit},
            answers=RecountedConcerns,
        )
        return await self._transport.send(call)

    async def reference_catalogue(self, *, on: date | None = None) -> Answer[Catalogue]:
        """Read codes, units, municipalities and methods: ``GET /v1/catalogue``.

        Read what forms are filled in from: code lists, units, municipalities with their district, methods.
        """
        call = Call(method="GET", path="/v1/catalogue", query={"on": on}, answers=Catalogue)
        return await self._transport.send(call)

    async def reference_list_codes(
        self, *, code_list: str | None = None, on: date | None = None
    ) -> Answer[ListedCodes]:
        """Read codes with their names: ``GET /v1/codes``.

        Read themes, types of case and all other codes, what each is called, and until when something new takes it.
        """
        call = Call(method="GET", path="/v1/codes", query={"code_list": code_list, "on": on}, answers=ListedCodes)
        return await self._transport.send(call)

    async def reference_methods(self, *, on: date | None = None) -> Answer[MethodList]:
        """Read the national methods: ``GET /v1/methods``.

        Read every version of every national method with its steps; a measure stays on the version it began with.
        """
        call = Call(method="GET", path="/v1/methods", query={"on": on}, answers=MethodList)
        return await self._transport.send(call)

    async def reference_municipalities(self, *, on: date | None = None) -> Answer[MunicipalityList]:
        """Read the municipalities of a day: ``GET /v1/municipalities``.

        Read the municipalities of a day with the district of each; none of days before the division that is loaded.
        """
        call = Call(method="GET", path="/v1/municipalities", query={"on": on}, answers=MunicipalityList)
        return await self._transport.send(call)

    async def reference_municipality(self, number: str) -> Answer[MunicipalityHistory]:
        """Read a municipality and its districts: ``GET /v1/municipalities/{number}``.

        Read to which district a municipality belonged between which days.
        """
        call = Call(method="GET", path=f"/v1/municipalities/{quote(number, safe='')}", answers=MunicipalityHistory)
        return await self._transport.send(call)

    async def reference_role_matrix(self) -> Answer[RoleMatrix]:
        """Read who may do what: ``GET /v1/role-matrix``.

        Read which roles may take which action; what is not listed is refused.
        """
        call = Call(method="GET", path="/v1/role-matrix", answers=RoleMatrix)
        return await self._transport.send(call)

    async def reference_units(self, *, on: date | None = None, every: bool | None = None) -> Answer[UnitList]:
        """Read the units of a day: ``GET /v1/units``.

        Read districts, special bodies, the directorate and operational units, with the days between which each is.
        """
        call = Call(method="GET", path="/v1/units", query={"on": on, "every": every}, answers=UnitList)
        return await self._transport.send(call)

    async def reference_work_processes(self) -> Answer[ProcessList]:
        """Read the work processes: ``GET /v1/work-processes``.

        Read which tasks cases ask for, by when, where each deadline comes from, and to whom a late task goes.
        """
        call = Call(method="GET", path="/v1/work-processes", answers=ProcessList)
        return await self._transport.send(call)

    async def reorganisations_approve_reorganisation(
        self, reorganisation_id: UUID, body: Act, *, if_match: str | None, idempotency_key: str | None = None
    ) -> Answer[ReorganisationReceiptView]:
        """Approve a reorganisation: ``POST /v1/reorganisations/{reorganisation_id}/approval``.

        Approve it before its day; not who proposed it. It takes effect by itself when the day begins.
        """
        call = Call(
            method="POST",
            path=f"/v1/reorganisations/{reorganisation_id}/approval",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            answers=ReorganisationReceiptView,
        )
        return await self._transport.send(call)

    async def reorganisations_list_reorganisations(
        self, *, state: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Answer[ReorganisationPage]:
        """List reorganisations: ``GET /v1/reorganisations``.

        List what was proposed, is approved, and was done, the newest first.
        """
        call = Call(
            method="GET",
            path="/v1/reorganisations",
            query={"state": state, "limit": limit, "cursor": cursor},
            answers=ReorganisationPage,
        )
        return await self._transport.send(call)

    async def reorganisations_propose_reorganisation(
        self, body: ProposeReorganisation, *, idempotency_key: str | None = None
    ) -> Answer[ReorganisationReceiptView]:
        """Propose a reorganisation: ``POST /v1/reorganisations``.

        Propose that units merge, one is split, or municipalities move to another district, from a day that is
        ahead.
        """
        call = Call(
            method="POST",
            path="/v1/reorganisations",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
            answers=ReorganisationReceiptView,
        )
        return await self._transport.send(call)

    async def reorganisations_read_reorganisation(self, reorganisation_id: UUID) -> Answer[ReorganisationView]:
        """Read a reorganisation: ``GET /v1/reorganisations/{reorganisation_id}``.

        Read whose work goes to whom, and how far it has come.
        """
        call = Call(method="GET", path=f"/v1/reorganisations/{reorganisation_id}", answers=ReorganisationView)
        return await self._transport.send(call)

    async def reorganisations_reject_reorganisation(
        self, reorganisation_id: UUID, body: Act, *, if_match: str | None, idempotency_key: str | None = None
    ) -> Answer[ReorganisationReceiptView]:
        """Turn a reorganisation down: ``POST /v1/reorganisations/{reorganisation_id}/rejection``.

        Turn it down before it is approved.
        """
        call = Call(
            method="POST",
            path=f"/v1/reorganisations/{reorganisation_id}/rejection",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            answers=ReorganisationReceiptView,
        )
        return await self._transport.send(call)

    async def reorganisations_withdraw_reorganisation(
        self, reorganisation_id: UUID, body: Act, *, if_match: str | None, idempotency_key: str | None = None
    ) -> Answer[ReorganisationReceiptView]:
        """Take a reorganisation back: ``POST /v1/reorganisations/{reorganisation_id}/withdrawal``.

        Take it back before it takes effect, also when it was approved.
        """
        call = Call(
            method="POST",
            path=f"/v1/reorganisations/{reorganisation_id}/withdrawal",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
            answers=ReorganisationReceiptView,
        )
        return await self._transport.send(call)

    async def searches_change(
        self, search_id: UUID, body: SaveSearch, *, if_match: str | None, purpose: PurposeCode | None = None
    ) -> Answer[SearchReceiptView]:
        """Change a saved search: ``PUT /v1/searches/{search_id}``.

        Write a search that you keep anew, as a whole; it is then kept for another year.
        """
        call = Call(
            method="PUT",
            path=f"/v1/searches/{search_id}",
            headers={"If-Match": if_match, "Forkant-Purpose": purpose},
            body=body,
            answers=SearchReceiptView,
        )
        return await self._transport.send(call)

    async def searches_erase(
        self, body: EraseSearches, *, idempotency_key: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[ErasedSearches]:
        """Erase somebody's saved searches: ``POST /v1/searches/erasures``.

        Erase all searches that somebody of the unit keeps, as when they leave; nobody reads them for that.
        """
        call = Call(
            method="POST",
            path="/v1/searches/erasures",
            headers={"Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=ErasedSearches,
        )
        return await self._transport.send(call)

    async def searches_list_searches(
        self, *, limit: int | None = None, cursor: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[SearchPage]:
        """List saved searches: ``GET /v1/searches``.

        List the searches that you keep and those that are shared with your unit, the newest first.
        """
        call = Call(
            method="GET",
            path="/v1/searches",
            query={"limit": limit, "cursor": cursor},
            headers={"Forkant-Purpose": purpose},
            answers=SearchPage,
        )
        return await self._transport.send(call)

    async def searches_read(self, search_id: UUID, *, purpose: PurposeCode | None = None) -> Answer[SearchView]:
        """Read a saved search: ``GET /v1/searches/{search_id}``.

        Read a search that you keep, or that is shared with your unit.
        """
        call = Call(
            method="GET", path=f"/v1/searches/{search_id}", headers={"Forkant-Purpose": purpose}, answers=SearchView
        )
        return await self._transport.send(call)

    async def searches_remove(
        self, search_id: UUID, *, if_match: str | None, purpose: PurposeCode | None = None
    ) -> Answer[None]:
        """Remove a saved search: ``DELETE /v1/searches/{search_id}``.

        Remove a search that you keep, for good.
        """
        call = Call(
            method="DELETE",
            path=f"/v1/searches/{search_id}",
            headers={"If-Match": if_match, "Forkant-Purpose": purpose},
        )
        return await self._transport.send(call)

    @overload
    async def searches_run(
        self,
        search_id: UUID,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: PurposeCode | None = None,
        fields: None = None,
    ) -> Answer[CasePage]: ...
    @overload
    async def searches_run(
        self,
        search_id: UUID,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: PurposeCode | None = None,
        fields: str,
    ) -> Answer[Part]: ...
    async def searches_run(
        self,
        search_id: UUID,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: PurposeCode | None = None,
        fields: str | None = None,
    ) -> Answer[CasePage] | Answer[Part]:
        """Run a saved search: ``GET /v1/searches/{search_id}/cases``.

        List the cases that it finds and that you, whoever saved it, may see now, newest first, as codes.
        """
        call = Call(
            method="GET",
            path=f"/v1/searches/{search_id}/cases",
            query={"limit": limit, "cursor": cursor, "fields": fields},
            headers={"Forkant-Purpose": purpose},
            answers=CasePage if fields is None else Part,
        )
        return await self._transport.send(call)

    async def searches_save(
        self, body: SaveSearch, *, idempotency_key: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[SearchReceiptView]:
        """Save a search: ``POST /v1/searches``.

        Keep a search for a year; its name and words are sealed, and a lead may share it with the unit.
        """
        call = Call(
            method="POST",
            path="/v1/searches",
            headers={"Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=SearchReceiptView,
        )
        return await self._transport.send(call)

    async def tasks_add_task(
        self,
        case_id: UUID,
        body: AddTask,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Add a task: ``POST /v1/cases/{case_id}/tasks``.

        Add a review of the case by hand; `item_id` is the task's id.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/tasks",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def tasks_assign_task(
        self,
        case_id: UUID,
        task_id: UUID,
        body: AssignTask,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Give a task: ``POST /v1/cases/{case_id}/tasks/{task_id}/assignment``.

        Give a task to a member of the case; what somebody has, they and a prevention lead pass on.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/tasks/{task_id}/assignment",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def tasks_complete_task(
        self,
        case_id: UUID,
        task_id: UUID,
        body: Act,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Complete a review: ``POST /v1/cases/{case_id}/tasks/{task_id}/completion``.

        Say that a review is done; every other task ends by doing what it is about.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/tasks/{task_id}/completion",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    @overload
    async def tasks_list_case_tasks(
        self, case_id: UUID, *, purpose: PurposeCode | None = None, fields: None = None
    ) -> Answer[TaskList]: ...
    @overload
    async def tasks_list_case_tasks(
        self, case_id: UUID, *, purpose: PurposeCode | None = None, fields: str
    ) -> Answer[Part]: ...
    async def tasks_list_case_tasks(
        self, case_id: UUID, *, purpose: PurposeCode | None = None, fields: str | None = None
    ) -> Answer[TaskList] | Answer[Part]:
        """List the tasks of a case: ``GET /v1/cases/{case_id}/tasks``.

        List every task of a case, ended ones too, the oldest first.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/tasks",
            query={"fields": fields},
            headers={"Forkant-Purpose": purpose},
            answers=TaskList if fields is None else Part,
        )
        return await self._transport.send(call)

    @overload
    async def tasks_list_tasks(
        self,
        *,
        whose: str | None = None,
        kind: Sequence[TaskKind] = (),
        role: Sequence[Role] = (),
        state: Sequence[str] = (),
        due_before: date | None = None,
        overdue: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: PurposeCode | None = None,
        fields: None = None,
    ) -> Answer[TaskPage]: ...
    @overload
    async def tasks_list_tasks(
        self,
        *,
        whose: str | None = None,
        kind: Sequence[TaskKind] = (),
        role: Sequence[Role] = (),
        state: Sequence[str] = (),
        due_before: date | None = None,
        overdue: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: PurposeCode | None = None,
        fields: str,
    ) -> Answer[Part]: ...
    async def tasks_list_tasks(
        self,
        *,
        whose: str | None = None,
        kind: Sequence[TaskKind] = (),
        role: Sequence[Role] = (),
        state: Sequence[str] = (),
        due_before: date | None = None,
        overdue: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        purpose: PurposeCode | None = None,
        fields: str | None = None,
    ) -> Answer[TaskPage] | Answer[Part]:
        """List tasks: ``GET /v1/tasks``.

        List tasks of cases that you may see, the first due first.
        """
        call = Call(
            method="GET",
            path="/v1/tasks",
            query={
                "whose": whose,
                "kind": kind,
                "role": role,
                "state": state,
                "due_before": due_before,
                "overdue": overdue,
                "limit": limit,
                "cursor": cursor,
                "fields": fields,
            },
            headers={"Forkant-Purpose": purpose},
            answers=TaskPage if fields is None else Part,
        )
        return await self._transport.send(call)

    @overload
    async def tasks_read_task(
        self, case_id: UUID, task_id: UUID, *, purpose: PurposeCode | None = None, fields: None = None
    ) -> Answer[TaskView]: ...
    @overload
    async def tasks_read_task(
        self, case_id: UUID, task_id: UUID, *, purpose: PurposeCode | None = None, fields: str
    ) -> Answer[Part]: ...
    async def tasks_read_task(
        self, case_id: UUID, task_id: UUID, *, purpose: PurposeCode | None = None, fields: str | None = None
    ) -> Answer[TaskView] | Answer[Part]:
        """Read a task: ``GET /v1/cases/{case_id}/tasks/{task_id}``.

        Read a task. The ETag is the case's.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/tasks/{task_id}",
            query={"fields": fields},
            headers={"Forkant-Purpose": purpose},
            answers=TaskView if fields is None else Part,
        )
        return await self._transport.send(call)

    async def transfers_accept(
        self,
        case_id: UUID,
        transfer_id: UUID,
        body: Act,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Accept an offer: ``POST /v1/cases/{case_id}/transfers/{transfer_id}/accept``.

        Take over a case; If-Match is the offer's ETag, the answer's ETag is the case's.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/transfers/{transfer_id}/accept",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def transfers_list_transfers(
        self, *, limit: int | None = None, cursor: str | None = None, purpose: PurposeCode | None = None
    ) -> Answer[TransferPage]:
        """List offers: ``GET /v1/transfers``.

        List offers from and to the caller's unit, newest first, as codes.
        """
        call = Call(
            method="GET",
            path="/v1/transfers",
            query={"limit": limit, "cursor": cursor},
            headers={"Forkant-Purpose": purpose},
            answers=TransferPage,
        )
        return await self._transport.send(call)

    async def transfers_offer(
        self,
        case_id: UUID,
        body: OfferTransfer,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Offer a case to another unit: ``POST /v1/cases/{case_id}/transfers``.

        Offer a case to another unit, which sees the offer's codes and no more; `item_id` is the offer's id.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/transfers",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def transfers_read(
        self, case_id: UUID, transfer_id: UUID, *, purpose: PurposeCode | None = None
    ) -> Answer[TransferLine]:
        """Read an offer: ``GET /v1/cases/{case_id}/transfers/{transfer_id}``.

        Read an offer; its ETag is what accepting or rejecting it takes in If-Match.
        """
        call = Call(
            method="GET",
            path=f"/v1/cases/{case_id}/transfers/{transfer_id}",
            headers={"Forkant-Purpose": purpose},
            answers=TransferLine,
        )
        return await self._transport.send(call)

    async def transfers_reject(
        self,
        case_id: UUID,
        transfer_id: UUID,
        body: Act,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[OfferReceipt]:
        """Reject an offer: ``POST /v1/cases/{case_id}/transfers/{transfer_id}/reject``.

        Turn an offer down; If-Match is the offer's ETag.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/transfers/{transfer_id}/reject",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=OfferReceipt,
        )
        return await self._transport.send(call)

    async def transfers_revoke(
        self,
        case_id: UUID,
        transfer_id: UUID,
        body: Act,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Revoke an offer: ``POST /v1/cases/{case_id}/transfers/{transfer_id}/revoke``.

        Take an offer back; If-Match is the case's ETag.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/transfers/{transfer_id}/revoke",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def work_approve(
        self,
        case_id: UUID,
        body: Act,
        *,
        if_match: str | None,
        idempotency_key: str | None = None,
        purpose: PurposeCode | None = None,
    ) -> Answer[CaseReceipt]:
        """Approve the plan: ``POST /v1/cases/{case_id}/plan/approval``.

        Approve the plan; only a prevention lead may, and not the one who wrote it.
        """
        call = Call(
            method="POST",
            path=f"/v1/cases/{case_id}/plan/approval",
            headers={"If-Match": if_match, "Idempotency-Key": idempotency_key, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def work_assess(
        self, case_id: UUID, body: SaveAssessment, *, if_match: str | None, purpose: PurposeCode | None = None
    ) -> Answer[CaseReceipt]:
        """Save the assessment: ``PUT /v1/cases/{case_id}/assessment``.

        Save the assessment; the first save starts it, `completed` completes it, and a completed one may be
        rewritten. Of somebody under 18 a completed one says what is best for the child, what the child thinks or
        why that is not known, whether the guardians were contacted, and what came of considering the duty to
        report; of others none does.
        """
        call = Call(
            method="PUT",
            path=f"/v1/cases/{case_id}/assessment",
            headers={"If-Match": if_match, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def work_evaluate(
        self, case_id: UUID, body: SaveEvaluation, *, if_match: str | None, purpose: PurposeCode | None = None
    ) -> Answer[CaseReceipt]:
        """Save the evaluation: ``PUT /v1/cases/{case_id}/evaluation``.

        Save the evaluation; the first save starts it, `completed` completes it and needs an effect.
        """
        call = Call(
            method="PUT",
            path=f"/v1/cases/{case_id}/evaluation",
            headers={"If-Match": if_match, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def work_plan(
        self, case_id: UUID, body: SavePlan, *, if_match: str | None, purpose: PurposeCode | None = None
    ) -> Answer[CaseReceipt]:
        """Write the plan: ``PUT /v1/cases/{case_id}/plan``.

        Write the plan as a whole; it awaits approval, also when an earlier text of it was approved.
        """
        call = Call(
            method="PUT",
            path=f"/v1/cases/{case_id}/plan",
            headers={"If-Match": if_match, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)

    async def work_set_goal(
        self, case_id: UUID, body: SetGoal, *, if_match: str | None, purpose: PurposeCode | None = None
    ) -> Answer[CaseReceipt]:
        """Tie the case to a goal of the unit's plan: ``PUT /v1/cases/{case_id}/prevention-goal``.

        Tie a case that is open to a goal of its unit's prevention plan, instead of another, or to none any more.
        """
        call = Call(
            method="PUT",
            path=f"/v1/cases/{case_id}/prevention-goal",
            headers={"If-Match": if_match, "Forkant-Purpose": purpose},
            body=body,
            answers=CaseReceipt,
        )
        return await self._transport.send(call)


ROUTES: Final = (
    Route(method="POST", path="/v1/cases/{case_id}/members", name="access_add_member", body=AddMember),
    Route(method="POST", path="/v1/substitutions", name="access_add_substitute", body=AddSubstitute),
    Route(method="POST", path="/v1/visibility", name="access_ask", body=AskVisibility),
    Route(method="POST", path="/v1/visibility/person", name="access_ask_for_person", body=AskForPerson),
    Route(method="POST", path="/v1/cases/{case_id}/break-glass", name="access_break_glass", body=BreakGlass),
    Route(method="DELETE", path="/v1/cases/{case_id}/members/{grant_id}", name="access_end_member", body=None),
    Route(method="POST", path="/v1/substitutions/{substitution_id}/end", name="access_end_substitute", body=None),
    Route(method="POST", path="/v1/cases/{case_id}/access", name="access_give_access", body=GiveAccess),
    Route(method="GET", path="/v1/cases/{case_id}/members", name="access_list_members", body=None),
    Route(method="GET", path="/v1/access-reviews", name="access_list_reviews", body=None),
    Route(method="GET", path="/v1/substitutions", name="access_list_substitutes", body=None),
    Route(method="GET", path="/v1/access-reviews/{review_id}", name="access_read_review", body=None),
    Route(method="POST", path="/v1/access-reviews/{review_id}/verdict", name="access_review", body=ReviewAccess),
    Route(method="PUT", path="/v1/cases/{case_id}/level", name="access_set_level", body=SetLevel),
    Route(method="GET", path="/v1/cases/{case_id}/attachments", name="attachments_list_attachments", body=None),
    Route(
        method="GET",
        path="/v1/cases/{case_id}/attachments/{attachment_id}",
        name="attachments_read_attachment",
        body=None,
    ),
    Route(
        method="DELETE",
        path="/v1/cases/{case_id}/attachments/{attachment_id}",
        name="attachments_remove_attachment",
        body=None,
    ),
    Route(method="GET", path="/v1/audit", name="audit_list_audit", body=None),
    Route(
        method="POST",
        path="/v1/best-practice-drafts/{draft_id}/discarding",
        name="best_practice_drafts_discard_draft",
        body=DiscardExample,
    ),
    Route(method="POST", path="/v1/best-practices", name="best_practice_drafts_draft_example", body=DraftExample),
    Route(method="GET", path="/v1/best-practice-drafts", name="best_practice_drafts_list_drafts", body=None),
    Route(
        method="POST",
        path="/v1/best-practice-drafts/{draft_id}/publication",
        name="best_practice_drafts_publish_draft",
        body=PublishExample,
    ),
    Route(method="GET", path="/v1/best-practice-drafts/{draft_id}", name="best_practice_drafts_read_draft", body=None),
    Route(
        method="POST",
        path="/v1/best-practice-drafts/{draft_id}/review",
        name="best_practice_drafts_review_draft",
        body=ReviewExample,
    ),
    Route(
        method="POST",
        path="/v1/best-practice-drafts/{draft_id}/rewriting",
        name="best_practice_drafts_rewrite_draft",
        body=RewriteExample,
    ),
    Route(method="GET", path="/v1/best-practices/{example_id}", name="best_practices_read_example", body=None),
    Route(
        method="GET", path="/v1/best-practices/{example_id}/revisions", name="best_practices_read_revisions", body=None
    ),
    Route(method="GET", path="/v1/best-practices", name="best_practices_search_examples", body=None),
    Route(
        method="POST",
        path="/v1/best-practices/{example_id}/withdrawal",
        name="best_practices_withdraw_example",
        body=WithdrawExample,
    ),
    Route(method="GET", path="/v1/cases/{case_id}/as-of", name="cases_as_of", body=None),
    Route(method="GET", path="/v1/cases/count", name="cases_count", body=None),
    Route(method="GET", path="/v1/cases/{case_id}/history", name="cases_history", body=None),
    Route(method="GET", path="/v1/cases", name="cases_list_cases", body=None),
    Route(method="POST", path="/v1/cases", name="cases_open", body=OpenCase),
    Route(method="GET", path="/v1/cases/{case_id}", name="cases_read", body=None),
    Route(method="POST", path="/v1/cases/search", name="cases_search", body=SearchCases),
    Route(method="GET", path="/v1/cases/{case_id}/timeline", name="cases_timeline", body=None),
    Route(method="GET", path="/v1/changes", name="changes_list_changes", body=None),
    Route(method="POST", path="/v1/concerns/{concern_id}/decision", name="concerns_decide", body=DecideConcern),
    Route(method="GET", path="/v1/concerns", name="concerns_list_concerns", body=None),
    Route(method="GET", path="/v1/concerns/{concern_id}", name="concerns_read", body=None),
    Route(method="POST", path="/v1/concerns", name="concerns_receive", body=ReceiveConcern),
    Route(method="POST", path="/v1/cases/{case_id}/close", name="course_close", body=CloseCase),
    Route(method="POST", path="/v1/cases/{case_id}/hold", name="course_put_on_hold", body=PutOnHold),
    Route(method="POST", path="/v1/cases/{case_id}/referral", name="course_refer", body=ReferCase),
    Route(method="POST", path="/v1/cases/{case_id}/rejection", name="course_reject", body=RejectCase),
    Route(method="POST", path="/v1/cases/{case_id}/reopen", name="course_reopen", body=ReopenCase),
    Route(method="POST", path="/v1/cases/{case_id}/resume", name="course_resume", body=Act),
    Route(
        method="POST",
        path="/v1/cases/{case_id}/disclosures/{disclosure_id}/approval",
        name="disclosures_approve_disclosure",
        body=Act,
    ),
    Route(method="GET", path="/v1/cases/{case_id}/disclosures", name="disclosures_list_disclosures", body=None),
    Route(
        method="POST",
        path="/v1/cases/{case_id}/disclosures",
        name="disclosures_prepare_disclosure",
        body=PrepareDisclosure,
    ),
    Route(
        method="GET",
        path="/v1/cases/{case_id}/disclosures/{disclosure_id}",
        name="disclosures_read_disclosure",
        body=None,
    ),
    Route(
        method="POST",
        path="/v1/cases/{case_id}/disclosures/{disclosure_id}/disclosed",
        name="disclosures_record_disclosure",
        body=RecordDisclosure,
    ),
    Route(
        method="POST",
        path="/v1/cases/{case_id}/disclosures/{disclosure_id}/refusal",
        name="disclosures_refuse_disclosure",
        body=Act,
    ),
    Route(
        method="POST",
        path="/v1/cases/{case_id}/disclosures/{disclosure_id}/withdrawal",
        name="disclosures_withdraw_disclosure",
        body=Act,
    ),
    Route(method="GET", path="/v1/cases/{case_id}/duplicates", name="duplicates_list_like_case", body=None),
    Route(method="GET", path="/v1/concerns/{concern_id}/duplicates", name="duplicates_list_like_concern", body=None),
    Route(method="GET", path="/v1/cases/{case_id}/merged", name="duplicates_list_merged", body=None),
    Route(method="POST", path="/v1/cases/{case_id}/merge", name="duplicates_merge", body=MergeCase),
    Route(
        method="POST",
        path="/v1/cases/{case_id}/follow-ups/{follow_up_id}/held",
        name="follow_ups_hold_follow_up",
        body=HoldFollowUp,
    ),
    Route(
        method="GET", path="/v1/cases/{case_id}/follow-ups/{follow_up_id}", name="follow_ups_read_follow_up", body=None
    ),
    Route(
        method="POST",
        path="/v1/cases/{case_id}/follow-ups",
        name="follow_ups_schedule_follow_up",
        body=ScheduleFollowUp,
    ),
    Route(
        method="POST",
        path="/v1/cases/{case_id}/information/{information_id}/clarification",
        name="information_clarify_information",
        body=ClarifyInformation,
    ),
    Route(
        method="GET",
        path="/v1/cases/{case_id}/information/{information_id}",
        name="information_read_information",
        body=None,
    ),
    Route(
        method="POST",
        path="/v1/cases/{case_id}/information",
        name="information_register_information",
        body=RegisterInformation,
    ),
    Route(method="POST", path="/v1/cases/{case_id}/links", name="links_link", body=LinkCases),
    Route(method="GET", path="/v1/cases/{case_id}/links", name="links_list_links", body=None),
    Route(method="GET", path="/v1/cases/{case_id}/links/{link_id}", name="links_read_link", body=None),
    Route(method="DELETE", path="/v1/cases/{case_id}/links/{link_id}", name="links_unlink", body=None),
    Route(
        method="POST",
        path="/v1/cases/{case_id}/measures/{measure_id}/cancel",
        name="measures_cancel_measure",
        body=CancelMeasure,
    ),
    Route(
        method="POST",
        path="/v1/cases/{case_id}/measures/{measure_id}/complete",
        name="measures_complete_measure",
        body=Act,
    ),
    Route(
        method="POST",
        path="/v1/cases/{case_id}/measures/{measure_id}/steps",
        name="measures_complete_step",
        body=CompleteStep,
    ),
    Route(method="POST", path="/v1/cases/{case_id}/measures", name="measures_plan_measure", body=PlanMeasure),
    Route(method="GET", path="/v1/cases/{case_id}/measures/{measure_id}", name="measures_read_measure", body=None),
    Route(
        method="POST", path="/v1/cases/{case_id}/measures/{measure_id}/start", name="measures_start_measure", body=Act
    ),
    Route(method="POST", path="/v1/method-proposals/{proposal_id}/approval", name="methods_approve", body=Act),
    Route(
        method="POST",
        path="/v1/method-proposals/{proposal_id}/comments",
        name="methods_comment",
        body=CommentOnProposal,
    ),
    Route(method="GET", path="/v1/methods/{method}/changes", name="methods_list_changes", body=None),
    Route(method="GET", path="/v1/method-proposals", name="methods_list_proposals", body=None),
    Route(
        method="POST", path="/v1/method-proposals/{proposal_id}/hearing", name="methods_open_hearing", body=OpenHearing
    ),
    Route(method="POST", path="/v1/method-proposals", name="methods_propose_method", body=ProposeMethod),
    Route(
        method="POST", path="/v1/method-proposals/{proposal_id}/publication", name="methods_publish", body=PublishMethod
    ),
    Route(method="GET", path="/v1/method-proposals/{proposal_id}", name="methods_read_proposal", body=None),
    Route(
        method="POST", path="/v1/method-proposals/{proposal_id}/rejection", name="methods_reject", body=RejectProposal
    ),
    Route(method="POST", path="/v1/catalogue/retirements", name="methods_retire_code", body=RetireCode),
    Route(method="POST", path="/v1/methods/{method}/retirement", name="methods_retire_method", body=RetireMethod),
    Route(
        method="POST",
        path="/v1/method-proposals/{proposal_id}/rewriting",
        name="methods_rewrite_proposal",
        body=RewriteProposal,
    ),
    Route(method="POST", path="/v1/method-proposals/{proposal_id}/withdrawal", name="methods_withdraw", body=Act),
    Route(method="POST", path="/v1/operational-units", name="operational_units_add", body=AddOperationalUnit),
    Route(
        method="PUT",
        path="/v1/operational-units/{unit_uid}",
        name="operational_units_change",
        body=ChangeOperationalUnit,
    ),
    Route(method="POST", path="/v1/cases/{case_id}/partners", name="partners_add_partner", body=AddPartner),
    Route(method="GET", path="/v1/cases/{case_id}/partners/{partner_id}", name="partners_read_partner", body=None),
    Route(method="DELETE", path="/v1/cases/{case_id}/partners/{partner_id}", name="partners_remove_partner", body=None),
    Route(
        method="PUT", path="/v1/cases/{case_id}/archive-decision", name="protection_decide_archive", body=DecideArchive
    ),
    Route(method="POST", path="/v1/cases/{case_id}/erasure", name="protection_erase", body=EraseCase),
    Route(
        method="DELETE",
        path="/v1/cases/{case_id}/legal-holds/{legal_hold_id}",
        name="protection_lift_legal_hold",
        body=None,
    ),
    Route(method="GET", path="/v1/cases/{case_id}/legal-holds", name="protection_list_legal_holds", body=None),
    Route(method="GET", path="/v1/retention-reviews", name="protection_list_retention_reviews", body=None),
    Route(
        method="POST", path="/v1/cases/{case_id}/legal-holds", name="protection_place_legal_hold", body=PlaceLegalHold
    ),
    Route(method="GET", path="/v1/cases/{case_id}/erasure", name="protection_read_erasure", body=None),
    Route(method="GET", path="/v1/erasure-batches/{batch_id}", name="protection_read_erasures", body=None),
    Route(method="POST", path="/v1/erasure-batches", name="protection_request_erasures", body=RequestErasures),
    Route(method="POST", path="/v1/cases/{case_id}/restriction", name="protection_restrict", body=RestrictCase),
    Route(method="GET", path="/v1/retention-rules", name="protection_retention_rules", body=None),
    Route(method="GET", path="/v1/recount/cases", name="recount_recount_cases", body=None),
    Route(method="GET", path="/v1/recount/concerns", name="recount_recount_concerns", body=None),
    Route(method="GET", path="/v1/catalogue", name="reference_catalogue", body=None),
    Route(method="GET", path="/v1/codes", name="reference_list_codes", body=None),
    Route(method="GET", path="/v1/methods", name="reference_methods", body=None),
    Route(method="GET", path="/v1/municipalities", name="reference_municipalities", body=None),
    Route(method="GET", path="/v1/municipalities/{number}", name="reference_municipality", body=None),
    Route(method="GET", path="/v1/role-matrix", name="reference_role_matrix", body=None),
    Route(method="GET", path="/v1/units", name="reference_units", body=None),
    Route(method="GET", path="/v1/work-processes", name="reference_work_processes", body=None),
    Route(
        method="POST",
        path="/v1/reorganisations/{reorganisation_id}/approval",
        name="reorganisations_approve_reorganisation",
        body=Act,
    ),
    Route(method="GET", path="/v1/reorganisations", name="reorganisations_list_reorganisations", body=None),
    Route(
        method="POST",
        path="/v1/reorganisations",
        name="reorganisations_propose_reorganisation",
        body=ProposeReorganisation,
    ),
    Route(
        method="GET",
        path="/v1/reorganisations/{reorganisation_id}",
        name="reorganisations_read_reorganisation",
        body=None,
    ),
    Route(
        method="POST",
        path="/v1/reorganisations/{reorganisation_id}/rejection",
        name="reorganisations_reject_reorganisation",
        body=Act,
    ),
    Route(
        method="POST",
        path="/v1/reorganisations/{reorganisation_id}/withdrawal",
        name="reorganisations_withdraw_reorganisation",
        body=Act,
    ),
    Route(method="PUT", path="/v1/searches/{search_id}", name="searches_change", body=SaveSearch),
    Route(method="POST", path="/v1/searches/erasures", name="searches_erase", body=EraseSearches),
    Route(method="GET", path="/v1/searches", name="searches_list_searches", body=None),
    Route(method="GET", path="/v1/searches/{search_id}", name="searches_read", body=None),
    Route(method="DELETE", path="/v1/searches/{search_id}", name="searches_remove", body=None),
    Route(method="GET", path="/v1/searches/{search_id}/cases", name="searches_run", body=None),
    Route(method="POST", path="/v1/searches", name="searches_save", body=SaveSearch),
    Route(method="POST", path="/v1/cases/{case_id}/tasks", name="tasks_add_task", body=AddTask),
    Route(
        method="POST", path="/v1/cases/{case_id}/tasks/{task_id}/assignment", name="tasks_assign_task", body=AssignTask
    ),
    Route(method="POST", path="/v1/cases/{case_id}/tasks/{task_id}/completion", name="tasks_complete_task", body=Act),
    Route(method="GET", path="/v1/cases/{case_id}/tasks", name="tasks_list_case_tasks", body=None),
    Route(method="GET", path="/v1/tasks", name="tasks_list_tasks", body=None),
    Route(method="GET", path="/v1/cases/{case_id}/tasks/{task_id}", name="tasks_read_task", body=None),
    Route(method="POST", path="/v1/cases/{case_id}/transfers/{transfer_id}/accept", name="transfers_accept", body=Act),
    Route(method="GET", path="/v1/transfers", name="transfers_list_transfers", body=None),
    Route(method="POST", path="/v1/cases/{case_id}/transfers", name="transfers_offer", body=OfferTransfer),
    Route(method="GET", path="/v1/cases/{case_id}/transfers/{transfer_id}", name="transfers_read", body=None),
    Route(method="POST", path="/v1/cases/{case_id}/transfers/{transfer_id}/reject", name="transfers_reject", body=Act),
    Route(method="POST", path="/v1/cases/{case_id}/transfers/{transfer_id}/revoke", name="transfers_revoke", body=Act),
    Route(method="POST", path="/v1/cases/{case_id}/plan/approval", name="work_approve", body=Act),
    Route(method="PUT", path="/v1/cases/{case_id}/assessment", name="work_assess", body=SaveAssessment),
    Route(method="PUT", path="/v1/cases/{case_id}/evaluation", name="work_evaluate", body=SaveEvaluation),
    Route(method="PUT", path="/v1/cases/{case_id}/plan", name="work_plan", body=SavePlan),
    Route(method="PUT", path="/v1/cases/{case_id}/prevention-goal", name="work_set_goal", body=SetGoal),
)
"""The operations that take JSON or nothing and answer with JSON, by their routes."""
