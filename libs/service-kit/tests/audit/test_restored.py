"""A trail whose database was set back to a backup: that shows, and goes on lawfully once somebody signs for it."""

import json

import pytest
from forkant_kit.audit import standalone
from forkant_kit.audit.heads import HeadKey
from forkant_kit.audit.restored import NothingLostError, sign_restore
from forkant_kit.audit.standalone import signed_form

OFFICER = HeadKey(b"o" * 32)
SET_BACK = """
DELETE FROM audit_entry USING audit_link AS l
WHERE l.position > 4 AND (audit_entry.at, audit_entry.seq) = (l.at, l.seq);
DELETE FROM audit_link WHERE position > 4;
UPDATE audit_chain AS c SET position = 4, hash = l.hash, sealed_xid = e.xid, sealed_seq = e.seq
FROM audit_link AS l JOIN audit_entry AS e ON e.at = l.at AND e.seq = l.seq WHERE l.position = 4
"""


@pytest.fixture
async def set_back(trail):
    """A trail of six entries, each with a head, that was set back to the fourth."""
    await trail.sealed(6)
    await trail.as_owner(SET_BACK)
    return trail


async def verified(trail, *, keys=None):
    known = trail.keys | {f"restore:{OFFICER.id}": OFFICER.public} if keys is None else keys
    await trail.verify()  # writes the export
    path = trail.folder / "export.jsonl"
    return standalone.verify(standalone.lines(path), standalone.lines(trail.heads), known)


async def signed(trail, *, key=OFFICER):
    return await sign_restore(trail.stage.app_url, trail.heads, key=key, by="the privacy officer")


async def test_before_somebody_signs_the_lost_end_is_a_finding_which_says_what_it_may_be(set_back):
    result = await verified(set_back)
    assert [(each.kind, each.position, each.last) for each in result.findings] == [("cut tail", 5, 6)]
    assert "If this database was restored from a backup" in standalone.summary(result)


async def test_a_restore_that_is_signed_for_is_told_and_no_finding_and_the_chain_goes_on(set_back):
    note = await signed(set_back)
    assert (note["restored"]["position"], note["restored"]["last"]) == (4, 6)
    await set_back.sealed(3)
    result = await verified(set_back)
    assert result.ok, result.findings
    assert "positions 5 to 6 were lost" in standalone.summary(result)
    assert "signed for by the privacy officer" in standalone.summary(result)
    assert result.published == 7


async def test_what_was_sealed_before_somebody_signed_goes_on_from_the_last_head_that_stands(set_back):
    await set_back.sealed(1)
    note = await signed(set_back)
    assert (note["restored"]["position"], note["restored"]["last"]) == (4, 6)
    await set_back.sealed(1)
    assert (await verified(set_back)).ok


async def test_a_tail_that_is_cut_after_a_signed_restore_is_named(set_back):
    await signed(set_back)
    await set_back.sealed(3)
    await set_back.as_owner(SET_BACK)
    result = await verified(set_back)
    assert [(each.kind, each.position, each.last) for each in result.findings] == [("cut tail", 5, 7)]


async def test_a_restore_excuses_no_change_of_what_stood_before_it(set_back):
    await signed(set_back)
    await set_back.as_owner("UPDATE audit_entry SET subject = 'nobody' WHERE seq = (SELECT min(seq) FROM audit_entry)")
    assert [each.kind for each in (await verified(set_back)).findings] == ["changed"]


@pytest.mark.parametrize("forger", ["the worker's key", "an unknown key"])
async def test_neither_the_worker_nor_a_stranger_can_sign_for_a_lost_end(set_back, forger):
    await signed(set_back, key=set_back.key if forger == "the worker's key" else HeadKey(b"x" * 32))
    kinds = {each.kind for each in (await verified(set_back)).findings}
    assert kinds == {"unknown key", "cut tail"}


async def test_the_key_that_signs_for_restores_signs_no_head(set_back):
    head = json.loads(set_back.heads.read_text().splitlines()[0])
    forged = OFFICER.sign({name: head[name] for name in head if name not in ("key", "signature")}, form=signed_form)
    with set_back.heads.open("a") as file:
        file.write(json.dumps(forged) + "\n")
    assert "unknown key" in {each.kind for each in (await verified(set_back)).findings}


async def test_a_note_that_was_altered_is_forged(set_back):
    await signed(set_back)
    text = set_back.heads.read_text().replace('"last":6', '"last":9')
    set_back.heads.write_text(text)
    assert "forged head" in {each.kind for each in (await verified(set_back)).findings}


async def test_nobody_signs_for_what_is_not_lost(trail):
    await trail.sealed(3)
    with pytest.raises(NothingLostError):
        await signed(trail)
