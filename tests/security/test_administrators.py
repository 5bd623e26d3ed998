"""Who runs the platform, watches it or publishes its figures has no way to what is written about anybody."""

from pathlib import Path

import pytest
from forkant_devstack.testing.operations import operations

REPOSITORY = Path(__file__).parents[2]
# What is the same for everybody, and the trail, which tells its readers who did what and no content.
OPEN_TO_ALL = {"/v1/catalogue", "/v1/methods", "/v1/retention-rules", "/v1/role-matrix", "/v1/work-processes"}
CONTENT = [
    item
    for service in ("case", "notification")
    for item in operations(REPOSITORY, service)
    if item.path not in OPEN_TO_ALL and not item.national and not item.path.startswith("/v1/audit")
]
OUTSIDERS = {
    "an administrator": ("pod-admin", {}),
    "an administrator with the unit of the case": ("pod-admin", {"unit": "oslo"}),
    "an administrator under a lead's name": ("pod-admin", {"unit": "oslo", "sub": "lead-oslo", "clearance": 3}),
    "an auditor with the unit of the case": ("auditor", {"unit": "oslo", "clearance": 3}),
    "a method editor with the unit of the case": ("pod-methods", {"unit": "oslo", "clearance": 3}),
    "an importer with the unit of the case": ("import-demo", {"unit": "oslo", "clearance": 3}),
}
ASKED = [
    (name, operation)
    for name in OUTSIDERS
    for operation in CONTENT
    # An importer hands cases over, and reads none: whose it may is tested with the import.
    if not ("importer" in name and operation.path == "/v1/imports")
    # Administrators have an inbox, for alarms of the platform alone.
    and not ("administrator" in name and operation.path.startswith("/v1/inbox"))
]


@pytest.mark.parametrize(("outsider", "operation"), ASKED, ids=str)
async def test_no_content_is_read_or_changed_by(wall, oslo, operation, outsider):
    persona, claims = OUTSIDERS[outsider]
    before = await wall.state(operation.service)
    answer = await wall.person(persona, **claims).ask(operation, operation.at(**oslo.ids), etag=oslo.etag)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert not any(found in answer.text for found in oslo.ids.values())
    assert await wall.state(operation.service) == before


@pytest.mark.parametrize("outsider", [name for name in OUTSIDERS if "administrator" in name])
async def test_the_inbox_of_an_administrator_holds_nothing_of_a_case(wall, oslo, outsider):
    persona, claims = OUTSIDERS[outsider]
    person, path = wall.person(persona, **claims), f"/v1/inbox/{oslo.ids['entry_id']}"
    listed = await person.send("notification", "GET", "/v1/inbox?limit=100")
    assert listed.status_code == 200
    assert not any(found in listed.text for found in oslo.ids.values())
    assert (await person.send("notification", "GET", path)).status_code == 404
    for act in ("read", "acknowledge"):
        assert (await person.send("notification", "POST", f"{path}/{act}", {})).status_code == 404


async def test_a_lead_of_the_unit_is_let_in_by_the_same_request(wall, oslo):
    """Without this the refusals above could have another reason."""
    answer = await wall.person("lead-oslo").send("case", "GET", f"/v1/cases/{oslo.ids['case_id']}")
    assert answer.status_code == 200
