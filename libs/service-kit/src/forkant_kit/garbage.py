"""How often a process looks for reference cycles."""

import gc
from typing import Final

_NEW_OBJECTS: Final = 200_000
_ROUNDS: Final = 50


def collect_seldom() -> None:
    """Look for reference cycles once for many new objects, and never again among those that the process started with.

    Events, rows and documents hold no cycles and are freed when a batch or an answer ends. Python's usual limit of 700
    new objects would walk through them dozens of times while they are built, which takes a third of the time of
    applying a batch, and of making an answer with hundreds of figures. Call it when everything is imported; what cycles
    there are wait for the next look, some tens of megabytes later.
    """
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, _ROUNDS, _ROUNDS)
