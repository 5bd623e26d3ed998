"""What stands around messages in a letter, in every language; a placeholder takes a title, unit, count or code."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from notification_service.domain.languages import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The words around messages in one language."""

    message_subject: str
    digest_subject: str
    digest_subject_of_one: str
    confirmation_subject: str
    read_on: str
    more: str
    confirm: str
    not_asked_for: str
    why: str
    no_reply: str
    short: str
    short_digest: str
    short_digest_of_one: str
    short_code: str


_NB: Final = Frame(
    message_subject="Forkant: {title} ({unit})",
    digest_subject="Forkant: {count} meldinger",
    digest_subject_of_one="Forkant: 1 melding",
    confirmation_subject="Forkant: bekreft adressen",
    read_on="Les videre i Forkant",
    more="Og {count} til, som står i innboksen.",
    confirm="Koden som bekrefter denne adressen, er {code}. Skriv den inn i Forkant.",
    not_asked_for="Har du ikke bedt om dette, kan du se bort fra det.",
    why="Du får dette fordi du har valgt det i Forkant. Endre det her",
    no_reply="Meldingen er sendt automatisk, og svar blir ikke lest.",
    short="Forkant: {title} ({unit}).",
    short_digest="Forkant: {count} meldinger.",
    short_digest_of_one="Forkant: 1 melding.",
    short_code="Forkant: koden er {code}.",
)
_NN: Final = Frame(
    message_subject="Forkant: {title} ({unit})",
    digest_subject="Forkant: {count} meldingar",
    digest_subject_of_one="Forkant: 1 melding",
    confirmation_subject="Forkant: stadfest adressa",
    read_on="Les vidare i Forkant",
    more="Og {count} til, som står i innboksen.",
    confirm="Koden som stadfestar denne adressa, er {code}. Skriv han inn i Forkant.",
    not_asked_for="Har du ikkje bede om dette, kan du sjå bort frå det.",
    why="Du får dette fordi du har valt det i Forkant. Endre det her",
    no_reply="Meldinga er send automatisk, og svar blir ikkje lesne.",
    short="Forkant: {title} ({unit}).",
    short_digest="Forkant: {count} meldingar.",
    short_digest_of_one="Forkant: 1 melding.",
    short_code="Forkant: koden er {code}.",
)
_EN: Final = Frame(
    message_subject="Forkant: {title} ({unit})",
    digest_subject="Forkant: {count} messages",
    digest_subject_of_one="Forkant: 1 message",
    confirmation_subject="Forkant: confirm the address",
    read_on="Read on in Forkant",
    more="And {count} more, which are in the inbox.",
    confirm="The code that confirms this address is {code}. Enter it in Forkant.",
    not_asked_for="If you have not asked for this, you can ignore it.",
    why="You get this because you chose so in Forkant. Change it here",
    no_reply="The message was sent automatically, and replies are not read.",
    short="Forkant: {title} ({unit}).",
    short_digest="Forkant: {count} messages.",
    short_digest_of_one="Forkant: 1 message.",
    short_code="Forkant: the code is {code}.",
)
FRAMES: Final[Mapping[Language, Frame]] = MappingProxyType({Language.NB: _NB, Language.NN: _NN, Language.EN: _EN})
