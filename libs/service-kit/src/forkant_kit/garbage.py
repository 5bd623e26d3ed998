"""How often a process that works in batches looks for reference cycles."""

import gc
from typing import Final

_NEW_OBJECTS: Final = 200_000
_ROUNDS: Final = 50


def collect_seldom() -> None:
    """Look for reference cycles once for many new objects, and never again among those that the process started with.

    Events and rows hold no cycles and are freed when a batch ends. Python's usual limit of 700 new objects would walk
    through a batch dozens of times while it is built, which takes a third of the time of applying it. Call it in a
    worker's ``main`` when everything is imported; what cycles there are wait for the next look, some tens of megabytes
    later.
    """
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, _ROUNDS, _ROUNDS)
