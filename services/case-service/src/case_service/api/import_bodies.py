"""A row of an import: a case as another system hands it over."""

from datetime import datetime
from typing import Annotated

from forkant_kit.moments import in_words, on_earth
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from case_service.api import fields as f
from case_service.api.bodies import CaseByItself
from case_service.commands.importing import Row

_Opened = Annotated[
    datetime,
    AwareDatetime,
    BeforeValidator(in_words),
    AfterValidator(on_earth),
    Field(description="When the other system opened it: at most five years back.", examples=["2025-03-02T09:30:00Z"]),
]


class ImportedCase(CaseByItself):
    """A case to take over: what opening one asks, and when it was opened, whose it is, how its source knows it."""

    opened_at: _Opened
    source_reference: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$",
            description="What the source calls the case: a key, never a name. One that came before is refused.",
            examples=["2025/4711-3"],
        ),
    ]
    unit: Annotated[
        str | None, Field(description="The unit that holds it; the caller's, if left out.", examples=["oslo"])
    ] = None
    case_owner: f.Subject | None = None

    def row(self, number: int) -> Row:
        """Return it as the command takes it."""
        return Row(
            number=number,
            new=self.new_case(),
            opened_at=self.opened_at,
            reference=self.source_reference,
            unit=self.unit,
            owner=self.case_owner,
        )
