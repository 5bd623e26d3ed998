"""What runs goes on while the next release has migrated and is not there yet."""

from case_service.migrate import MIGRATIONS
from forkant_devstack.testing.schema_steps import breaks, expand, shape

from .conftest import serving


async def test_a_case_goes_its_whole_way_on_the_schema_of_the_next_release(postgres, issuer, due):
    urls = await postgres.migrated_database("case", MIGRATIONS)
    before = await shape(urls.owner_url)
    await expand(urls.owner_url)
    assert breaks(before, await shape(urls.owner_url)) == []
    async for service in serving(urls, issuer):
        officer, lead = service.person("officer-oslo"), service.person("lead-oslo")
        ready = await service.client.get("/health/ready")
        assert ready.json()["checks"] == {"database": "ok", "schema": "ok", "row-security": "ok"}
        concern = {"source": "school", "theme": "violence", "age_band": "under_15", "municipality_number": "0301"}
        answer = await officer.send("POST", "/v1/concerns", {**concern, "description": "Something was seen."})
        assert answer.status_code == 201, answer.text
        case = await officer.open()
        await case.evaluated(lead)
        await case.do("POST", "close", {"reason": "evaluated"})
        assert (await case.read())["state"] == "closed"
        assert case.id in [each["id"] for each in (await lead.get("/v1/cases")).json()["items"]]
        for path in (f"{case.path}/history", "/v1/tasks", "/v1/methods", "/v1/catalogue", "/v1/units", "/v1/changes"):
            answer = await lead.get(path)
            assert answer.status_code == 200, (path, answer.text)
