"""Third-party files are what their notes say: unchanged, of a known version, with a licence."""

import hashlib
import re
from pathlib import Path

import indicator_service
import pytest

FOLDERS = (
    Path(indicator_service.__file__).parent / "dashboard" / "static" / "vendor",
    Path(__file__).parent / "vendor",
)
ROW = re.compile(
    r"^\| `(?P<file>[^`]+)` \| .* \| (?P<version>\S+) \| (?P<licence>\S+) \| `(?P<digest>[0-9a-f]{64})` \|$",
    re.MULTILINE,
)


@pytest.mark.parametrize("folder", FOLDERS, ids=["dashboard", "tests"])
def test_vendored_files_are_listed_and_unchanged(folder):
    listed = {row["file"]: row["digest"] for row in ROW.finditer((folder / "VENDORED.md").read_text())}
    scripts = {str(path.relative_to(folder)): path for path in folder.rglob("*.js")}
    assert listed.keys() == scripts.keys()
    assert listed == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in scripts.items()}
    assert all(list(path.parent.glob("LICENSE*")) for path in scripts.values())
