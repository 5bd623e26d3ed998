"""Stems of Norwegian words, by Snowball's stemmer: «ungdommene» and «ungdommer» are found by «ungdom»."""

import threading
from typing import Final

import Stemmer

from case_service.domain.words import HEADS, heads, words

_DOUBLED: Final = "mm"


class _Stemmers(threading.local):
    """A stemmer is not to be used by two threads at once; it keeps no words."""

    def __init__(self) -> None:
        self.norwegian = Stemmer.Stemmer("norwegian", 0)


_stemmers: Final = _Stemmers()


def stem(word: str) -> str:
    """Return the stem of a word of :func:`~case_service.domain.words.words`."""
    norwegian = _stemmers.norwegian
    # Twice, since a definite form is cut down to a word that is itself cut further: «læreren», «lærer», «lær».
    found: str = norwegian.stemWord(norwegian.stemWord(word))
    # No Norwegian word ends in a doubled m, but forms double it: «ungdom», «ungdommen».
    return found[:-1] if found.endswith(_DOUBLED) else found


_HEADS: Final = frozenset(stem(word) for head in HEADS for word in words(head))


def stems_of(word: str) -> frozenset[str]:
    """Return the stems by which a word of :mod:`case_service.domain.words` is found: its own, and its heads'."""
    own = stem(word)
    return frozenset((own, *heads(own, stemmed_heads=_HEADS)))


def stems_to_find(*texts: str | None) -> frozenset[str]:
    """Return the stems by which texts are found: of their words, and of the last parts of compounds among these."""
    return frozenset[str]().union(*(stems_of(word) for text in texts for word in words(text or "")))


def stems_sought(query: str) -> tuple[str, ...]:
    """Return the stems that a query asks for, each once, in order; none when it holds stop words alone."""
    return tuple(dict.fromkeys(stem(word) for word in words(query)))
