"""A walk through operations, each of which must leave one entry in the audit trail, and none where it can't."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from forkant_devstack.testing.operations import operations

REPOSITORY = Path(__file__).parents[4]
OPERATIONS = {f"{each.method} {each.path}": each for each in operations(REPOSITORY, "case")}
BREAK = "ALTER TABLE audit_entry ADD CONSTRAINT broken CHECK (false) NOT VALID"
MEND = "ALTER TABLE audit_entry DROP CONSTRAINT broken"
CASE = "/v1/cases/{case_id}"
MADE = {
    "measures": "measure_id", "start": "measure_id", "steps": "measure_id", "complete": "measure_id",
    "cancel": "measure_id", "follow-ups": "follow_up_id", "held": "follow_up_id", "partners": "partner_id",
    "{partner_id}": "partner_id", "information": "information_id", "clarification": "information_id",
    "tasks": "task_id", "completion": "task_id", "assignment": "task_id",
    "attachments": "attachment_id", "{attachment_id}": "attachment_id",
    "transfers": "transfer_id", "accept": "transfer_id", "reject": "transfer_id",
    "revoke": "transfer_id", "members": "grant_id", "{grant_id}": "grant_id", "access": "access_id",
    "merge": "into_id",
    "disclosures": "disclosure_id", "approval": "disclosure_id", "refusal": "disclosure_id",
    "disclosed": "disclosure_id", "withdrawal": "disclosure_id",
    "legal-holds": "legal_hold_id", "{legal_hold_id}": "legal_hold_id",
}  # fmt: skip


@dataclass
class Walk:
    """One step after the other; each must leave one entry, and none where it can't."""

    service: Any
    refused_first: bool = True
    ids: dict[str, str] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    walked: set[str] = field(default_factory=set)
    answers: dict[str, Any] = field(default_factory=dict)
    """The last answer of each operation that answers with JSON."""
    seen: int = 0

    async def step(
        self, by: str, name: str, body: Any = None, *, action: str | None, about: str | None = "case_id", **query: Any
    ) -> Any:
        """Take a step as somebody, and look at its entry: of which action, and about which object."""
        self.walked.add(name)
        if self.refused_first and action is not None:
            await self._refused(by, name, body, query)
        answer = await self._ask(by, name, body, query)
        assert answer.is_success, (name, answer.text)
        kept = answer.json() if answer.headers.get("content-type") == "application/json" else {}
        if kept:
            self.answers[name] = kept
        self._keep(name, answer, kept)
        left = await self.left()
        assert [(row["subject"], row["action"], row["outcome"]) for row in left] == (
            [] if action is None else [(by, action, "done")]
        ), name
        if action is not None and about is not None:
            assert self.ids[about] in [str(found) for found in left[0]["object_ids"]], name
        return kept

    async def left(self) -> list[Any]:
        """Return what came into the trail since the last look."""
        rows = await self.service.fetch("SELECT * FROM audit_entry WHERE seq > $1 ORDER BY seq", self.seen)
        self.seen = rows[-1]["seq"] if rows else self.seen
        return rows

    async def _refused(self, by: str, name: str, body: Any, query: dict[str, Any]) -> None:
        before = await self.service.row_digests()
        await self.service.fetch(BREAK)
        answer = await self._ask(by, name, body, query)
        await self.service.fetch(MEND)
        assert (answer.status_code, answer.json().get("code")) == (503, "audit-unavailable"), name
        assert not any(found in answer.text for found in self.ids.values()), name
        assert await self.service.row_digests() == before, name

    async def _ask(self, by: str, name: str, body: Any, query: dict[str, Any]) -> Any:
        operation, person = OPERATIONS[name], self.service.person(by)
        path = operation.at(**self.ids)
        if operation.method == "GET":
            return await person.get(path, **query)
        etag = self.etags.get(
            "transfer"
            if name.endswith(("accept", "reject"))
            else "concern"
            if "concern" in name
            else "proposal"
            if "method-proposals" in name
            else "reorganisation"
            if "reorganisations" in name
            else "unit"
            if "operational-units" in name
            else "example"
            if "best-practice" in name
            else "search"
            if "/searches" in name
            else "case"
        )
        asked = f"?{urlencode(query)}" if query else ""
        return await person.send(
            operation.method, f"{path}{asked}", body, etag='"v1"' if "reviews" in name or "links" in name else etag
        )

    def _keep(self, name: str, answer: Any, kept: dict[str, Any]) -> None:
        if "private" in answer.headers.get("cache-control", ""):
            return  # Reference data, whose ETag is of no version.
        if "etag" in answer.headers and name.startswith(("POST /v1/concerns", "GET /v1/concerns")):
            self.etags["concern"] = answer.headers["etag"]
        elif "etag" in answer.headers and "method-proposals" in name:
            self.etags["proposal"], self.ids["proposal_id"] = answer.headers["etag"], kept["id"]
        elif "etag" in answer.headers and "reorganisations" in name:
            self.etags["reorganisation"], self.ids["reorganisation_id"] = answer.headers["etag"], kept["id"]
        elif "etag" in answer.headers and "best-practice" in name:
            self.etags["example"] = answer.headers["etag"]
            is_example = name.endswith("publication") or "{example_id}" in name
            self.ids["example_id" if is_example else "draft_id"] = kept["id"]
        elif "/searches" in name or "operational-units" in name:
            kind = "search" if "/searches" in name else "unit"
            self.etags[kind] = answer.headers.get("etag", self.etags.get(kind))
        elif "etag" in answer.headers and not any(part in name for part in ("{transfer_id}", "reviews", "links")):
            self.etags["case"] = answer.headers["etag"]
        self.etags["transfer"] = '"v1"'
        if name == "POST /v1/cases":
            self.ids["case_id"] = kept["id"]
        elif kept.get("item_id"):
            self.ids[MADE[name.rpartition("/")[2]]] = kept["item_id"]
