"""What a search that is kept may hold."""

from pydantic import ConfigDict, Field, StrictBool

from case_service.api import fields as f
from case_service.api.bodies import Body
from case_service.api.case_filter import CaseFilter
from case_service.api.search_bodies import Words
from case_service.commands.searches import NewSearch


class SavedFilter(CaseFilter):
    """Any filter of the list of cases."""

    model_config = ConfigDict(extra="forbid")


class SaveSearch(Body):
    """A search to keep: words, a filter, or both."""

    name: f.Name
    words: Words | None = None
    filter: SavedFilter = Field(default_factory=SavedFilter)
    shared: StrictBool = Field(default=False, description="Show it to the whole unit; a prevention lead's to say.")

    def new_search(self) -> NewSearch:
        """Return the search to keep."""
        chosen = self.filter.model_dump(mode="json", exclude_defaults=True)
        return NewSearch(name=self.name, words=self.words, filter=chosen, shared=self.shared)


class EraseSearches(Body):
    """Whose searches are erased."""

    subject: f.Subject
