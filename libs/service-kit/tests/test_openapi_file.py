from pathlib import Path
from typing import Any

from forkant_kit.openapi_file import keep_openapi


def describe() -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "Sak"}, "paths": {"/v1/cases": {}}}


def keep(committed: Path, *arguments: str) -> int:
    return keep_openapi(describe=describe, committed=committed, module="a.module", arguments=arguments)


def test_a_description_just_written_passes_the_check(tmp_path: Path):
    committed = tmp_path / "openapi.json"
    assert keep(committed) == 0
    assert keep(committed, "--check") == 0


def test_a_description_that_drifted_fails_the_check_and_says_what_to_run(tmp_path: Path, capsys):
    committed = tmp_path / "openapi.json"
    keep(committed)
    committed.write_text(committed.read_text().replace("/v1/cases", "/v1/sager"))
    assert keep(committed, "--check") == 1
    assert "run python -m a.module" in capsys.readouterr().err


def test_a_missing_description_fails_the_check_and_is_not_written_by_it(tmp_path: Path):
    committed = tmp_path / "openapi.json"
    assert keep(committed, "--check") == 1
    assert not committed.exists()
