"""Routes of how methods and codes come and go: proposals, hearings, approval, publication, retirement."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from forkant_kit.etag import etag
from forkant_kit.idempotency import Answer
from sqlalchemy.ext.asyncio import AsyncConnection

from case_service.api import fields as f
from case_service.api import paging
from case_service.api.bodies import Act
from case_service.api.calls import Call, Work, national, national_changing, national_creating
from case_service.api.description import operation_id
from case_service.api.method_bodies import (
    CommentOnProposal,
    OpenHearing,
    ProposeMethod,
    PublishMethod,
    RejectProposal,
    RetireCode,
    RetireMethod,
    RewriteProposal,
)
from case_service.api.method_views import (
    CommentReceipt,
    CommentView,
    MethodChangePage,
    MethodChangeView,
    ProposalLine,
    ProposalPage,
    ProposalReceiptView,
    ProposalView,
    RetirementReceipt,
)
from case_service.commands import methods as commands
from case_service.commands.methods import ProposalReceipt
from case_service.domain.governance import ProposalState, allowed_moves
from case_service.domain.refusals import Code, Refusal
from case_service.store import methods as store

router = APIRouter(prefix="/v1", tags=["methods"], generate_unique_id_function=operation_id)

_PROPOSAL = "/method-proposals/{proposal_id}"


@router.get("/method-proposals", response_model=ProposalPage, summary="List the proposals of methods")
async def list_proposals(
    call: Annotated[Call, national("method.read")],
    state: Annotated[ProposalState | None, Query(description="Only those that stand so.")] = None,
    method: Annotated[f.MeasureKindCode | None, Query(description="Only those of this method.")] = None,
    limit: paging.Limit = 50,
    cursor: paging.Cursor = None,
) -> Response:
    """List what was proposed in all units, the newest first."""
    name = f"method-proposals|{state}|{method}"

    async def work(conn: AsyncConnection) -> Any:
        start = paging.before(call, name, cursor)
        chosen = None if method is None else method.value
        return await store.list_proposals(conn, state=state, method_code=chosen, before=start, limit=limit + 1)

    rows = await call.read(work)
    following = paging.next_by_id(call, name, rows, limit)
    items = [ProposalLine.model_validate(dict(row)) for row in rows[:limit]]
    return paging.page(call, ProposalPage(items=items, next=following), following)


@router.post(
    "/method-proposals", status_code=201, response_model=ProposalReceiptView, summary="Propose a version of a method"
)
async def propose_method(body: ProposeMethod, call: Annotated[Call, national_creating("method.propose")]) -> Response:
    """Propose the next version of a method, or the first of a kind of measure that has none."""
    return await _once(call, lambda conn: commands.propose(conn, call.context, body.method, body.draft()), made=True)


@router.get(_PROPOSAL, response_model=ProposalView, summary="Read a proposal")
async def read_proposal(proposal_id: UUID, call: Annotated[Call, national("method.read")]) -> Response:
    """Read a proposal with its steps and everything that was said in its hearing."""

    async def work(conn: AsyncConnection) -> Any:
        row = await store.get_proposal(conn, proposal_id)
        if row is None:
            raise Refusal(Code.NOT_FOUND)
        return row, await store.comments_on(conn, proposal_id)

    row, said = await call.read(work)
    comments = [CommentView.model_validate(dict(each)) for each in said]
    allowed = allowed_moves(ProposalState(row["state"]))
    shown = ProposalView.model_validate({**row, "comments": comments, "allowed": allowed})
    return Response(shown.model_dump_json(), headers={"ETag": etag(row["version"])}, media_type="application/json")


@router.post(f"{_PROPOSAL}/rewriting", response_model=ProposalReceiptView, summary="Write a proposal anew")
async def rewrite_proposal(
    proposal_id: UUID, body: RewriteProposal, call: Annotated[Call, national_changing("method.propose")]
) -> Response:
    """Write it anew before its hearing; only the unit that proposed it does."""
    target = call.target_at(proposal_id, None)
    return await _once(call, lambda conn: commands.rewrite(conn, call.context, target, body.draft()))


@router.post(f"{_PROPOSAL}/hearing", response_model=ProposalReceiptView, summary="Open the hearing")
async def open_hearing(
    proposal_id: UUID, body: OpenHearing, call: Annotated[Call, national_changing("method.edit")]
) -> Response:
    """Let every unit say what it thinks, up to and with the day `until`."""
    target = call.target_at(proposal_id, None)
    return await _once(call, lambda conn: commands.open_hearing(conn, call.context, target, until=body.until))


@router.post(f"{_PROPOSAL}/comments", status_code=201, response_model=CommentReceipt, summary="Say something about it")
async def comment(
    proposal_id: UUID, body: CommentOnProposal, call: Annotated[Call, national_creating("method.comment")]
) -> Response:
    """Say something in the hearing; what was said stays, with who said it."""

    async def work(conn: AsyncConnection) -> Answer:
        made = await commands.comment(conn, call.context, proposal_id, text=body.text)
        shown = CommentReceipt(id=made, recorded_at=call.context.now).model_dump(mode="json")
        return Answer(status=201, body=shown)

    return await call.once(work)


@router.post(f"{_PROPOSAL}/approval", response_model=ProposalReceiptView, summary="Approve a proposal")
async def approve(
    proposal_id: UUID, _body: Act, call: Annotated[Call, national_changing("method.approve")]
) -> Response:
    """Approve it from the hearing's last day on; not who proposed it."""
    target = call.target_at(proposal_id, None)
    return await _once(call, lambda conn: commands.approve(conn, call.context, target))


