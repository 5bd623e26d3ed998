"""What the generated models share."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A body or an answer; fields that a newer service sends besides are left out."""

    model_config = ConfigDict(extra="ignore", frozen=True)
