"""Bodies of requests about operational units; they name no case and no person."""

from typing import Annotated

from pydantic import Field

from case_service.api import fields as f
from case_service.api.bodies import Body
from case_service.domain.operational_units import Names


class ChangeOperationalUnit(Body):
    """What it is called, and from which day it is there no more."""

    name_nb: f.Name
    name_nn: f.Name
    name_en: f.Name
    valid_to: f.Day | None = None

    def names(self) -> Names:
        """Return what it is called."""
        return Names(name_nb=self.name_nb, name_nn=self.name_nn, name_en=self.name_en)


class AddOperationalUnit(ChangeOperationalUnit):
    """An operational unit to add, the first day that it is there on, and its id without the district."""

    slug: Annotated[str, Field(pattern=r"^gde-[a-z0-9-]{1,40}$", examples=["gde-sentrum"])]
    valid_from: f.Day
