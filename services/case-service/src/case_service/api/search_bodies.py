"""What a search for cases may hold."""

from typing import Annotated

from pydantic import ConfigDict, Field

from case_service.api import fields as f
from case_service.api.bodies import Body
from case_service.api.case_filter import CaseFilter
from case_service.words import MOST_WORDS

Words = Annotated[
    str,
    f.Text(200),
    Field(
        description=f"Words that a case is to have, all of them and in any order, at most {MOST_WORDS}; forms of a "
        "word count as one («ungdommene» finds «ungdom»), words that every text has don't count.",
        examples=["slåsskamp skole"],
    ),
]


class SearchCases(Body, CaseFilter):
    """Words to look for, together with any filter of the list of cases."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    words: Words
    limit: int = Field(default=50, ge=1, le=100, strict=True, description="Most items on a page.")
    cursor: Annotated[str, Field(max_length=1024, pattern=r"^[A-Za-z0-9_-]+$")] | None = Field(
        default=None, description="`next` of the page before."
    )
