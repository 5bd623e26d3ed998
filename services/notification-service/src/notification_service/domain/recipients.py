"""Addresses that letters go to: how they are written. Whether one exists, only its confirmation tells."""

import re
from typing import Final

MAX_EMAIL: Final = 254
_MAX_LOCAL: Final = 64
_ATOM: Final = r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?"
_EMAIL: Final = re.compile(
    rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?:{_LABEL}\.)+[A-Za-z](?:[0-9A-Za-z-]{{0,61}}[0-9A-Za-z])"
)
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def is_email(text: str) -> bool:
    """Say whether a text is one e-mail address in ASCII (RFC 5321: dot-string and domain name, nothing quoted)."""
    found = _EMAIL.fullmatch(text)
    return found is not None and len(text) <= MAX_EMAIL and len(found["local"]) <= _MAX_LOCAL


def is_number(text: str) -> bool:
    """Say whether a text is one telephone number as E.164 writes it: ``+4791234567``."""
    return _NUMBER.fullmatch(text) is not None
