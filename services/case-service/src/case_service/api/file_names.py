"""File names in ``Content-Disposition`` (RFC 6266): as a request gives one, and as a download carries it."""

import unicodedata
from email.message import Message
from typing import Final
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from case_service.api.fields import Name

_NAME: Final[TypeAdapter[str]] = TypeAdapter(Name)
_HEADER: Final = "Content-Disposition"


def file_name(header: str | None) -> str | None:
    """Return the name that the header gives, or nothing when it gives none that can be kept.

    A name beyond ASCII comes as ``filename*=UTF-8''…``: raw bytes in a header are read in more than one way.
    """
    if header is None or not header.isascii():
        return None
    message = Message()
    message[_HEADER] = header
    try:
        return _NAME.validate_python(message.get_filename())
    except (ValidationError, LookupError, UnicodeError):
        return None


def disposition(name: str) -> str:
    """Return the header under which a file is saved, never shown, with the name in ASCII for old readers."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
