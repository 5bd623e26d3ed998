"""Units are merged and split on a running platform: work goes on elsewhere, figures hold, and people are told once."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from forkant_devstack.stack.audit_trails import AuditTrail
from forkant_devstack.testing.platform import Platform
from forkant_devstack.testing.walk import Walk, open_case
from forkant_devstack.verify.platform import Platform as Verified
from forkant_devstack.verify.run import verify
from forkant_kit.db import utc_now
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka

OSLO = ZoneInfo("Europe/Oslo")
PATH = "/v1/reorganisations"
TRONDHEIM, OPPDAL = "5001", "5021"
_CONCERN = {"source": "school", "theme": "drugs", "age_band": "15_17", "description": "En bekymring"}


def body(kind: str, *from_units: str, into: dict[str, list[str]], rest: str | None = None) -> dict[str, Any]:
    names = ("name_nb", "name_nn", "name_en")
    tomorrow = utc_now().astimezone(OSLO).date() + timedelta(days=1)
    return {
        "kind": kind, "effective_on": tomorrow.isoformat(), "from_units": from_units, "rest": rest,
        "parts": [{"unit": unit, "municipalities": numbers} for unit, numbers in into.items()],
        "new_units": [{"id": unit, **{name: f"{unit} {name}" for name in names}} for unit in into], "summary": "As decided.",
    }  # fmt: skip


def names_of(unit: str) -> dict[str, str]:
    """Return what a unit is called where figures are shown."""
    return {language: f"{unit} name_{language}" for language in ("nb", "nn", "en")}


async def approved(platform: Platform, proposal: dict[str, Any]) -> str:
    """Propose and approve one, and return its id."""
    made = await platform.call("case", "POST", PATH, persona="pod-admin", body=proposal)
    assert made.status_code == 201, made.text
    at, etag = f"{made.headers['location']}/approval", made.headers["etag"]
    answer = await platform.call("case", "POST", at, persona="pod-analyst", body={}, etag=etag)
    assert answer.status_code == 200, answer.text
    return str(made.json()["id"])


async def its_day_comes(platform: Platform, which: str) -> None:
    """Put its day on today, as the owner of the database alone can, and wait until a worker has worked it off."""
    connection = await asyncpg.connect(
        platform.nodes["case"].database.owner_url, server_settings={"forkant.system": "on"}
    )
    try:
        today = utc_now().astimezone(OSLO).date()
        await connection.execute("UPDATE reorganisation SET effective_on = $1 WHERE id = $2", today, which)
    finally:
        await connection.close()
    # It looks when it starts: that is what a worker does that was down when the day came.
    await platform.stop("case-worker")
    await platform.start("case-worker")

    async def done() -> bool:
        shown = await platform.call("case", "GET", f"{PATH}/{which}", persona="officer-oslo")
        return bool(shown.json()["state"] == "done")

    await until(done, what="the reorganisation being done")


async def ended(platform: Platform, unit: str) -> Walk:
    walk = await open_case(platform, unit)
    await walk.close(evaluated=False)
    return walk


async def opened_of(platform: Platform, unit: str) -> tuple[int, int]:
    """Return how many cases count as opened and as open."""
    answer = await platform.call(
        "indicator", "GET", f"/v1/districts/{unit}/metrics?period=rolling_12", persona="pod-analyst"
    )
    if answer.status_code == 404:
        return 0, 0
    counts = answer.json()["counts"]
    return counts["opened"]["value"], counts["open"]["value"]


async def counted(platform: Platform, expected: dict[str, tuple[int, int]]) -> None:
    async def as_expected() -> bool:
        return {unit: await opened_of(platform, unit) for unit in expected} == expected

    await until(as_expected, what=f"figures of {expected}")


async def opened_in(platform: Platform, structure: str) -> dict[str, int]:
    """Return how many cases count as opened in each unit of a structure, and in the nation; units are there by then."""
    path = f"/v1/indicators/1/values?structure={structure}"
    answer = await platform.call("indicator", "GET", path, persona="pod-analyst")
    assert answer.status_code == 200, answer.text
    return {row["unit"]: row["indicator"]["numerator"]["value"] for row in answer.json()["rows"]}


async def stands_in_both(platform: Platform, *, told_in: dict[str, str], then: dict[str, int]) -> None:
    """Wait until figures read in the old and the new structure: each unit where it is told, the nation alike."""

    named: dict[str, dict[str, str]] = {}

    async def known() -> bool:
        units = (await platform.call("indicator", "GET", "/v1/units", persona="officer-oslo")).json()["units"]
        named.update({unit["id"]: unit["name"] for unit in units if unit["valid_from"]})
        return set(told_in) <= {unit["id"] for unit in units if unit["valid_from"] or unit["valid_until"]}

    await until(known, what=f"the indicator service knowing {[*told_in]}")
    new = {unit: named[unit] for unit in told_in if unit in named}
    assert new == {unit: names_of(unit) for unit in new}
    assert new
    old, new = await opened_in(platform, "then"), await opened_in(platform, "now")
    assert {unit: old[unit] for unit in then} == then
    expected: dict[str, int] = {}
    for unit, holder in told_in.items():
        expected[holder] = expected.get(holder, 0) + then[unit]
    assert {unit: new[unit] for unit in expected} == expected
    assert not (set(told_in) - set(told_in.values())) & set(new)
    assert (
        old["national"] == new["national"] == sum(old.values()) - old["national"] == sum(new.values()) - new["national"]
    )


async def told_once_of(platform: Platform, *units: str) -> None:
    """Wait until the changes of these units stand in a lead's inbox, and see that each does once."""
    rows = await platform.fetch("case", "SELECT uid FROM unit WHERE id = ANY ($1)", list(units))
    uids = sorted(str(row["uid"]) for row in rows)

    async def told() -> list[str]:
        path = "/v1/inbox?kind=unit_changed&limit=100"
        items = (await platform.call("notification", "GET", path, persona="lead-oslo")).json()["items"]
        return sorted(item["subject_id"] for item in items if item["subject_id"] in uids)

    async def told_of_all() -> bool:
        return set(await told()) == set(uids)

    await until(told_of_all, what=f"news of {units}")
    assert await told() == uids


