"""How a reference to a subject is put into the form that is compared: the same person in the same form, however typed.

A reference is what a register calls somebody. Its form keeps letters and digits alone: compatibility forms are unified
(NFKC), case and whatever stands between is left out. It is blinded at once and then forgotten.
"""

import unicodedata
from typing import Final

SHORTEST: Final = 6
"""Characters that a form must have: fewer could be anybody's."""
LONGEST: Final = 64


def normal_form(reference: str) -> str | None:
    """Return the form of a reference that is compared, or nothing when too little or too much of it is left."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", reference).casefold())
    # Digits of every script are those of one; marks belong to their letters and stay.
    # A mark may stand alone until what parted it from its letter is left out, and then belongs to that.
    kept = unicodedata.normalize("NFKC", "".join(_digit(c) for c in folded if unicodedata.category(c)[0] in "LNM"))
    return kept if SHORTEST <= len(kept) <= LONGEST else None


def _digit(char: str) -> str:
    found = unicodedata.decimal(char, None)
    return char if found is None else str(found)
