"""Examples are found by all, by words and codes, and only as they were published last."""

import pytest

from .conftest import found, refused


async def test_earlier_revisions_are_kept_and_only_the_last_is_found(people, drafted):
    first = await (await drafted(title="Gamle spørsmål")).published()
    await (await drafted(title="Nye råd")).published(revises=first["id"])
    revisions = (await people.analyst.get(f"/v1/best-practices/{first['id']}/revisions")).json()["items"]
    assert [(each["revision"], each["title"]) for each in revisions] == [(2, "Nye råd"), (1, "Gamle spørsmål")]
    assert [each["title"] for each in await found(people.analyst)] == ["Nye råd"]
    assert await found(people.analyst, q="gamle") == []


@pytest.mark.parametrize(
    ("query", "hit"),
    [
        ("spørsmålene", True),
        ("bankens overføring", True),
        ('"store overføringer"', True),
        ('"overføringer store"', False),
        ("overføring -ansatt", False),
        ("fiske or overføring", True),
        ("fiske", False),
        ("og", False),
        ("';--", False),
        ("<b>", False),
        ("a & | ! ( :*", False),
    ],
)
async def test_examples_are_found_by_norwegian_words_in_every_form(people, drafted, query, hit):
    await (await drafted(context="Banken merket det.")).published()
    assert len(await found(people.analyst, q=query)) == (1 if hit else 0)


async def test_every_code_narrows_the_search(people, evaluated, drafted):
    await (await drafted()).published()
    await (await drafted(await evaluated(theme="drugs", arena="digital"), language="nn")).published()
    for name, code, hits in (
        ("unit", "oslo", 2), ("unit", "troms", 0), ("theme", "drugs", 1), ("case_type", "person", 2),
        ("case_type", "place", 0), ("arena", "digital", 1), ("measure_kind", "concern_conversation", 2),
        ("measure_kind", "mediation", 0), ("effect", "achieved", 2), ("effect", "harm", 0),
        ("method", "concern_conversation", 2), ("method", "mediation", 0), ("language", "nn", 1),
    ):  # fmt: skip
        assert len(await found(people.analyst, **{name: code})) == hits, name
    assert (await people.analyst.get("/v1/best-practices", theme="gossip")).status_code == 422


async def test_pages_of_a_ranked_search_show_each_once_and_stay_when_more_is_published(people, evaluated, drafted):
    case = await evaluated()
    made = [
        (await (await drafted(case, title="Tiltak", context=" ".join(["overføring"] * (n % 3 + 1)))).published())["id"]
        for n in range(7)
    ]
    whole = [each["id"] for each in await found(people.analyst, q="overføring")]
    assert sorted(whole) == sorted(made)
    walked, cursor = [], None
    while True:
        answer = await people.analyst.get(
            "/v1/best-practices", q="overføring", limit=2, **({"cursor": cursor} if cursor else {})
        )
        page = answer.json()
        walked += [each["id"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        await (await drafted(case, context="Noe annet.", what_was_done="Om overføring.")).published()
    assert [each for each in walked if each in made] == whole
    assert len(walked) == len(set(walked))


async def test_a_cursor_is_of_its_words_and_codes(people, evaluated, drafted):
    case = await evaluated()
    for _ in range(2):
        await (await drafted(case)).published()
    cursor = (await people.analyst.get("/v1/best-practices", q="overføring", limit=1)).json()["next"]
    for other in ({"q": "spørsmål"}, {"q": "overføring", "theme": "fraud"}, {}):
        answer = await people.analyst.get("/v1/best-practices", **other, cursor=cursor)
        assert refused(answer) == (400, "invalid-cursor")


async def test_a_highlight_marks_what_was_found_and_lets_no_tag_through(people, drafted):
    nasty = 'Trygg <script>alert(1)</script> overføring & \ue000mer\ue001 "her"'
    await (await drafted(context=nasty)).published()
    [hit] = await found(people.analyst, q="overføring")
    assert "<mark>overføring</mark>" in hit["highlight"]
    rest = hit["highlight"].replace("<mark>", "").replace("</mark>", "")
    assert "<" not in rest
    assert ">" not in rest
    assert hit["highlight"].count("<mark>") == hit["highlight"].count("</mark>")
    assert "<mark>mer" not in hit["highlight"]
    assert (await found(people.analyst))[0]["highlight"] is None
