"""Settings of imports and exports: how much is taken and handed out at once."""

from typing import Final

from forkant_kit.settings import ServiceSettings
from pydantic import Field

_MIB: Final = 1024 * 1024


class ExchangeSettings(ServiceSettings):
    """What the API needs to know of both; the numbers are assumed. An import is held in memory until it is done."""

    import_max_bytes: int = Field(default=32 * _MIB, ge=1, le=256 * _MIB)
    """Bytes that one import may have."""
    import_max_rows: int = Field(default=10_000, ge=1, le=100_000)
    """Rows that one import may have: all of them are written by one transaction."""
    import_upload_seconds: float = Field(default=300.0, ge=1, le=3600)
    """Seconds within which an import must have come."""
    exports_at_once: int = Field(default=2, ge=1, le=100)
    """Exports that one process writes at once: each holds a connection, and a snapshot of the database."""
    export_seconds: float = Field(default=900.0, ge=1, le=3600)
    """Seconds within which an export must be read to its end."""
