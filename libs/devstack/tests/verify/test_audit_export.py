"""Each service's trail is exported for somebody else's machine, and none is mistaken for another."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from forkant_devstack.commands.audit import audit
from forkant_devstack.process import DevstackError
from forkant_devstack.stack.services import AUDITED
from typer.testing import CliRunner


async def exported(folder: Path, *arguments: str):
    return await asyncio.to_thread(CliRunner().invoke, audit, ["export", str(folder), *arguments])


def standalone(folder: Path) -> subprocess.CompletedProcess[str]:
    files = [str(folder / name) for name in ("verify.py", "export.jsonl", "heads.jsonl", "keys.json")]
    return subprocess.run([sys.executable, "-I", *files], capture_output=True, text=True, check=False)


async def test_an_export_of_each_service_verifies_by_itself_and_not_with_the_heads_of_another(kept, tmp_path):
    for name in [service.name for service in AUDITED]:
        answer = await exported(tmp_path / name, "--service", name)
        assert answer.exit_code == 0, answer.output
        assert standalone(tmp_path / name).returncode == 0
    case, indicator = tmp_path / "case", tmp_path / "indicator"
    (indicator / "heads.jsonl").write_bytes((case / "heads.jsonl").read_bytes())
    assert (standalone(indicator).returncode, "unknown key" in standalone(indicator).stdout) == (1, True)
    keys = [json.loads((folder / "keys.json").read_text()) for folder in (case, indicator)]
    (indicator / "keys.json").write_text(json.dumps(keys[0] | keys[1]))
    assert (standalone(indicator).returncode, "another chain" in standalone(indicator).stdout) == (1, True)


async def test_an_export_is_the_case_services_unless_told_and_never_overwrites_anothers(kept, tmp_path):
    assert (await exported(tmp_path / "out")).exit_code == 0
    before = (tmp_path / "out" / "heads.jsonl").read_bytes()
    assert before == kept["case"].trail.heads.read_bytes()
    answer = await exported(tmp_path / "out", "--service", "indicator")
    assert isinstance(answer.exception, DevstackError)
    assert answer.exception.message.endswith("holds the trail of case")
    assert (tmp_path / "out" / "heads.jsonl").read_bytes() == before
    assert (await exported(tmp_path / "out")).exit_code == 0
