"""Searches that people keep."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from case_service.api.case_filter import CaseFilter
from case_service.api.views.base import View


class SearchReceiptView(View):
    """A search after it was saved."""

    id: UUID
    version: int
    shared: bool
    expires_on: date
    recorded_at: datetime


class KeptFilter(CaseFilter):
    """The filter of a search, each condition that was left out as none."""


class SearchView(View):
    """A search that somebody keeps."""

    id: UUID
    version: int
    owner: str = Field(description="Who keeps it, as access tokens name the person in `sub`; who alone changes it.")
    shared: bool = Field(description="Whether the whole unit sees it.")
    name: str
    words: str | None
    filter: KeptFilter
    saved_at: datetime
    changed_at: datetime
    expires_on: date = Field(description="The last day on which it is kept; saving it anew moves it on.")


class SearchPage(View):
    """A page of searches, the newest first."""

    items: list[SearchView]
    next: str | None


class ErasedSearches(View):
    """How many searches were erased."""

    count: int
