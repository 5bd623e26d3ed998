"""What an owner of the database can do behind the platform's back is found, with its position."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from forkant_kit.audit import standalone
from forkant_kit.audit.entries import entry_of
from forkant_kit.audit.heads import HeadKey

SCRIPT = Path(standalone.__file__)
AT = "(at, seq) = (SELECT at, seq FROM audit_link WHERE position = {})"
SWAP = """
UPDATE audit_link AS l SET at = o.at, seq = o.seq FROM audit_link AS o
WHERE (l.position, o.position) IN ((2, 4), (4, 2))
"""
GOLDEN = "d42a273a63f8d205f633d7b03d606fc8c623bbead8bde108b8d467dd2ecc4521"
COPY = """
INSERT INTO audit_entry (subject, client_id, unit, roles, action, object_ids, outcome{names})
SELECT 'nobody', client_id, unit, roles, action, object_ids, outcome{values} FROM audit_entry LIMIT 1
"""


async def test_an_untouched_trail_holds(trail):
    await trail.sealed(5)
    assert await trail.found() == []


@pytest.mark.parametrize(
    "change",
    [
        "subject = 'nobody'",
        "unit = 'troms'",
        "roles = '{}'",
        "object_ids = ARRAY[gen_random_uuid()]",
        "outcome = 'repeated'",
        "purpose = 'protect_child'",
        "version = 9",
        "xid = xid + 1",
        "trace_id = repeat('0', 32)",
    ],
)
async def test_an_edited_entry_is_named(trail, change):
    await trail.sealed(5)
    await trail.as_owner(f"UPDATE audit_entry SET {change} WHERE {AT.format(3)}")
    assert await trail.found() == [("changed", 3, None)]


async def test_an_entry_whose_moment_was_moved_is_named_as_gone_and_put_in(trail):
    await trail.sealed(3)
    await trail.as_owner(f"UPDATE audit_entry SET at = at + interval '1 ms' WHERE {AT.format(2)}")
    assert await trail.found() == [("deleted", 2, None), ("inserted", None, None)]


async def test_a_deleted_entry_is_named(trail):
    await trail.sealed(5)
    await trail.as_owner(f"DELETE FROM audit_entry WHERE {AT.format(2)}")
    assert await trail.found() == [("deleted", 2, None)]


async def test_entries_deleted_with_their_links_are_named(trail):
    await trail.sealed(6)
    await trail.as_owner(
        "DELETE FROM audit_entry USING audit_link AS l WHERE l.position IN (3, 4)"
        " AND (audit_entry.at, audit_entry.seq) = (l.at, l.seq)",
        "DELETE FROM audit_link WHERE position IN (3, 4)",
    )
    assert await trail.found() == [("deleted", 3, 4)]


async def test_an_entry_put_in_behind_the_sealer_is_named(trail):
    await trail.sealed(3)
    await trail.as_owner(COPY.format(names=", xid", values=", xid - 1"))
    [found] = (await trail.verify()).findings
    assert (found.kind, found.position) == ("inserted", None)
    assert "entry 4 of" in found.text


async def test_an_entry_put_in_with_a_link_of_its_own_is_named(trail):
    await trail.sealed(4)
    await trail.as_owner(
        "UPDATE audit_link SET position = position + 1000 WHERE position > 2",
        "UPDATE audit_link SET position = position - 999 WHERE position > 1000",
        COPY.format(names=", xid", values=", xid"),
        "INSERT INTO audit_link (position, segment, at, seq, hash) SELECT 3, l.segment, e.at, e.seq, sha256('x')"
        " FROM audit_entry AS e, audit_link AS l WHERE e.subject = 'nobody' AND l.position = 1",
        "UPDATE audit_chain SET position = 5",
    )
    found = await trail.found()
    assert found[0] == ("changed", 3, None)
    assert ("rewritten", 3, 3) in found


async def test_a_swapped_pair_is_named(trail):
    await trail.sealed(5)
    await trail.as_owner(SWAP)
    assert await trail.found() == [("changed", 2, None), ("changed", 4, None)]


async def test_a_tail_cut_with_its_links_is_named_by_the_published_head(trail):
    await trail.sealed(6)
    await trail.as_owner(
        "DELETE FROM audit_entry USING audit_link AS l WHERE l.position > 4"
        " AND (audit_entry.at, audit_entry.seq) = (l.at, l.seq)",
        "DELETE FROM audit_link WHERE position > 4",
        "UPDATE audit_chain SET position = 4, hash = (SELECT hash FROM audit_link WHERE position = 4)",
    )
    assert await trail.found() == [("cut tail", 5, 6)]


async def test_links_cut_without_the_chain_are_named_without_any_head(trail):
    await trail.sealed(4)
    await trail.as_owner("DELETE FROM audit_link WHERE position > 2")
    trail.heads.write_text("")
    assert ("deleted", 3, 4) in await trail.found()


async def test_a_chain_made_anew_from_an_edit_on_is_named_between_two_heads(trail):
    await trail.sealed(2)
    for _ in range(3):
        await trail.read()
    await trail.sealed()
    await trail.as_owner(f"UPDATE audit_entry SET subject = 'nobody' WHERE {AT.format(4)}")
    rows = await trail.stage.fetch(
        "SELECT l.position, l.hash, e.* FROM audit_link AS l JOIN audit_entry AS e USING (at, seq) ORDER BY l.position"
    )
    hashed, links = bytes(rows[2]["hash"]), []
    for row in rows[3:]:
        hashed = standalone.link(hashed, row["position"], entry_of(row))
        links.append(f"UPDATE audit_link SET hash = '\\x{hashed.hex()}' WHERE position = {row['position']}")
    await trail.as_owner(*links, f"UPDATE audit_chain SET hash = '\\x{hashed.hex()}'")
    assert await trail.found() == [("rewritten", 3, 5)]


async def test_another_chain_in_its_place_is_named(trail):
    await trail.sealed(3)
    await trail.as_owner("UPDATE audit_chain SET chain = gen_random_uuid()")
    kinds = {kind for kind, _, _ in await trail.found()}
    assert {"changed", "another chain"} <= kinds


async def test_a_forged_head_is_named(trail):
    await trail.sealed(3)
    trail.rewrite_heads(lambda number, head: {**head, "hash": "0" * 64} if number == 1 else head)
    assert await trail.found() == [("forged head", 2, None)]


async def test_a_head_signed_by_a_key_that_nobody_knows_is_named(trail):
    await trail.sealed(2)
    other = HeadKey(b"o" * 32)

    def resign(number, head):
        plain = {name: value for name, value in head.items() if name not in {"key", "signature"}}
        return other.sign(plain) if number == 0 else head

    trail.rewrite_heads(resign)
    assert await trail.found() == [("unknown key", 1, None)]


async def test_a_head_under_a_known_name_but_by_another_key_is_named(trail):
    await trail.sealed(2)
    other = HeadKey(b"o" * 32)

    def resign(_number, head):
        plain = {name: value for name, value in head.items() if name not in {"key", "signature"}}
        return {**head, "signature": other.sign(plain)["signature"]}

    trail.rewrite_heads(resign)
    assert {kind for kind, _, _ in await trail.found()} == {"forged head"}


async def test_what_no_head_names_yet_is_told_and_is_no_fault(trail):
    await trail.sealed(2)
    await trail.read()
    result = await trail.verify()
    assert (result.ok, result.unsealed, result.published) == (True, 1, 2)


def test_the_form_that_is_hashed_never_changes():
    entry = dict.fromkeys(standalone.FIELDS) | {
        "seq": 7, "xid": 9, "at": "2026-01-31T22:59:59.000001+00:00", "subject": "lærer-ø", "roles": ["a", "b"],
        "object_ids": [str(UUID(int=1))], "version": 3, "outcome": "done", "action": "case.read",
    }  # fmt: skip
    assert standalone.canonical(1, entry) == (
        b'[1,7,9,"2026-01-31T22:59:59.000001+00:00","l\\u00e6rer-\\u00f8",null,null,["a","b"],"case.read",null,'
        b'["00000000-0000-0000-0000-000000000001"],3,"done",null,null,null,null,null]'
    )
    assert standalone.link(standalone.beginning(str(UUID(int=2))), 1, entry).hex() == GOLDEN


def test_the_verifier_imports_nothing_but_python_and_cryptography():
    tree = ast.parse(SCRIPT.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names | {"cryptography"}


async def test_the_script_alone_names_a_planted_edit_and_says_so_by_its_exit_code(trail):
    keys = trail.folder / "keys.json"
    keys.write_text(json.dumps(trail.keys))

    async def run() -> subprocess.CompletedProcess[str]:
        await trail.verify()
        arguments = [sys.executable, "-I", SCRIPT, trail.folder / "export.jsonl", trail.heads, keys]
        return subprocess.run(arguments, capture_output=True, text=True, check=False)  # noqa: ASYNC221

    await trail.sealed(4)
    good = await run()
    assert (good.returncode, good.stdout.splitlines()[-1]) == (0, "the chain holds"), good.stderr
    await trail.as_owner(f"UPDATE audit_entry SET subject = 'nobody' WHERE {AT.format(2)}")
    bad = await run()
    assert bad.returncode == 1
    assert "changed at position 2: the entry does not fit its link" in bad.stdout
