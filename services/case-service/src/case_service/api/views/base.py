"""What answers share."""

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True, from_attributes=True, extra="ignore")
