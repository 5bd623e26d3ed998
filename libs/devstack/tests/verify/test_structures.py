"""Whom the work of a unit went to, as the case service's reorganisations tell it in their order."""

import pytest
from forkant_devstack.verify.structures import holder_of

MERGED = {"agder": frozenset({"sor"}), "sor-vest": frozenset({"sor"})}
SPLIT = {"trondelag": frozenset({"nidaros", "dovre"})}
TOGETHER = {"nidaros": frozenset({"midt"}), "dovre": frozenset({"midt"})}


@pytest.mark.parametrize(
    ("went", "unit", "holder"),
    [
        ([], "agder", "agder"),
        ([MERGED], "agder", "sor"),
        ([MERGED], "oslo", "oslo"),
        ([MERGED, {"sor": frozenset({"vest"})}], "agder", "vest"),
        ([SPLIT], "trondelag", "trondelag"),
        ([SPLIT, TOGETHER], "trondelag", "midt"),
        ([SPLIT, TOGETHER], "dovre", "midt"),
    ],
)
def test_work_is_held_by_the_one_unit_that_all_of_it_went_to(went, unit, holder):
    assert holder_of(unit, went) == holder
