"""The page of the settings tells what the processes read, and what they don't start without."""

from pathlib import Path

import pytest
from forkant_devstack.reference import settings_page
from forkant_devstack.reference.settings_page import PROCESSES, document, needed

ROOT = Path(__file__).parents[3]


def test_the_committed_page_is_the_one_that_the_settings_make():
    assert (ROOT / settings_page.FILE).read_text(encoding="utf-8") == document()


@pytest.mark.parametrize("process", PROCESSES)
def test_every_setting_of_a_process_is_explained(process):
    rows = [line.split(" | ") for line in document().splitlines() if line.startswith(("| `", "| **"))]
    told = {row[0].strip("|* `"): row[3].strip(" |") for row in rows}
    for name in PROCESSES[process].model_fields:
        assert told[f"FORKANT_{name.upper()}"]


def test_what_a_process_does_not_start_without_is_known():
    always = {"cursor_secret", "database_url", "oidc_issuer"}
    worker = {*always, "audit_signing_key", "kafka_ca_file"}
    as_itself = {"self_audit_client_id", "self_audit_client_secret", "case_service_url"}
    assert needed(PROCESSES["case worker"]) == worker
    assert needed(PROCESSES["indicator worker"]) == worker | as_itself
    assert needed(PROCESSES["notification worker"]) == worker | {"endpoint_secret_keys", "case_service_url"}
    assert "text_keys" in needed(PROCESSES["case API"])
    assert "case_service_url" in needed(PROCESSES["indicator API"])


def test_a_page_that_is_out_of_date_is_told_of(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert settings_page.main(["--check"]) == 1
    assert "settings_page" in capsys.readouterr().err
    settings_page.FILE.parent.mkdir(parents=True)
    assert settings_page.main([]) == 0
    assert settings_page.main(["--check"]) == 0


@pytest.mark.parametrize("process", PROCESSES)
def test_what_must_hold_between_settings_is_a_rule_so_that_all_that_is_broken_is_told_at_once(process):
    assert PROCESSES[process].__pydantic_decorators__.model_validators.keys() == {"_every_rule_holds"}
