"""What imports are asked with and answered by."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from indicator_service.api.models import Document
from indicator_service.definitions.series import ImportKind, Series
from indicator_service.imports.examples import WITHDRAW


class WithdrawalReason(StrEnum):
    """Why an import is taken back."""

    WRONG_FIGURES = "wrong_figures"
    WRONG_PERIOD = "wrong_period"
    WRONG_UNIT = "wrong_unit"
    SOURCE_WITHDREW = "source_withdrew"
    IMPORTED_BY_MISTAKE = "imported_by_mistake"


class Withdraw(BaseModel):
    """Take an import back."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [WITHDRAW]})

    reason: WithdrawalReason


class ImportReceipt(Document):
    """What came of a file; never its figures."""

    id: UUID | None
    """The import; null after a dry run."""
    kind: ImportKind
    rows: int
    superseded: int
    """How many of the rows took the place of one that stood."""
    sha256: str
    """Of the file as it came, in hexadecimal."""
    dry_run: bool


class WithdrawalReceipt(Document):
    """That an import is taken back."""

    id: UUID
    version: int


class ImportDocument(Document):
    """Where figures come from: an import, without its figures."""

    id: UUID
    version: int
    kind: ImportKind
    source: str
    """The system or publisher that the figures come from."""
    source_date: date
    """The day of which the source gives them."""
    method: str
    """How they were made, as a code; `assumed` are figures that nobody measured."""
    sha256: str
    """Of the file as it came, in hexadecimal."""
    rows: int
    corrects: bool
    """Whether its rows were allowed to take the place of others."""
    unit: str
    """The unit of whoever imported it."""
    imported_at: datetime
    """Since when it is known."""
    imported_by: str | None
    """Who imported it; null for readers who may not import."""
    withdrawn_at: datetime | None
    withdrawal_reason: WithdrawalReason | None

    @classmethod
    def of(cls, row: Mapping[str, Any], *, with_people: bool) -> "ImportDocument":
        """Write an import as it is kept."""
        named = {
            "sha256": bytes(row["sha256"]).hex(),
            "rows": row["row_count"],
            "imported_by": row["imported_by"] if with_people else None,
        }
        return cls.model_validate({**row, **named})


class ImportPage(Document):
    """A page of imports, newest first."""

    items: tuple[ImportDocument, ...]
    next: str | None
    """Cursor of the next page; null on the last."""


class ImportedRow(Document):
    """One row of an import, as it came."""

    unit: str
    period: str
    figures: dict[Series, int]
    stands: bool
    """Whether it is what figures rest on now."""


class ImportedRows(Document):
    """The rows of an import, as they came."""

    id: UUID
    kind: ImportKind
    rows: tuple[ImportedRow, ...]
