"""In production nothing stands open that is for convenience; each service is started as it would be there."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest
from forkant_devstack.native.ports import free_ports
from forkant_devstack.testing.plain_http import plain_client
from forkant_devstack.testing.single import refusal_to_start, running_process
from forkant_kit.vault_settings import DEV_TEXT_KEY

CLOSED = (
    "/openapi.json", "/docs", "/docs/", "/docs/swagger-ui.css", "/redoc", "/metrics", "/debug", "/debug/pprof", "/admin",
    "/env", "/actuator", "/.env", "/.git/config", "/server-status", "/health", "/v1/openapi.json", "/console",
)  # fmt: skip
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
SERVICES = ("case", "indicator", "notification")


def environment(wall, service: str, **changes: str) -> dict[str, str]:
    [port, worker] = free_ports(2)
    return {
        "FORKANT_ENV": "production",
        "FORKANT_DATABASE_URL": wall.platform.nodes[service].database.app_url,
        "FORKANT_OIDC_ISSUER": "https://127.0.0.1:9",
        "FORKANT_CURSOR_SECRET": "a-secret-of-production-with-40-letters!!",
        "FORKANT_INTROSPECTION_CLIENT_ID": "forkant",
        "FORKANT_INTROSPECTION_CLIENT_SECRET": "a-secret-of-production-that-is-another",
        "FORKANT_CASE_SERVICE_URL": "https://127.0.0.1:9",
        "FORKANT_ENDPOINT_SECRET_KEYS": KEY,
        "FORKANT_TEXT_KEYS": KEY,
        "FORKANT_AUDIT_KEY": "",
        "FORKANT_HTTP_PORT": str(port),
        "FORKANT_WORKER_PORT": str(worker),
        "FORKANT_KAFKA_BOOTSTRAP": wall.platform.kafka.bootstrap,
        **changes,
    }


async def test_no_docs_metrics_or_debug_page_stands_open_on_the_public_listener(wall, tmp_path):
    async with AsyncExitStack() as stack:
        running = [
            stack.enter_async_context(
                running_process(
                    f"{service}_service.app",
                    environment=environment(wall, service),
                    port="FORKANT_HTTP_PORT",
                    folder=tmp_path,
                )
            )
            for service in SERVICES
        ]
        client = await stack.enter_async_context(plain_client(timeout=30))
        for (url, _), service in zip(await asyncio.gather(*running), SERVICES, strict=True):
            for path in CLOSED:
                answer = await client.get(url + path)
                assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), (service, path)
            assert (await client.get(f"{url}/health/live")).json() == {"status": "live"}
            # The dev issuer's token is worth nothing here, and the answer tells nothing of the inside.
            refused = await client.get(f"{url}/v1/cases", headers=wall.issuer.headers("lead-oslo"))
            assert (refused.status_code, refused.json()["code"]) == (503, "identity-provider-unavailable")
            assert not {"Traceback", "File", ".py"} & set(refused.text.split())
            for method in ("TRACE", "CONNECT", "OPTIONS"):
                assert (await client.request(method, f"{url}/v1/cases")).status_code in {400, 401, 405}
    for log in tmp_path.glob("*.log"):
        text = log.read_text()
        assert "a-secret-of-production" not in text
        assert KEY not in text
        assert all(json.loads(line) for line in text.splitlines())


WRONG = {
    "a plain http issuer": ({"FORKANT_OIDC_ISSUER": "http://issuer.example"}, "https"),
    "the cursor secret of development": ({"FORKANT_CURSOR_SECRET": "dev-cursor-secret-not-for-production"}, "cursor"),
    "a short cursor secret": ({"FORKANT_CURSOR_SECRET": "short"}, "cursor"),
}
WRONG_NOTIFICATION = {
    "webhooks to this machine": ({"FORKANT_WEBHOOK_ALLOW_LOOPBACK": "true"}, "loopback"),
    "the endpoint keys of development": (
        {"FORKANT_ENDPOINT_SECRET_KEYS": "Zm9ya2FudC1kZXZlbG9wbWVudC1vbmx5LTMyLWJ5dGU="},
        "endpoint_secret_keys",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_no_service_starts_in_production_with(wall, wrong):
    changes, named = WRONG[wrong]
    refusals = await asyncio.gather(
        *[refusal_to_start(f"{name}_service.app", {**environment(wall, name), **changes}) for name in SERVICES]
    )
    for code, errors in refusals:
        assert code == 78
        assert named in errors
        assert next(iter(changes.values())) not in errors


async def test_no_service_starts_in_production_that_could_not_ask_whether_a_token_still_holds(wall):
    for lacking in ("FORKANT_INTROSPECTION_CLIENT_ID", "FORKANT_INTROSPECTION_CLIENT_SECRET"):
        without = [{k: v for k, v in environment(wall, name).items() if k != lacking} for name in SERVICES]
        refusals = await asyncio.gather(
            *[refusal_to_start(f"{name}_service.app", env) for name, env in zip(SERVICES, without, strict=True)]
        )
        assert [code for code, _ in refusals] == [78] * len(SERVICES)
        assert all("introspection_client_secret must be set" in errors for _, errors in refusals)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://somebody:word@127.0.0.1:9"])
async def test_the_inbox_starts_in_production_with_a_safe_way_to_the_case_service_for_its_readers_tokens(wall, url):
    environ = {**environment(wall, "notification"), "FORKANT_CASE_SERVICE_URL": url}
    code, errors = await refusal_to_start("notification_service.app", environ)
    assert code == 78
    assert "case_service_url" in errors.lower()
    assert url not in errors


@pytest.mark.parametrize("keys", [DEV_TEXT_KEY, f"{KEY},{DEV_TEXT_KEY}", "c2hvcnQ="])
async def test_the_case_service_starts_in_production_with_keys_of_its_own_for_text(wall, keys):
    code, errors = await refusal_to_start("case_service.app", {**environment(wall, "case"), "FORKANT_TEXT_KEYS": keys})
    assert code == 78
    assert "FORKANT_TEXT_KEYS" in errors or "text_keys" in errors
    assert keys not in errors


@pytest.mark.parametrize("wrong", WRONG_NOTIFICATION)
async def test_no_notification_process_starts_in_production_with(wall, wrong):
    changes, named = WRONG_NOTIFICATION[wrong]
    refusals = await asyncio.gather(
        *[
            refusal_to_start(f"notification_service.{kind}", {**environment(wall, "notification"), **changes})
            for kind in ("app", "worker")
        ]
    )
    for code, errors in refusals:
        assert code == 78
        assert named in errors
        assert changes.get("FORKANT_ENDPOINT_SECRET_KEYS", "-no-") not in errors
