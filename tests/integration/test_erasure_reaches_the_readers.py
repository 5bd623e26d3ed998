"""An erasure reaches the services that read its event, and each of them says so in its own sealed trail."""

import asyncio

import httpx
import pytest
from forkant_devstack.process import DevstackError
from forkant_devstack.stack.dev_token import dev_token
from forkant_devstack.stack.erasures import READERS, certificate_of, erased_at
from forkant_devstack.testing.walk import A_CASE
from forkant_kit.testing import until

pytestmark = pytest.mark.kafka


async def test_each_reader_confirms_the_version_that_the_certificate_names(platform, issuer):
    opened = await platform.call("case", "POST", "/v1/cases", persona="officer-vest", body=A_CASE)
    case, path = opened.json()["id"], f"/v1/cases/{opened.json()['id']}"
    decided = await platform.call(
        "case", "PUT", f"{path}/archive-decision", persona="lead-vest", body={"outcome": "destroy"},
        etag=opened.headers["etag"],
    )  # fmt: skip
    privacy, auditor = [await asyncio.to_thread(dev_token, issuer.url, who) for who in ("privacy-vest", "auditor")]
    urls = {name: node.url for name, node in platform.nodes.items()}

    async def certificate():
        return await asyncio.to_thread(certificate_of, case, url=urls["case"], token=privacy)

    with pytest.raises(DevstackError, match="not-erased"):
        await certificate()
    erased = await platform.call(
        "case", "POST", f"{path}/erasure", persona="privacy-vest", body={"basis": "unfounded"},
        etag=decided.headers["etag"],
    )  # fmt: skip
    assert erased.status_code == httpx.codes.OK, erased.text
    version = (await certificate())["version"]
    assert version == erased.json()["version"]

    async def said(service: str, at_least: int) -> str | None:
        return await asyncio.to_thread(
            erased_at, case, service=service, url=urls[service], version=at_least, token=auditor
        )

    for service in READERS:
        await until(lambda service=service: said(service, version), what=f"{service} erasing what it kept")
        assert await said(service, version + 1) is None
