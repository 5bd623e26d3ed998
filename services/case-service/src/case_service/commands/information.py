"""Information («opplysninger»): registered, then clarified within four months."""

from dataclasses import dataclass
from uuid import UUID

from forkant_contracts.codes import ClarificationOutcome, StatementType, SubjectCategory, VerificationStatus
from forkant_contracts.events.information import InformationClarified, InformationRegistered
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.commands.change import Outcome, begin, finish
from case_service.commands.context import Context, Receipt, Target
from case_service.domain import information as rules
from case_service.domain.attempt import Action, Attempt, Kind
from case_service.domain.information import InformationSource, SourceReliability
from case_service.domain.lifecycle import decide
from case_service.domain.refusals import Code, Refusal
from case_service.store import information as store


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInformation:
    """Information to register."""

    statement_type: StatementType
    verification_status: VerificationStatus
    source: InformationSource
    source_reliability: SourceReliability
    subject_category: SubjectCategory
    special_category: bool
    text: str
    basis: str | None
    necessity_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clarification:
    """What came of clarifying information."""

    outcome: ClarificationOutcome
    verification_status: VerificationStatus
    note: str | None


async def register_information(conn: AsyncConnection, context: Context, target: Target, new: NewInformation) -> Receipt:
    """Register information; its four months count from the moment that it is registered as of.

    Raises:
        Refusal: an assessment without a basis, a special category without its strict necessity in words, or the rules
            say no.
    """
    if new.statement_type is StatementType.ASSESSMENT and new.basis is None:
        raise Refusal(Code.BASIS_REQUIRED)
    if new.special_category != (new.necessity_reason is not None):
        raise Refusal(Code.NECESSITY_REASON_REQUIRED)
    change = await begin(conn, context, target)
    information_id, deadline = context.new_id(), rules.last_day(change.at)
    attempt = Attempt(action=Action.REGISTER_INFORMATION, actor=change.actor, item_id=information_id, due_on=deadline)
    registered = InformationRegistered(
        information_id=information_id,
        statement_type=new.statement_type,
        verification_status=new.verification_status,
        clarification_deadline=deadline,
    )
    outcome = Outcome(action=attempt.action, details={Kind.INFORMATION_REGISTERED: registered}, item_id=information_id)
    receipt = await finish(change, decide(change.case, attempt), outcome)
    values = {
        "id": information_id,
        "case_id": receipt.id,
        "statement_type": new.statement_type.value,
        "verification_status": new.verification_status.value,
        "source": new.source.value,
        "source_reliability": new.source_reliability.value,
        "subject_category": new.subject_category.value,
        "special_category": new.special_category,
        "text": new.text,
        "basis": new.basis,
        "necessity_reason": new.necessity_reason,
        "registered_by": change.actor,
        "registered_at": change.at,
        "warning_on": rules.warning_day(change.at),
        "clarification_deadline": deadline,
    }
    await store.register(conn, change.key, values)
    return receipt


async def clarify_information(
    conn: AsyncConnection, context: Context, target: Target, information_id: UUID, clear: Clarification
) -> Receipt:
    """Clarify purpose and relevance of information; what was not clarified in time, only those may who still see it.

    Raises:
        Refusal: access to it is restricted for the caller, or the rules say no.
    """
    change = await begin(conn, context, target, information_id)
    attempt = Attempt(action=Action.CLARIFY_INFORMATION, actor=change.actor, item_id=information_id)
    decision = decide(change.case, attempt)
    deadline = await store.deadline_of(conn, information_id)
    if not context.scope.sees_restricted and rules.is_restricted(outcome=None, deadline=deadline, at=context.now):
        raise Refusal(Code.INFORMATION_RESTRICTED)
    clarified = InformationClarified(
        information_id=information_id,
        outcome=clear.outcome,
        verification_status=clear.verification_status,
        clarification_deadline=deadline,
    )
    outcome = Outcome(action=attempt.action, details={Kind.INFORMATION_CLARIFIED: clarified}, item_id=information_id)
    receipt = await finish(change, decision, outcome)
    values = {
        "verification_status": clear.verification_status.value,
        "outcome": clear.outcome.value,
        "clarification": clear.note,
        "clarified_by": change.actor,
        "clarified_at": change.at,
    }
    await store.clarify(conn, change.key, information_id, values)
    return receipt
