"""What requests about erasures of many cases may hold."""

from typing import Annotated

from pydantic import Field, StrictBool, StrictInt

from case_service.api import fields as f
from case_service.api.bodies import Body


class RequestErasures(Body):
    """Which cases are to be erased: those whose last day was before `as_of`, today if left out, at most `limit`."""

    as_of: f.Day | None = None
    limit: Annotated[StrictInt, Field(ge=1, le=1000)] = 100
    dry_run: StrictBool
