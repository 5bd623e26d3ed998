"""What of a text can be searched for: its words, without those that every text has.

Bokmål and Nynorsk, and names from anywhere. A word is compared without regard to case, accents and forms of letters,
and Swedish and Danish spellings of the same letter count as one. Stems are made of these words elsewhere.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_SAME_LETTER: Final = str.maketrans({"ä": "æ", "ö": "ø"})
_RING: Final = "\N{COMBINING RING ABOVE}"
_PLAIN_NORWEGIAN: Final = re.compile("[\\x00-\\x7fæøåÆØÅ]*")
"""Text of which nothing but the case is to be evened out."""
_PLANES_WITH_MARKS: Final = 0x20000
_MARKS: Final = re.compile(
    f"[{''.join(c for c in map(chr, range(_PLANES_WITH_MARKS)) if unicodedata.combining(c) and c != _RING)}]"
)
_SHORTEST_REST: Final = 3

STOP_WORDS: Final = frozenset(
    """
    og i jeg det at en et den til er som på de med han av ikke ikkje der så var meg seg men ett har om vi min mitt ha
    hadde hun nå over da ved fra du ut sin dem oss opp man kan hans hvor eller hva skal selv sjøl her alle vil bli ble
    blei blitt kunne inn når være kom noen noe ville dere som deres kun ja etter ned skulle denne for deg si sine sitt
    mot å meget hvorfor dette disse uten hvordan ingen din ditt blir samme hvilken hvilke sånn inni mellom vår hver hvem
    vors hvis både bare enn fordi før mange også slik vært være båe begge siden dykk dykkar dei deira deires deim di då
    eg ein eit eitt elles honom hjå ho hoe henne hennar hennes hoss hossen ingi inkje korleis korso kva kvar kvarhelst
    kven kvi kvifor me medan mi mine mykje no nokon noka nokor noko nokre sia sidan so somt somme um upp vere vore verte
    vort varte vart
    """.split()  # noqa: SIM905 - as the list is published
)
"""Words that every text has: the Norwegian list of the Snowball project, as PostgreSQL has it too."""

HEADS: Final = frozenset(
    {
        "arbeid", "avtale", "barn", "butikk", "elev", "familie", "fest", "foreldre", "forsøk", "gjeng", "gruppe",
        "gutt", "hjem", "jente", "kamp", "klasse", "klubb", "kniv", "kontakt", "kveld", "leilighet", "melding", "miljø",
        "natt", "park", "plass", "program", "salg", "samtale", "sjåfør", "skole", "stasjon", "tjeneste",
        "torg", "trening", "ungdom", "utvalg", "vakt", "vern", "vold", "våpen",
    }
)  # fmt: skip
"""Last parts of compounds that people search for by themselves: «ungdomsskole» is found by «skole» [assumed list].

Short ones are left out, since they end other words as well: «bil» ends «stabil», the stem of «senter» ends «prosent».
"""


def words(text: str) -> Iterator[str]:
    """Return the words of a text in the form in which they are compared, in order, stop words left out.

    A single letter is no word; a number is.
    """
    for found in _WORD.findall(_plain(text)):
        if found not in STOP_WORDS and (len(found) > 1 or found.isdecimal()):
            yield found


def heads(stem: str, *, stemmed_heads: frozenset[str]) -> Iterator[str]:
    """Return the stems of last parts that end a compound's stem, and leave enough of it to be a word."""
    for start in range(_SHORTEST_REST, len(stem)):
        if stem[start:] in stemmed_heads:
            yield stem[start:]


def _plain(text: str) -> str:
    if _PLAIN_NORWEGIAN.fullmatch(text):
        return text.casefold()
    # An accent says little («idé», «ide»), a ring makes another letter («å»).
    same = unicodedata.normalize("NFKC", text).casefold().translate(_SAME_LETTER)
    decomposed = unicodedata.normalize("NFKD", same)
    return unicodedata.normalize("NFKC", _MARKS.sub("", decomposed))
