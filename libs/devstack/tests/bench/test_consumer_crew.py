"""What is made of the batches that several consumer processes report."""

import pytest
from forkant_devstack.bench.consumer_crew import summary_of
from forkant_devstack.bench.consumer_process import Tick


def tick(count, at, *, cpu_s=0.0, memory_mb=100.0):
    return Tick(count=count, at=at, cpu_s=cpu_s, memory_mb=memory_mb)


def test_what_lay_ready_in_memory_and_the_end_are_not_timed():
    # 400 from memory, then 100 a second, and a straggler long after 95 % are done.
    ready = [(0, tick(200, 2.0)), (0, tick(200, 10.0))]
    steady = [(0, tick(100, 11.0 + n)) for n in range(5)]
    ticks = [*ready, *steady, (0, tick(55, 15.6)), (0, tick(45, 99.0))]
    assert summary_of(ticks, 1000).taken.rate == pytest.approx(555 / 5.6)


def test_the_processes_rates_add_up_and_their_processor_time_is_by_event():
    ticks = []
    for n in range(20):
        ticks += [(0, tick(25, n, cpu_s=n * 0.5)), (1, tick(25, n + 0.5, cpu_s=7 + n * 0.25))]
    found = summary_of(ticks, 1000).taken
    assert found.rate == pytest.approx(50)
    assert found.cpu_us == pytest.approx((0.5 + 0.25) / 50 * 1_000_000, rel=0.05)


def test_the_memory_is_that_of_the_largest_process():
    ticks = [(0, tick(50, 1.0, memory_mb=90)), (1, tick(30, 2.0, memory_mb=140)), (0, tick(20, 3.0, memory_mb=95))]
    assert summary_of(ticks, 100).memory_mb == 140
