"""Whether something exists is not told by what is taken, by what is already there, or by how much work it was."""

from uuid import uuid4

from .conftest import PERSON_CASE, SOON


async def test_what_another_unit_has_registered_is_registered_again_as_if_it_were_new(wall):
    body = {"url": "http://127.0.0.1:9/known-to-oslo"}
    first = await wall.person("lead-oslo").done("notification", "POST", "/v1/endpoints", body)
    again = await wall.person("lead-troms").done("notification", "POST", "/v1/endpoints", body)
    assert again.status_code == first.status_code == 201
    assert again.json()["id"] != first.json()["id"]
    assert again.json().keys() == first.json().keys()


async def test_a_key_that_another_person_used_is_as_good_as_new(wall):
    key = str(uuid4())
    answers = [
        await wall.person(name).send("case", "POST", "/v1/cases", PERSON_CASE, key=key)
        for name in ("officer-oslo", "officer2-oslo", "officer-troms")
    ]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["id"] for answer in answers}) == 3
    assert not any("idempotency-replayed" in answer.headers for answer in answers)


async def test_a_person_who_exists_is_made_a_member_as_one_who_does_not(wall):
    """Who works where is nothing that this service knows, or tells by an answer."""
    officer = wall.person("officer-oslo")
    opened = await officer.done("case", "POST", "/v1/cases", PERSON_CASE)
    etag, told = opened.headers["etag"], []
    for subject in ("officer2-oslo", "lead-troms", "nobody-at-all"):
        path = f"/v1/cases/{opened.json()['id']}/members"
        answer = await officer.done("case", "POST", path, {"subject": subject, "valid_to": SOON}, etag=etag)
        etag = answer.headers["etag"]
        told.append((answer.status_code, sorted(answer.json())))
    assert told == [told[0]] * 3
