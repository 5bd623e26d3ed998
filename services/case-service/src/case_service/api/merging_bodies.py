"""What requests about duplicates may hold."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from case_service.api import fields as f
from case_service.api.bodies import Act


class MergeCase(Act):
    """Into which case a duplicate is merged, as the caller last saw that one."""

    into: UUID
    into_etag: Annotated[
        str, Field(pattern=r'^"v[0-9]{1,9}"$', description="The ETag of the other case, with its quotes.")
    ]
    note: f.Note | None = None
