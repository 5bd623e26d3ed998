r"""Verifies an export of an audit trail against the published heads; needs only Python and ``cryptography``.

    python standalone.py export.jsonl heads.jsonl keys.json

Exit code 0 when the chain holds, 1 when anything is found, 2 when a file can't be read. It imports nothing of the
platform, so that an outsider can read all that is trusted here in one file.

The chain. The link at a position is SHA-256 over the link before it (32 bytes) and the entry's canonical form: the JSON
array of the position and the values of ``FIELDS``, ASCII with ``\u`` escapes and no spaces. The chain begins with
SHA-256 of "forkant-audit-chain-v1", a line feed, and the chain's id. A head is signed by Ed25519 over
"forkant-audit-head-v1", a line feed, and the head as JSON with sorted keys and no spaces, without ``signature``.

The export has one JSON document a line: ``chain`` (its id, and the base that it begins after), one ``entry`` a position
in order, then the entries without a position, and ``end``. The heads have one a line, in the order of publication.

A restore. When the database is set back to a backup, heads were published for entries that are gone. Whoever answers
for the trail can say so: a line among the heads with ``restored`` (the chain, the position and hash that it goes on
from, the last position that is lost, when and by whom), signed over "forkant-audit-restore-v1", a line feed, and its
JSON, by a key that stands in the file of keys as ``restore:`` and its id, and that no process has. It sets aside the
heads before it that name later positions, if the chain holds that link; what is lost is told, and is no finding.
"""

