"""What the tables share."""

from typing import Final

from sqlalchemy import MetaData
from sqlalchemy.dialects.postgresql import TIMESTAMP

metadata: Final = MetaData()
"""The service's own tables, all of them."""

MOMENT: Final = TIMESTAMP(timezone=True)
"""A moment, never without its time zone."""
