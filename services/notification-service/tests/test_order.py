"""Whatever happens, the deliveries of one case go one at a time and in order."""

import json
from collections.abc import Mapping
from uuid import UUID, uuid4

import pytest
from forkant_contracts.events.case import CaseAssessmentStarted
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans, integers, lists, one_of, sampled_from, tuples
from notification_service.commands import dead_letters
from notification_service.domain.attempts import Answer, Outcome
from notification_service.domain.refusals import Code, Refusal

steps = one_of(
    tuples(sampled_from(["event", "withdraw", "replay"]), integers(0, 2)),
    tuples(sampled_from(["deliver"]), lists(booleans(), min_size=3, max_size=3)),
)


class Script:
    """A sender that answers by case, and notes what it was given."""

    def __init__(self) -> None:
        self.answers: dict[str, bool] = {}
        self.sent: list[tuple[str, int]] = []

    async def send(self, *, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        data = json.loads(body)["data"]
        self.sent.append((data["subject_id"], data["subject_version"]))
        fine = self.answers.get(data["subject_id"], True)
        return Answer(outcome=Outcome.DELIVERED if fine else Outcome.REFUSED)


async def check_heads(world, endpoint: UUID) -> None:
    """Of the pending deliveries of each case, the first is free to go and no other."""
    seen: set[UUID] = set()
    for row in await world.deliveries(endpoint):
        if row["status"] == "pending":
            assert row["blocked"] == (row["order_key"] in seen), dict(row)
            seen.add(row["order_key"])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=lists(steps, min_size=4, max_size=18))
async def test_only_the_first_pending_delivery_of_a_case_is_ever_free_to_go(world, script):
    sender = world.shop.sender = Script()
    cases, versions = [uuid4() for _ in range(3)], [0, 0, 0]
    await world.stage.fetch("UPDATE endpoint SET enabled = false, disabled_reason = 'by_owner' WHERE enabled")
    endpoint, _ = await world.endpoint("http://127.0.0.1:9/hook")
    replayed = False
    for action, what in script:
        if action == "event":
            versions[what] += 1
            await world.happen(world.event(CaseAssessmentStarted(), cases[what], versions[what]))
        elif action == "deliver":
            sender.answers = {str(case): fine for case, fine in zip(cases, what, strict=True)}
            await world.deliver()
            world.clock.advance(seconds=30)
        elif action == "withdraw":
            await world.stage.fetch("UPDATE delivery SET rung = 9 WHERE subject_id = $1 AND NOT blocked", cases[what])
        else:
            dead = [row for row in await world.deliveries(endpoint) if row["status"] == "dead"]
            for row in dead[what : what + 1]:
                replayed = True
                await world.command(dead_letters.replay, world.context(), row["id"])
        await check_heads(world, endpoint)
    sender.answers = {}
    world.clock.advance(days=3)
    await world.deliver()
    assert not [row for row in await world.deliveries(endpoint) if row["status"] == "pending"]
    if not replayed:
        for case in cases:
            sent = [version for subject, version in sender.sent if subject == str(case)]
            assert sent == sorted(sent)


async def test_a_dead_letter_of_somebody_else_is_not_found(world):
    endpoint, _ = await world.endpoint("http://127.0.0.1:9/hook")
    await world.happen(world.event("opened", uuid4()))
    await world.stage.fetch("UPDATE delivery SET status = 'dead', reason = 'attempts_used', settled_at = now()")
    [row] = await world.deliveries(endpoint)
    with pytest.raises(Refusal) as refused:
        await world.command(dead_letters.replay, world.context(unit="troms"), row["id"])
    assert refused.value.code is Code.NOT_FOUND
