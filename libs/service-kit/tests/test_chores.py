"""Chores are done now and then, and a failing one is seen and done again."""

import asyncio

from forkant_kit.chores import keep_house
from prometheus_client import REGISTRY


async def test_a_chore_that_fails_is_counted_and_tried_again_and_keeps_no_other_from_its_turn():
    stop, tries, others = asyncio.Event(), [], []

    async def fail() -> None:
        tries.append(1)
        raise OSError("away")

    async def go_on() -> None:
        others.append(1)
        if len(others) == 3:
            stop.set()

    await asyncio.wait_for(keep_house({"fail": fail, "go_on": go_on}, every_s=0.01, stop=stop), 5)
    assert (len(tries), len(others)) == (3, 3)
    assert REGISTRY.get_sample_value("forkant_chore_failures_total", {"kind": "fail"}) == 3
