"""What the table says of a run, and how a point is armed."""

from pathlib import Path

import pytest
from forkant_devstack.faults.checker import Breach, Finding, Judgement
from forkant_devstack.faults.points import Points, arm
from forkant_devstack.faults.report import Row, quantile


def row(*breaches: Breach, expected: Breach | None = None) -> Row:
    judgement = Judgement(
        operations=10,
        acknowledged=8,
        refused=1,
        unknown=1,
        duplicated=2,
        findings=[Finding(breach, "somewhere") for breach in breaches],
    )
    return Row(name="a fault", faults=1, judgement=judgement, recoveries=(1.0, 3.0), folder="", expected=expected)


@pytest.mark.parametrize("breach", Breach)
def test_any_finding_fails_a_run_without_a_planted_bug(breach: Breach):
    assert row().good
    assert not row(breach).good


def test_a_planted_bug_must_be_found_as_what_it_is():
    assert row(Breach.LOST, Breach.APPLIED_TWICE, expected=Breach.APPLIED_TWICE).good
    assert not row(Breach.LOST, expected=Breach.APPLIED_TWICE).good
    assert not row(expected=Breach.LOST).good


def test_quantiles_are_values_that_were_measured():
    assert quantile([], 0.5) is None
    assert quantile([4.0], 0.99) == 4.0
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([float(n) for n in range(1, 101)], 0.99) == 99.0


def test_the_row_as_json_names_its_findings():
    assert row(Breach.LOST).as_json()["judgement"]["findings"] == ["lost: somewhere"]


def test_an_armed_point_has_consequences_once_and_there_only(tmp_path: Path):
    trigger = tmp_path / "relay-1.trigger"
    points = Points(trigger)
    points.passing("relay after ack")
    arm(trigger, "relay after ack", "block", seconds=0.0)
    points.passing("relay after read")
    assert points.armed("relay after ack")
    points.passing("relay after ack")
    assert not trigger.exists()