@router.post(f"{_PROPOSAL}/publication", response_model=ProposalReceiptView, summary="Publish a proposal")
async def publish(
    proposal_id: UUID, body: PublishMethod, call: Annotated[Call, national_changing("method.approve")]
) -> Response:
    """Publish it as the next version of its method; measures that follow an earlier one stay on that."""
    target = call.target_at(proposal_id, None)
    return await _once(call, lambda conn: commands.publish(conn, call.context, target, valid_from=body.valid_from))


@router.post(f"{_PROPOSAL}/rejection", response_model=ProposalReceiptView, summary="Turn a proposal down")
async def reject(
    proposal_id: UUID, body: RejectProposal, call: Annotated[Call, national_changing("method.approve")]
) -> Response:
    """Turn it down, and say why in words that everybody may read."""
    target = call.target_at(proposal_id, None)
    return await _once(call, lambda conn: commands.reject(conn, call.context, target, reason=body.reason))


@router.post(f"{_PROPOSAL}/withdrawal", response_model=ProposalReceiptView, summary="Take a proposal back")
async def withdraw(
    proposal_id: UUID, _body: Act, call: Annotated[Call, national_changing("method.propose")]
) -> Response:
    """Take a proposal of your unit back, also when it was approved."""
    target = call.target_at(proposal_id, None)
    return await _once(call, lambda conn: commands.withdraw(conn, call.context, target))


@router.post("/methods/{method}/retirement", response_model=RetirementReceipt, summary="Retire a method")
async def retire_method(
    method: f.MeasureKindCode, body: RetireMethod, call: Annotated[Call, national_creating("method.approve")]
) -> Response:
    """Let no new measure follow it from a day on; those that follow it go on, and a later version may be published."""

    async def work(conn: AsyncConnection) -> Answer:
        await commands.retire_method(conn, call.context, method, since=body.retired_from, reason=body.reason)
        return _retired(call, body)

    return await call.once(work)


@router.get("/methods/{method}/changes", response_model=MethodChangePage, summary="Read a method's change log")
async def list_changes(
    method: f.MeasureKindCode,
    call: Annotated[Call, national("method.read")],
    limit: paging.Limit = 50,
    cursor: paging.Cursor = None,
) -> Response:
    """Read who proposed, heard, approved, published and retired what, and why; nothing is ever taken out of it."""
    name = f"method-changes|{method}"

    async def work(conn: AsyncConnection) -> Any:
        start = paging.before(call, name, cursor)
        return await store.list_changes(conn, method_code=method.value, before=start, limit=limit + 1)

    rows = await call.read(work)
    following = paging.next_by_id(call, name, rows, limit)
    items = [MethodChangeView.model_validate(dict(row)) for row in rows[:limit]]
    return paging.page(call, MethodChangePage(items=items, next=following), following)


@router.post("/catalogue/retirements", response_model=RetirementReceipt, summary="Retire a code")
async def retire_code(body: RetireCode, call: Annotated[Call, national_creating("method.approve")]) -> Response:
    """Let nothing new take a code from a day on; where it stands it still reads."""

    async def work(conn: AsyncConnection) -> Answer:
        await commands.retire_code(
            conn,
            call.context,
            code_list=body.code_list.value,
            code=body.known_code(),
            since=body.retired_from,
            reason=body.reason,
        )
        return _retired(call, body)

    return await call.once(work)


def _retired(call: Call, body: RetireMethod) -> Answer:
    receipt = RetirementReceipt(retired_from=body.retired_from, recorded_at=call.context.now)
    return Answer(status=200, body=receipt.model_dump(mode="json"))


async def _once(call: Call, work: Work[ProposalReceipt], *, made: bool = False) -> Response:
    async def answered(conn: AsyncConnection) -> Answer:
        receipt = await work(conn)
        headers = {"ETag": etag(receipt.version)}
        if made:
            headers["Location"] = f"/v1/method-proposals/{receipt.id}"
        body = ProposalReceiptView.model_validate(receipt).model_dump(mode="json")
        return Answer(status=201 if made else 200, body=body, headers=headers)

    return await call.once(answered)
