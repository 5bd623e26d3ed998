"""Files to attach, and attaching them as a client does."""

from typing import Any
from uuid import uuid4

import httpx
from forkant_devstack.testing import files
from forkant_devstack.testing.files import PDF_BEGINNING as PDF
from forkant_devstack.testing.files import File

from .conftest import Case, Person

__all__ = ["CANARY", "PDF", "File", "attach", "attached", "pdf"]

CANARY = b"Kanari-Ola-Nordmann-4711"


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
