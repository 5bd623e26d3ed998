"""What came of an import."""

from uuid import UUID

from pydantic import Field

from case_service.api.views.base import View


class ImportReceipt(View):
    """How many rows there were, and which cases they became."""

    rows: int
    opened: int
    dry_run: bool
    cases: list[UUID] = Field(description="The cases, in the order of the rows; none after a dry run.")
