"""The seam between who is told and how: whoever keeps letters hands each to a channel, and acts on the outcome.

A channel takes one letter to one address, once, and says how that went. It keeps nothing, repeats nothing and decides
nothing: when to try again, and when to give up, is for the caller, who knows how often it was tried.

To write one more channel::

    class Pigeon:
        name = "pigeon"                              # what preferences and metrics call it; never renamed

        async def send(self, letter: Letter) -> Outcome:
            text = write_short(letter, site=self._site)    # channels/writing.py: the words are not the channel's
            ...                                            # every way to fail is an outcome, never an exception
            return Delivered(wording=WORDING)

        async def aclose(self) -> None: ...

    1. Put it in a module of its own in this folder, with its settings in ``settings.py`` (refuse in production what is
       for development alone), and its builder in ``registry.BUILDERS``. ``FORKANT_LETTER_CHANNELS`` then chooses it.
    2. Say in ``domain/recipients.py`` how its addresses are written.
    3. Bound everything by time. Speak to the other side with TLS. ``letter.id`` makes repeats recognisable there.
    4. Neither an address nor a word of the other side's may get into outcomes, logs, traces or metrics.
    5. Test it against a real local server that accepts, defers, refuses, hangs and breaks off.
"""

from typing import Protocol

from notification_service.domain.languages import Language
from notification_service.domain.letters import (
    Delivered,
    Item,
    Letter,
    Outcome,
    Purpose,
    Reason,
    Refused,
    Returned,
    TryLater,
)

__all__ = [
    "Channel",
    "Delivered",
    "Item",
    "Language",
    "Letter",
    "Outcome",
    "Purpose",
    "Reason",
    "Refused",
    "Returned",
    "Returns",
    "TryLater",
]


class Channel(Protocol):
    """A way to reach a person; safe to call from many tasks at the same time."""

    @property
    def name(self) -> str:
        """The channel's name in preferences, settings and metrics: ``email``, ``sms``."""

    async def send(self, letter: Letter) -> Outcome:
        """Hand a letter over once; every way to fail is an outcome, and the whole is bounded by time."""

    async def aclose(self) -> None:
        """Let go of what is held open."""


class Returns(Protocol):
    """Whoever keeps letters is told here of one that came back after it had been taken."""

    async def take(self, returned: Returned) -> bool:
        """Note it: for good means that the letter is refused and its address no longer confirmed.

        Of those that failed for now it is noted when, and on too many days the address is no longer confirmed either.

        Doing it twice changes nothing more. Return whether the letter is known.
        """
