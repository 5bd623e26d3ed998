"""How and when a person is told: read, replaced as a whole, and nobody else's."""

import pytest

PATH = "/v1/preferences"
CHOICES = {
    "language": "nn",
    "time_zone": "Europe/Oslo",
    "quiet_hours": {"start": "21:30", "end": "07:00"},
    "digest": {"every": "week", "hour": 8, "weekday": 1},
    "kinds": {"case_closed": "digest", "method_published": "none"},
}


async def put(person, body: object, etag: str | None):
    return await person.put(PATH, body, etag)


async def test_before_anything_is_chosen_the_usual_holds(caller):
    answer = await caller("officer-oslo").get(PATH)
    assert answer.headers["etag"] == '"v0"'
    shown = answer.json()
    assert (shown["language"], shown["time_zone"], shown["quiet_hours"], shown["digest"], shown["kinds"]) == (
        "nb", "Europe/Oslo", None, None, {},
    )  # fmt: skip
    assert "glass_broken" in shown["mandatory"]


async def test_what_is_chosen_replaces_all_that_was_chosen_before(caller):
    officer = caller("officer-oslo")
    made = await put(officer, CHOICES, '"v0"')
    assert (made.status_code, made.headers["etag"]) == (200, '"v1"')
    shown = (await officer.get(PATH)).json()
    assert shown == made.json()
    assert shown["quiet_hours"] == {"start": "21:30:00", "end": "07:00:00"}
    assert {name: shown[name] for name in ("language", "digest", "kinds")} == {
        name: CHOICES[name] for name in ("language", "digest", "kinds")
    }
    again = (await put(officer, {"language": "en"}, '"v1"')).json()
    assert (again["quiet_hours"], again["digest"], again["kinds"], again["version"]) == (None, None, {}, 2)


@pytest.mark.parametrize(("etag", "status"), [(None, 428), ('"v9"', 412), ("x", 412)])
@pytest.mark.parametrize("chosen_before", [False, True])
async def test_choosing_needs_the_version_that_was_seen(caller, etag, status, chosen_before):
    officer = caller("officer-oslo")
    if chosen_before:
        await put(officer, CHOICES, '"v0"')
        assert (await put(officer, {}, '"v0"')).status_code == 412
    before = (await officer.get(PATH)).json()
    assert (await put(officer, {"language": "en"}, etag)).status_code == status
    assert (await officer.get(PATH)).json() == before


async def test_choices_are_their_persons_alone(caller):
    await put(caller("officer-oslo"), CHOICES, '"v0"')
    other = caller("officer-oslo", sub="officer9-oslo")
    assert (await other.get(PATH)).json()["version"] == 0
    assert (await put(other, {"language": "en"}, '"v1"')).status_code == 412
    assert (await put(other, {"language": "en"}, '"v0"')).status_code == 200
    assert (await caller("officer-oslo").get(PATH)).json()["language"] == "nn"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"time_zone": "Europe/Nowhere"}, "unknown-time-zone"),
        ({"quiet_hours": {"start": "07:00", "end": "07:00"}}, "quiet-hours-empty"),
        ({"digest": {"every": "week", "hour": 8}}, "weekday-of-a-week"),
        ({"digest": {"every": "day", "hour": 8, "weekday": 2}}, "weekday-of-a-week"),
        ({"digest": {"every": "day", "hour": 3}, "quiet_hours": {"start": "22:00", "end": "06:00"}},
         "digest-in-quiet-hours"),
        ({"kinds": {"case_closed": "digest"}}, "digest-is-off"),
        ({"kinds": {"glass_broken": "none"}}, "kind-is-mandatory"),
        ({"quiet_hours": {"start": "07:00:30", "end": "08:00"}}, "invalid-request"),
        ({"quiet_hours": {"start": "07:00+01:00", "end": "08:00"}}, "invalid-request"),
        ({"kinds": {"no_kind": "none"}}, "invalid-request"),
    ],
)  # fmt: skip
async def test_what_cannot_be_kept_is_refused_and_changes_nothing(caller, body, code):
    officer = caller("officer-oslo")
    answer = await put(officer, body, '"v0"')
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await officer.get(PATH)).json()["version"] == 0
