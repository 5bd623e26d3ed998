"""Files to attach, and attaching them as a client does."""

from typing import Any
from uuid import uuid4

import httpx
from forkant_devstack.testing import files
from forkant_devstack.testing.files import PDF_BEGINNING as PDF
from forkant_devstack.testing.files import File

from .conftest import Case, Person, Service

__all__ = ["CANARY", "NOTHING", "PDF", "File", "attach", "attached", "of_case", "pdf"]

CANARY = b"Kanari-Ola-Nordmann-4711"
NOTHING = {"told": 0, "held": 0, "segments": 0}
"""What :func:`of_case` finds where nothing is left."""


def pdf(size: int = 2000) -> bytes:
    """Return a PDF with the canary in its middle."""
    return files.pdf(size, holding=CANARY)


async def attach(
    case: Case, file: File, *, by: Person | None = None, body: Any = None, key: str | None = None, **headers: str | None
) -> httpx.Response:
    """Attach a file; a header of None is left out. The case goes on from the ETag of the answer."""
    person = by or case.by
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {
        **person.headers,
        "If-Match": case.etag,
        "Idempotency-Key": key or str(uuid4()),
        **file.headers(),
        **named,
    }
    sent = {name: value for name, value in sent.items() if value is not None}
    content = file.content if body is None else body
    answer = await person.client.post(f"{case.path}/attachments", content=content, headers=sent)
    if answer.is_success:
        case.etag = answer.headers["etag"]
    return answer


async def attached(case: Case, file: File, **how: Any) -> str:
    """Attach a file that must be taken, and return its path."""
    answer = await attach(case, file, **how)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


async def of_case(service: Service, case: Case) -> dict[str, int]:
    """Return how many rows of attachments there are of a case."""
    [row] = await service.fetch(
        "SELECT (SELECT count(*) FROM attachment WHERE case_id = $1) AS told,"
        " (SELECT count(*) FROM attachment_content WHERE case_id = $1) AS held,"
        " (SELECT count(*) FROM attachment_segment s JOIN attachment_content c ON c.id = s.content_id"
        "  WHERE c.case_id = $1) AS segments",
        case.id,
    )
    return dict(row)
