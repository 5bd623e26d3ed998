"""The gateway shows what clients are promised and nothing else, and cuts no answer off that a service would finish."""

import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from case_service.settings import CaseSettings
from forkant_kit.web import _ALWAYS_PUBLIC, _DEV_PUBLIC

from .manifests import ROOT, SERVICES, WHOLE, needs_kubectl, of_kind

pytestmark = [needs_kubectl, pytest.mark.parametrize("overlay", WHOLE)]


@functools.cache
def promised(service: str) -> tuple[str, ...]:
    document = json.loads((ROOT / f"services/{service}-service/openapi.json").read_text(encoding="utf-8"))
    return tuple(document["paths"])


def rule_for(overlay: str, service: str, path: str) -> dict[str, Any] | None:
    """Return the rule that a path falls under, by the Gateway API's order: exact first, then the longest prefix."""
    found: list[tuple[bool, int, dict[str, Any]]] = []
    for rule in of_kind(overlay, "HTTPRoute")[service]["spec"]["rules"]:
        for match in (each["path"] for each in rule["matches"]):
            exact = match["type"] == "Exact"
            if path == match["value"] or (not exact and path.startswith(match["value"].rstrip("/") + "/")):
                found.append((exact, len(match["value"]), rule))
    return max(found, key=lambda each: each[:2])[2] if found else None


def seconds(duration: str) -> int:
    assert duration.endswith("s")
    return int(duration[:-1])


def listeners(overlay: str) -> dict[str, dict[str, Any]]:
    (gateway,) = of_kind(overlay, "Gateway").values()
    return {each["name"]: each for each in gateway["spec"]["listeners"]}


def routes(overlay: str) -> Iterator[tuple[str, str]]:
    for name, route in of_kind(overlay, "HTTPRoute").items():
        (parent,) = route["spec"]["parentRefs"]
        assert parent["name"] in of_kind(overlay, "Gateway")
        yield name, parent["sectionName"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_path_that_clients_are_promised_reaches_its_service(overlay, service):
    backend = {
        "name": f"{service}-api",
        "port": of_kind(overlay, "Service")[f"{service}-api"]["spec"]["ports"][0]["port"],
    }
    for path in promised(service):
        rule = rule_for(overlay, service, path)
        assert rule is not None, path
        assert rule["backendRefs"] == [backend]
    assert (rule_for(overlay, service, "/dashboard") is not None) == (service == "indicator")


@pytest.mark.parametrize("service", SERVICES)
def test_neither_health_nor_metrics_nor_a_developer_s_pages_are_public(overlay, service):
    hidden = {*_ALWAYS_PUBLIC, *_DEV_PUBLIC, "/", "/v1.", "/v10/cases", "/metrics/", "/health"}
    assert {path for path in hidden if rule_for(overlay, service, path.replace("*", "x")) is not None} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_a_stream_goes_on_until_its_reader_goes_and_everything_else_ends(overlay, service):
    limits = {path: seconds(rule_for(overlay, service, path)["timeouts"]["request"]) for path in promised(service)}
    assert {path for path, limit in limits.items() if limit == 0} == {p for p in promised(service) if p.endswith("/stream")}  # fmt: skip
    assert all(30 <= limit <= 1_000 for limit in limits.values() if limit)


def test_what_the_case_service_gives_time_for_is_not_cut_off(overlay):
    given = [
        field.default
        for name, field in CaseSettings.model_fields.items()
        if name in {"export_seconds", "attachment_upload_seconds", "import_upload_seconds"}
    ]
    limit = seconds(rule_for(overlay, "case", "/v1/cases/export")["timeouts"]["request"])
    assert len(given) == 3
    assert max(given) < limit


def test_each_service_has_its_listener_with_a_certificate_and_clear_text_is_sent_away(overlay):
    found = listeners(overlay)
    assert dict(routes(overlay)) == {**{service: service for service in SERVICES}, "to-https": "plain"}
    assert found.keys() == {*SERVICES, "plain"}
    for service in SERVICES:
        assert (found[service]["protocol"], found[service]["tls"]["mode"]) == ("HTTPS", "Terminate")
        assert found[service]["tls"]["certificateRefs"] == [{"name": f"{service}-public-tls"}]
    assert len({found[service]["hostname"] for service in SERVICES}) == len(SERVICES)
    (rule,) = of_kind(overlay, "HTTPRoute")["to-https"]["spec"]["rules"]
    assert "backendRefs" not in rule
    assert rule["filters"][0]["requestRedirect"]["scheme"] == "https"


def test_services_ask_the_case_service_where_the_gateway_shows_it(overlay):
    for name, config in of_kind(overlay, "ConfigMap").items():
        if "-settings-" in name:
            assert config["data"]["FORKANT_CASE_SERVICE_URL"] == f"https://{listeners(overlay)['case']['hostname']}"
