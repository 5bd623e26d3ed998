import gc
import weakref

import pytest
from forkant_kit.garbage import collect_seldom


@pytest.fixture(autouse=True)
def _as_before():
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)
    gc.unfreeze()


class Knot:
    """An object that only the collector can free."""

    def __init__(self):
        self.itself = self


def test_a_batch_of_objects_is_not_looked_through():
    collect_seldom()
    rounds = gc.get_stats()[0]["collections"]
    kept = [[] for _ in range(50_000)]
    assert len(kept) == 50_000
    assert gc.get_stats()[0]["collections"] == rounds


def test_cycles_are_still_found_in_the_end():
    collect_seldom()
    found = weakref.ref(Knot())
    kept = [[] for _ in range(250_000)]
    assert len(kept) == 250_000
    assert found() is None
