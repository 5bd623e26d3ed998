"""What requests about disclosures may hold."""

from typing import Annotated, Final

from pydantic import Field

from case_service.api import fields as f
from case_service.api.bodies import Act
from case_service.commands.disclosures import NewDisclosure
from case_service.domain.disclosures import FIELDS, ITEMS, DisclosureBasis, DisclosureMethod, RecipientKind

_ID: Final = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_NAMED: Final = "|".join(f"{name}\\.{field}" for name, fields in FIELDS.items() for field in fields)
FieldCode = Annotated[
    str,
    Field(
        pattern=f"^({_NAMED}|({'|'.join(ITEMS)})/{_ID})$",
        max_length=60,
        description="A part of the case: one of its fields by name, or an item by its id.",
        examples=["assessment.risk_factors"],
    ),
]


class PrepareDisclosure(Act):
    """What is to be given of a case, to whom, on which ground, and why."""

    recipient_kind: RecipientKind
    recipient: f.Name
    basis: DisclosureBasis
    purpose_code: f.PurposeCodeCode
    fields: Annotated[list[FieldCode], Field(min_length=1, max_length=100)]
    reason: f.Reason

    def new_disclosure(self) -> NewDisclosure:
        """Return the disclosure to prepare."""
        return NewDisclosure(
            recipient_kind=self.recipient_kind,
            recipient=self.recipient,
            basis=self.basis,
            purpose_code=self.purpose_code,
            fields=self.fields,
            reason=self.reason,
        )


class RecordDisclosure(Act):
    """How it was given, and when."""

    method: DisclosureMethod