import base64
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FIELDS: Final = (
    "seq", "xid", "at", "subject", "client_id", "unit", "roles", "action", "object_kind", "object_ids", "version",
    "outcome", "refusal", "purpose", "reason_id", "trace_id", "request_id",
)  # fmt: skip
LEAST_DAYS_KEPT: Final = 365
"""An entry is kept for at least twelve months, so that a chain may begin later than at 1 only after older months."""
SET_BACK: Final = frozenset({"cut tail", "rewritten"})
"""What a trail looks like whose database was set back to a backup, or whose end somebody took away."""
IF_RESTORED: Final = (
    "If this database was restored from a backup, entries after that moment are lost, and it looks like this. Whoever "
    "answers for the trail signs for it (`python -m forkant_kit.audit restored`); if it was not restored, somebody cut "
    "the trail."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and the position where; ``last`` when it is somewhere from ``position`` to there."""

    kind: str
    position: int | None
    text: str
    last: int | None = None

    def __str__(self) -> str:
        """Tell it in one line."""
        where = "" if self.position is None else f" at position {self.position}"
        where += "" if self.last is None else f" to {self.last}"
        return f"{self.kind}{where}: {self.text}"


@dataclass(slots=True)
class Result:
    """What a verification found, and how much it looked at."""

    findings: list[Finding] = field(default_factory=list)
    entries: int = 0
    heads: int = 0
    unsealed: int = 0
    position: int = 0
    published: int = 0
    """The last position that a good head names; what comes after it is not proven yet."""
    restores: list[str] = field(default_factory=list)
    """What was lost by restores that somebody signed for."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def canonical(position: int, entry: Mapping[str, Any]) -> bytes:
    """Return what of an entry is hashed."""
    values = [position, *(entry[name] for name in FIELDS)]
    return json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def link(before: bytes, position: int, entry: Mapping[str, Any]) -> bytes:
    """Return the link of an entry."""
    return hashlib.sha256(before + canonical(position, entry)).digest()


def beginning(chain: str) -> bytes:
    """Return the hash that a chain begins with."""
    return hashlib.sha256(f"forkant-audit-chain-v1\n{chain}".encode()).digest()


def signed_form(head: Mapping[str, Any]) -> bytes:
    """Return what of a head is signed."""
    body = {name: value for name, value in head.items() if name != "signature"}
    return b"forkant-audit-head-v1\n" + json.dumps(body, sort_keys=True, separators=(",", ":")).encode("ascii")


def restored_form(note: Mapping[str, Any]) -> bytes:
    """Return what of a note of a restore is signed."""
    body = {name: value for name, value in note.items() if name != "signature"}
    return b"forkant-audit-restore-v1\n" + json.dumps(body, sort_keys=True, separators=(",", ":")).encode("ascii")


def verify(export: Iterable[Mapping[str, Any]], heads: Iterable[Mapping[str, Any]], keys: Mapping[str, str]) -> Result:
    """Check an export against the heads and the public keys (base64 of 32 bytes, by key id)."""
    result = Result()
    good = list(_good_heads(heads, keys, result))
    documents = iter(export)
    first = next(documents, {})
    if first.get("kind") != "chain":
        result.findings.append(Finding("no chain", None, "the export does not begin with its chain; export it again"))
        return result
    _walk(first, documents, [head for head in good if _chain_of(head) == first["chain"]], result)
    others = [head for head in good if _chain_of(head) != first["chain"]]
    if others:
        text = f"the heads were published for chain {_chain_of(others[-1])}"
        result.findings.append(Finding("another chain", others[-1].get("position"), text))
    return result


def _chain_of(line: Mapping[str, Any]) -> str:
    return str(line.get("restored", line)["chain"])


def _good_heads(
    heads: Iterable[Mapping[str, Any]], keys: Mapping[str, str], result: Result
) -> Iterator[Mapping[str, Any]]:
    for number, head in enumerate(heads, 1):
        note = "restored" in head
        result.heads += not note
        place = head["restored"].get("position") if note else head.get("position")
        public = keys.get(f"restore:{head.get('key')}" if note else str(head.get("key")))
        if public is None:
            text = f"head {number} names the key {head.get('key')}, which is not among those known"
            result.findings.append(Finding("unknown key", place, text))
            continue
        try:
            signature = base64.b64decode(str(head.get("signature")), validate=True)
            signed = restored_form(head) if note else signed_form(head)
            Ed25519PublicKey.from_public_bytes(base64.b64decode(public)).verify(signature, signed)
        except (InvalidSignature, ValueError):
            text = f"the signature of head {number} does not fit what it says, by the key {head['key']}"
            result.findings.append(Finding("forged head", place, text))
            continue
        yield head


def _walk(
    first: Mapping[str, Any],
    documents: Iterable[Mapping[str, Any]],
    heads: list[Mapping[str, Any]],
    result: Result,
) -> None:
    found, base = result.findings, first["base"]
    _check_base(first, heads, found)
    hashed, result.position = bytes.fromhex(base["hash"]), base["position"]
    # By position, since one that was cut and sealed anew has two heads that differ.
    stated, restores = _stated(heads)
    _compare_restores(result, restores, hashed)
    agreed = _compare(result, stated, hashed, agreed=base["position"]) or base["position"]
    ended = False
    for document in documents:
        if document["kind"] == "end":
            ended = True
            _check_end(document, result, hashed)
        elif document["position"] is None:
            _check_loose(document, result)
        else:
            hashed = _step(document, result, hashed)
            _compare_restores(result, restores, hashed)
            agreed = _compare(result, stated, hashed, agreed=agreed) or agreed
    if not ended:
        found.append(Finding("cut export", result.position, "the export has no end; export it again"))
    published = max((*stated, *restores), default=0)
    if published > result.position:
        text = f"a head was published for position {published}, and the chain ends at {result.position}"
        found.append(Finding("cut tail", result.position + 1, text, published))
    result.published = agreed if stated else 0


def _stated(
    lines: Iterable[Mapping[str, Any]],
) -> tuple[dict[int, list[str]], dict[int, list[Mapping[str, Any]]]]:
    """Return the hashes that heads state by position, without those that a restore set aside, and the restores."""
    stated: dict[int, list[str]] = {}
    restores: dict[int, list[Mapping[str, Any]]] = {}
    for line in lines:
        if "restored" in line:
            note = line["restored"]
            restores.setdefault(note["position"], []).append(note)
            stated = {place: hashes for place, hashes in stated.items() if place <= note["position"]}
        else:
            stated.setdefault(line["position"], []).append(line["hash"])
    return stated, restores


def _compare_restores(result: Result, restores: Mapping[int, list[Mapping[str, Any]]], hashed: bytes) -> None:
    for note in restores.get(result.position, ()):
        if note["hash"] != hashed.hex():
            text = "a restore was signed for that goes on from another link than the chain has here"
            result.findings.append(Finding("rewritten", result.position, text))
        else:
            lost = f"positions {note['position'] + 1} to {note['last']} were lost"
            result.restores.append(f"restored {note['at']}, signed for by {note['by']}: {lost}")


def _step(document: Mapping[str, Any], result: Result, hashed: bytes) -> bytes:
    position, entry, stored = document["position"], document["entry"], bytes.fromhex(document["hash"])
    expected = result.position + 1
    if position > expected:
        text = "these positions have neither entry nor link"
        result.findings.append(Finding("deleted", expected, text, None if position == expected + 1 else position - 1))
    elif position < expected:
        result.findings.append(Finding("inserted", position, "the position stands there twice"))
    if entry is None:
        result.findings.append(Finding("deleted", position, "the link has no entry"))
    elif position <= expected and link(hashed, position, entry) != stored:
        result.findings.append(
            Finding("changed", position, "the entry does not fit its link: it was edited, swapped, or put in")
        )
    result.entries += entry is not None
    result.position = max(position, result.position)
    # The walk goes on from what is stored, so that one break hides no other.
    return stored


def _compare(result: Result, stated: Mapping[int, list[str]], hashed: bytes, *, agreed: int) -> int | None:
    """Compare what the chain says at a position with the heads; return the position when they agree."""
    heads = stated.get(result.position)
    if not heads:
        return None
    if all(each == hashed.hex() for each in heads):
        return result.position
    if agreed < result.position:
        text = "the chain is not the one that was published: it was made anew somewhere here"
        result.findings.append(Finding("rewritten", agreed + 1, text, result.position))
    return result.position


def _check_loose(document: Mapping[str, Any], result: Result) -> None:
    if document["passed"]:
        text = f"entry {document['entry']['seq']} of {document['entry']['at']} was put in after the sealer had passed"
        result.findings.append(Finding("inserted", None, text))
    else:
        result.unsealed += 1


def _check_base(first: Mapping[str, Any], heads: list[Mapping[str, Any]], found: list[Finding]) -> None:
    base = first["base"]
    if base["position"] == 0:
        if bytes.fromhex(base["hash"]) != beginning(first["chain"]):
            found.append(Finding("changed", 0, "the chain does not begin with its own name"))
        return
    newest = next((head for head in reversed(heads) if "restored" not in head), None)
    if newest is None or newest["base"] != base:
        text = "no head vouches for the checkpoint that the chain begins after; older months may have been removed"
        found.append(Finding("unproven checkpoint", base["position"], text))
        return
    days = (_moment(newest["at"]) - _moment(base["ended_at"])).days
    if days < LEAST_DAYS_KEPT:
        text = f"months were removed up to {base['ended_at']}, only {days} days before the head"
        found.append(Finding("removed too early", base["position"], text))


def _check_end(document: Mapping[str, Any], result: Result, hashed: bytes) -> None:
    if document["position"] > result.position:
        text = "the last links are gone"
        result.findings.append(Finding("deleted", result.position + 1, text, document["position"]))
    elif bytes.fromhex(document["hash"]) != hashed or document["position"] != result.position:
        text = f"the chain says that it ends at {document['position']} with another hash"
        result.findings.append(Finding("changed", result.position, text))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read a file of JSON lines."""
    with path.open(encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            if text.strip():
                try:
                    yield json.loads(text)
                except ValueError as error:
                    raise SystemExit(f"{path}, line {number}: not JSON") from error


def summary(result: Result) -> str:
    """Tell the result in lines."""
    head = (
        f"{result.entries} sealed entries up to position {result.position}, {result.heads} heads up to position "
        f"{result.published}, {result.unsealed} entries not sealed yet"
    )
    if result.ok and result.published < result.position:
        head += f"; positions {result.published + 1} to {result.position} await their head"
    told = (*result.restores, *(f"  {each}" for each in result.findings))
    advice = () if result.ok or not {each.kind for each in result.findings} & SET_BACK else (IF_RESTORED,)
    return "\n".join((head, *told, *advice, "the chain holds" if result.ok else "BROKEN"))


def main(arguments: list[str]) -> int:
    """Verify the files that are named."""
    if len(arguments) != 3:  # noqa: PLR2004 - three files
        print(__doc__, file=sys.stderr)  # noqa: T201
        return 2
    export, heads, keys = map(Path, arguments)
    try:
        result = verify(lines(export), lines(heads), json.loads(keys.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"the files can't be read: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
        return 2
    print(summary(result))  # noqa: T201
    return 0 if result.ok else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
