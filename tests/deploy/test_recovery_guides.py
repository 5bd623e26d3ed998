"""The guides of backup, upgrade and disaster name commands, settings and modules that are there."""

import importlib.util
import re

import pytest

from .test_runbooks import ROOT, blocks, commands, misused

GUIDES = [ROOT / f"docs/how-to/{name}.md" for name in ("backup", "disaster", "key-rotation", "topic-growth", "upgrade")]
each_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
READ_BY_COMMANDS = {"FORKANT_DATABASE_OWNER_URL", "FORKANT_AUDIT_RESTORE_KEY"}


@each_guide
def test_every_command_of_a_guide_exists_with_its_options(guide):
    found = commands(guide.read_text(encoding="utf-8"))
    assert found or "python -m" in guide.read_text(encoding="utf-8")
    for arguments in found:
        assert misused(arguments) is None, arguments


@each_guide
def test_every_module_of_a_guide_can_be_run(guide):
    named = set(re.findall(r"python -m ([a-z_.]+[a-z])", guide.read_text(encoding="utf-8")))
    for module in named:
        found = importlib.util.find_spec(module)
        assert found is not None, module
        package = found.submodule_search_locations is not None
        assert not package or importlib.util.find_spec(f"{module}.__main__"), module


@each_guide
def test_settings_that_a_guide_names_are_the_code_s(guide):
    settings = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    named = set(re.findall(r"FORKANT_[A-Z_]+[A-Z]\b", guide.read_text(encoding="utf-8")))
    assert {name for name in named - READ_BY_COMMANDS if name not in settings} == set()


@each_guide
def test_links_of_a_guide_lead_to_pages_and_to_headings_that_are_there(guide):
    for target in re.findall(r"\]\(([^)]+)\)", guide.read_text(encoding="utf-8")):
        name, _, place = target.partition("#")
        page = guide.parent / name if name else guide
        assert page.is_file(), target
        headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        slugs = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not place or place in slugs, target


def test_the_order_of_a_restored_case_database_is_the_one_that_is_rehearsed():
    text = (ROOT / "docs/how-to/disaster.md").read_text(encoding="utf-8")
    part = text.split("## The case database")[1].split("\n## ")[0]
    told = [words[:2] for block in blocks(part, "sh") for words in commands(f"```sh\n{block}```\n")]
    assert told == [
        ["recover", "look"],
        ["recover", "fence"],
        ["recover", "clear"],
        ["republish", "--since"],
        ["rebuild", "start"],
        ["rebuild", "flip"],
        ["rebuild", "drop"],
        ["keys", "show"],
        ["verify"],
    ]
