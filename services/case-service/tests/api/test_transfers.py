import asyncio
from collections import Counter

import pytest
from forkant_devstack.testing.assessments import completed_assessment


@pytest.fixture
def troms(service):
    return service.person("officer-troms")


async def offered(officer, *, to_unit="troms"):
    case = await officer.open()
    receipt = await case.do("POST", "transfers", {"to_unit": to_unit, "note": "Moved north."})
    return case, receipt["item_id"]


async def answer(person, case, offer, word, etag='"v1"'):
    return await person.send("POST", f"{case.path}/transfers/{offer}/{word}", {}, etag=etag)


async def test_the_receiving_unit_sees_the_offer_but_not_the_case(officer, troms):
    case, offer = await offered(officer)
    [line] = [one for one in (await troms.get("/v1/transfers", limit=100)).json()["items"] if one["id"] == offer]
    assert (line["state"], line["from_unit"], line["etag"]) == ("offered", "oslo", '"v1"')
    assert "Moved north." not in str(line)
    assert "title" not in line
    assert (await troms.get(case.path)).status_code == 404
    assert (await troms.get(f"{case.path}/history")).status_code == 404
    alone = await troms.get(f"{case.path}/transfers/{offer}")
    assert (alone.status_code, alone.headers["etag"]) == (200, '"v1"')


async def test_an_accepted_case_moves_to_the_new_unit_and_is_gone_for_the_old_one(service, officer, troms):
    case, offer = await offered(officer)
    accepted = await answer(troms, case, offer, "accept")
    assert (accepted.status_code, accepted.json()["unit"]) == (200, "troms")
    assert (await officer.get(case.path)).status_code == 404
    shown = await troms.get(case.path)
    assert (shown.json()["unit"], shown.json()["case_owner"]) == ("troms", "officer-troms")
    assert shown.headers["etag"] == accepted.headers["etag"]
    rows = await service.fetch(
        "SELECT type, unit, data->>'from_unit' AS sender FROM event_archive WHERE aggregate_id = $1"
        " AND type LIKE 'no.forkant.case.%' ORDER BY aggregate_version",
        case.id,
    )
    assert [(row["type"], row["unit"], row["sender"]) for row in rows] == [
        ("no.forkant.case.opened.v1", "oslo", None),
        ("no.forkant.case.transferred.v1", "troms", "oslo"),
    ]
    case.by, case.etag = troms, accepted.headers["etag"]
    await case.do("PUT", "assessment", completed_assessment())


@pytest.mark.parametrize("persona", ["officer-oslo", "officer-kripos", "lead-oslo"])
async def test_nobody_but_the_receiving_unit_accepts(service, officer, persona):
    case, offer = await offered(officer)
    assert (await answer(service.person(persona), case, offer, "accept")).status_code == 404


async def test_a_rejected_offer_leaves_the_case_where_it_was(service, officer, troms):
    case, offer = await offered(officer)
    refused = await answer(troms, case, offer, "reject")
    assert (refused.status_code, refused.json()["state"]) == (200, "rejected")
    assert (await answer(troms, case, offer, "accept")).status_code == 404
    shown = await case.read()
    assert (shown["unit"], shown["transfers"][0]["state"]) == ("oslo", "rejected")
    assert await service.events(case.id) == ["case.opened"]


async def test_a_revoked_offer_cannot_be_accepted(officer, troms):
    case, offer = await offered(officer)
    await case.do("POST", f"transfers/{offer}/revoke")
    assert (await answer(troms, case, offer, "accept")).status_code == 404
    assert offer not in (await troms.get("/v1/transfers", limit=100)).text


async def test_a_case_is_offered_to_one_unit_at_a_time(officer):
    case, _ = await offered(officer)
    again = await case.attempt("POST", "transfers", {"to_unit": "vest"})
    assert (again.status_code, again.json()["code"]) == (409, "transfer-pending")


async def test_accepting_needs_the_offers_etag(troms, officer):
    case, offer = await offered(officer)
    assert (await answer(troms, case, offer, "accept", etag='"v2"')).status_code == 412
    assert (await answer(troms, case, offer, "accept", etag=None)).status_code == 428


async def test_the_sender_may_go_on_working_while_the_offer_stands(officer, troms):
    case, offer = await offered(officer)
    await case.do("PUT", "assessment", {"summary": "Meanwhile."})
    assert (await answer(troms, case, offer, "accept")).status_code == 200


async def test_closing_takes_an_open_offer_back(officer, troms):
    case, offer = await offered(officer)
    await case.do("POST", "close", {"reason": "moved"})
    assert (await answer(troms, case, offer, "accept")).status_code == 404
    assert (await case.read())["transfers"][0]["state"] == "revoked"


async def test_of_acceptance_and_revocation_at_once_one_wins(officer, troms):
    case, offer = await offered(officer)
    answers = await asyncio.gather(
        *(answer(troms, case, offer, "accept") for _ in range(5)),
        officer.send("POST", f"{case.path}/transfers/{offer}/revoke", {}, etag=case.etag),
    )
    assert Counter(each.is_success for each in answers)[True] == 1


async def test_the_case_comes_back_when_it_is_offered_and_accepted_again(officer, troms):
    case, offer = await offered(officer)
    case.etag = (await answer(troms, case, offer, "accept")).headers["etag"]
    back = await case.do("POST", "transfers", {"to_unit": "oslo"}, by=troms)
    returned = await answer(officer, case, back["item_id"], "accept")
    assert (returned.status_code, returned.json()["unit"]) == (200, "oslo")
    feed = (await officer.get("/v1/changes", changed_since="2020-01-01T00:00:00Z", limit=100)).json()
    while feed["more"]:
        feed = (await officer.get("/v1/changes", cursor=feed["next"], limit=100)).json()
    assert [one["change"] for one in feed["items"] if one["id"] == case.id] == ["upsert"]
