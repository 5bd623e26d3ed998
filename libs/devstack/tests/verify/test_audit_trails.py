"""Every service's sealed trail is verified; what was done to one is named with the service and the position."""

import asyncio
import importlib
from dataclasses import replace

import pytest
from forkant_devstack.commands import audit as command
from forkant_devstack.process import DevstackError
from forkant_devstack.stack.audit_files import audit_files
from forkant_devstack.stack.audit_trails import running_trails
from forkant_devstack.stack.layout import Layout
from forkant_devstack.stack.measures import sealing
from forkant_devstack.stack.secret_store import SecretStore
from forkant_devstack.stack.services import AUDITED, SERVICES
from forkant_devstack.verify.audit import check_trails, verify_trail
from forkant_kit.audit.record import Actor
from forkant_kit.audit.settings import AuditSettings
from typer.testing import CliRunner

ENTRIES = 5
NAMES = [service.name for service in AUDITED]
SOMEBODY = Actor(subject="officer-oslo", client_id="forkant-web", unit="oslo", roles=("case_officer",))
AT = "(at, seq) = (SELECT at, seq FROM audit_link WHERE position = {})"
TAIL = [
    "DELETE FROM audit_entry AS e USING audit_link AS l WHERE l.position > 3 AND e.at = l.at AND e.seq = l.seq",
    "DELETE FROM audit_link WHERE position > 3",
    "UPDATE audit_chain SET position = 3, hash = (SELECT hash FROM audit_link WHERE position = 3)",
]
PLANTS = {
    "changed at position 2": [f"UPDATE audit_entry SET subject = 'nobody' WHERE {AT.format(2)}"],
    "deleted at position 4": [f"DELETE FROM audit_entry WHERE {AT.format(4)}"],
    "cut tail at position 4 to 5": TAIL,
    "no trail": ["ALTER TABLE audit_link RENAME TO away"],
}
SAVED = ("audit_entry", "audit_link", "audit_chain")


async def asked(*arguments: str):
    return await asyncio.to_thread(CliRunner().invoke, command.audit, list(arguments))


async def test_a_trail_is_expected_of_each_service_whose_worker_seals_one_and_of_no_other():
    sealing = {
        service.name
        for service in SERVICES
        if any(
            isinstance(each, type) and issubclass(each, AuditSettings)
            for each in vars(importlib.import_module(f"{service.package}.settings")).values()
            if each is not AuditSettings
        )
    }
    assert {"case", "indicator", "notification"} <= sealing
    assert set(NAMES) == sealing


async def test_untouched_trails_hold_and_each_is_told_by_its_name(kept):
    answer = await asked("verify")
    assert answer.exit_code == 0, answer.output
    for name in NAMES:
        assert f"{name}: 5 sealed entries up to position 5, 1 heads up to position 5" in answer.stdout
        assert f"{name}: the chain holds" in answer.stdout
    assert all(
        check.ok and check.compared == ENTRIES for check in await check_trails(each.trail for each in kept.values())
    )


@pytest.mark.parametrize("found", sorted(PLANTS))
@pytest.mark.parametrize("broken", NAMES)
async def test_what_was_done_to_one_trail_is_named_and_the_others_are_still_told(kept, broken, found):
    async with kept[broken].planted(*PLANTS[found]):
        answer = await asked("verify")
    assert answer.exit_code == 1
    assert f"{broken}: {found}" in answer.stdout
    assert answer.stderr == f"BROKEN: {broken}\n"
    assert [name for name in NAMES if f"{name}: the chain holds" in answer.stdout] == [n for n in NAMES if n != broken]


async def test_one_service_alone_can_be_asked_about(kept):
    async with kept["indicator"].planted(*TAIL):
        assert (await asked("verify", "--service", "case")).exit_code == 0
        answer = await asked("verify", "--service", "indicator")
    assert (answer.exit_code, "case:" in answer.stdout) == (1, False)


async def test_a_verification_names_each_trail_in_a_check_of_its_own_with_the_position(kept):
    async with kept["indicator"].planted(*PLANTS["changed at position 2"]):
        checks = await check_trails(each.trail for each in kept.values())
    assert [check.ok for check in checks] == [name != "indicator" for name in NAMES]
    [difference] = next(check for check in checks if not check.ok).differences
    assert str(difference).startswith("audit trail of indicator, position 2: changed: ")


@pytest.mark.parametrize("whole", [False, True])
async def test_the_heads_of_one_service_are_refused_for_another(kept, whole):
    own, other = kept["indicator"].trail, kept["case"].trail
    # Whoever puts another service's database and heads in the place of both is found by the key.
    presented = replace(
        own,
        database_url=other.database_url if whole else own.database_url,
        heads=other.heads,
        keys=own.keys if whole else own.keys | other.keys,
    )
    kinds = {finding.kind for finding in (await verify_trail(presented)).findings}
    assert kinds == ({"unknown key"} if whole else {"another chain"})


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (None, "no head at position 1 to 5"),
        ("", "no head at position 1 to 5"),
        ("{", "unreadable heads"),
        ("5\n", "unreadable heads"),
    ],
)
async def test_heads_that_were_taken_away_or_spoiled_are_named(kept, content, found):
    heads = kept["indicator"].trail.heads
    heads.unlink()
    if content is not None:
        heads.write_text(content)
    answer = await asked("verify")
    assert answer.exit_code == 1
    assert f"indicator: {found}" in answer.stdout
    assert "case: the chain holds" in answer.stdout


async def test_a_database_that_does_not_answer_is_named_and_the_others_are_still_told(kept):
    [case, *others] = (each.trail for each in kept.values())
    checks = await check_trails([replace(case, database_url="postgresql://x:x@127.0.0.1:1/x"), *others])
    assert [check.ok for check in checks] == [False, *(True for _ in others)]
    assert "no answer" in checks[0].differences[0].found


async def test_what_a_trail_has_not_sealed_is_counted_for_each_service(kept):
    async with kept["indicator"].planted("UPDATE audit_chain SET sealed_xid = 0, sealed_seq = 0"):
        case, indicator = [await sealing(kept[name].trail) for name in ("case", "indicator")]
    assert (case.unsealed, case.oldest_seconds) == (0, 0)
    assert (indicator.service, indicator.unsealed, indicator.oldest_seconds > 0) == ("indicator", ENTRIES, True)


def test_a_service_without_a_trail_is_refused_with_those_that_have_one():
    with pytest.raises(DevstackError, match="no audit trail of weather") as caught:
        running_trails("weather")
    assert (caught.value.exit_code, caught.value.hint) == (2, f"take one of: {', '.join(NAMES)}")


def test_no_two_databases_share_heads_or_keys(tmp_path):
    layout = Layout(tmp_path)
    databases = [service.database(broker=broker) for service in SERVICES for broker in ("kafka", "embedded")]
    files = [audit_files(layout, SecretStore(layout.secrets), database=name) for name in databases]
    assert len({each.heads for each in files}) == len(databases)
    assert len(set().union(*(each.keys() for each in files))) == len(databases)
    assert all(len(each.keys()) == 1 for each in files)