async def everything_holds(platform: Platform) -> None:
    """Run what ``forkant verify`` runs."""
    urls = {name: node.database.worker_url for name, node in platform.nodes.items()}
    report = await verify(
        Verified(
            case_database=urls["case"],
            indicator_database=urls["indicator"],
            notification_database=urls["notification"],
            kafka_bootstrap=platform.kafka.bootstrap,
            indicator_url=platform.nodes["indicator"].url,
            issuer_url=platform.issuer.url,
            trails=tuple(AuditTrail(service=name, database_url=url, heads=None, keys={}) for name, url in urls.items()),
        )
    )
    wrong = {check.name: [str(each) for each in check.differences] for check in report.checks if not check.ok}
    assert wrong == {}


async def test_two_units_that_merge_leave_their_open_work_to_a_new_one_and_their_history_where_it_was(platform):
    going = [await open_case(platform, unit) for unit in ("sor-ost", "sor-vest")]
    stays = await ended(platform, "sor-ost")
    concern = await platform.call("case", "POST", "/v1/concerns", persona="officer-sor-vest", body=_CONCERN)
    assert concern.status_code == 201, concern.text
    await counted(platform, {"sor-ost": (2, 1), "sor-vest": (1, 1)})
    which = await approved(platform, body("merge", "sor-ost", "sor-vest", into={"sor": []}))
    await its_day_comes(platform, which)
    await counted(platform, {"sor-ost": (1, 0), "sor-vest": (0, 0), "sor": (2, 2)})
    merged = dict.fromkeys(("sor-ost", "sor-vest", "sor"), "sor")
    await stands_in_both(platform, told_in=merged, then={"sor-ost": 1, "sor-vest": 0, "sor": 2})
    path = "/v1/districts/sor-ost/metrics"
    own = await platform.call("indicator", "GET", path, persona="lead-sor-ost", unit="sor")
    assert own.json()["counts"]["opened"] == {"value": 1, "suppressed": False}
    shown = await platform.call("case", "GET", "/v1/cases", persona="lead-sor-ost", unit="sor")
    held = {item["id"]: (item["unit"], item["successor"]) for item in shown.json()["items"]}
    assert held == {str(each.case_id): ("sor", None) for each in going} | {str(stays.case_id): ("sor-ost", "sor")}
    before = await platform.call("case", "GET", "/v1/cases", persona="lead-sor-ost")
    assert before.json()["items"] == []
    await everything_holds(platform)
    await told_once_of(platform, "sor-ost", "sor-vest", "sor")
    inbox = await platform.call("notification", "GET", "/v1/inbox", persona="lead-sor-ost", unit="sor")
    about = {str(each.case_id) for each in going}
    assert [item["kind"] for item in inbox.json()["items"] if item["subject_id"] in about] == []


async def test_a_unit_that_is_split_leaves_each_case_to_where_its_municipality_went(platform):
    inland = await open_case(platform, "trondelag", municipality_number=OPPDAL)
    coast = await open_case(platform, "trondelag", municipality_number=TRONDHEIM)
    nowhere = await open_case(platform, "trondelag")
    await ended(platform, "trondelag")
    into = {"nidaros": [TRONDHEIM], "dovre": [OPPDAL]}
    which = await approved(platform, body("split", "trondelag", into=into, rest="nidaros"))
    await its_day_comes(platform, which)
    rows = await platform.fetch(
        "case",
        "SELECT id, unit FROM preventive_case WHERE id = ANY ($1)",
        [w.case_id for w in (inland, coast, nowhere)],
    )
    assert {row["id"]: row["unit"] for row in rows} == {
        inland.case_id: "dovre", coast.case_id: "nidaros", nowhere.case_id: "nidaros",
    }  # fmt: skip
    await counted(platform, {"trondelag": (1, 0), "nidaros": (2, 2), "dovre": (1, 1)})
    split = {unit: unit for unit in ("trondelag", "nidaros", "dovre")}
    await stands_in_both(platform, told_in=split, then={"trondelag": 1, "nidaros": 2, "dovre": 1})
    await everything_holds(platform)
    await told_once_of(platform, "trondelag", "nidaros", "dovre")
