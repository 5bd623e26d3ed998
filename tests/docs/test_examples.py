"""Every fenced block of the documentation is what the platform takes: commands, requests, data and programs."""

import importlib.util
import json
import re
import shlex
from pathlib import Path

import pytest
import yaml
from forkant_contracts.events import EVENT_TYPES
from forkant_devstack.cli import COMMANDS, build
from typer.main import get_command

from . import requests
from .pages import PAGES, ROOT, Block, blocks, blocks_of
from .shell import Call, calls

SHELL = ("bash", "sh")
TESTED = {"bash", "sh", "json", "python", "yaml", "ini", "sql"}
ELSEWHERE = {
    "promql": "tests/deploy holds metrics and labels of queries against the code",
    "text": "what a command prints: the tutorial's is compared, elsewhere it is an illustration",
    "mermaid": "tests/docs draws every diagram of the site in a browser",
    "": "an illustration; what can be run or read has a language",
    "toml": "an illustration of another program's file",
}
"""Languages whose blocks are not tested here, each with the reason."""
_NAMES = """
    apt-get awk barman-cloud-backup barman chmod chown cmctl cosign cp createdb cut diff docker env find git gpg gzip helm
    jq keytool kill kubectl kubeseal kustomize less ln mc mv npm openssl pg_basebackup pg_combinebackup pg_ctl pg_dump
    pg_dumpall pg_isready pg_restore pg_verifybackup pg_waldump pgbackrest postfix ps psql restic rsync scp sha256sum ssh
    sudo syft systemctl tar timeout touch trivy uuidgen vacuumdb wal-g watch wc xargs
"""
NOT_OURS = frozenset(_NAMES.split())
"""Programs that a page may call and we do not bring: what they do with their arguments is not ours to test."""
MAKE_IS = {"up": "up", "demo": "demo", "faults": "faults", "bench": "bench", "down": "down", "reset": "reset"}
MAKE_IS |= {"up-docker": "compose up", "down-docker": "compose down"}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WALKED = "docs/tutorial.md"
"""A page that is run as it stands."""
WITH_COMMANDS = [page for page in PAGES if any(each.language in SHELL for each in blocks_of(page))]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def misused(words: list[str]) -> str | None:
    """Return what is wrong with the words of a `forkant` command, without running it."""
    if not words or words[0] not in COMMANDS:
        return f"no command {words[:1]}"
    command, rest = get_command(build(words)), list(words)
    while hasattr(command, "commands"):
        if command.invoke_without_command and (not rest or rest[0].startswith("-")):
            break
        name = rest.pop(0) if rest else ""
        if name not in command.commands:
            return f"no command {name}"
        command = command.commands[name]
    try:
        command.make_context(command.name, rest)
    except Exception as error:  # noqa: BLE001 - whatever refuses the words is the finding
        return f"{type(error).__name__}: {error}"
    return None


def wrong(call: Call) -> list[str]:
    """Return what is wrong with a call."""
    name, *words = call.words
    if name == "curl":
        return list(requests.faults(requests.read(tuple(words))))
    if name == "forkant":
        return [found] if (found := misused(words)) else []
    if name == "make":
        return _wrong_target(words)
    if name in {"python", "python3"}:
        return _wrong_python(words)
    if "/" in name:
        path = name.removeprefix("./")
        return [] if path.startswith((".forkant/", ".venv/")) or (ROOT / path).is_file() else [f"no file {path}"]
    missing = [
        word for word in words if re.match(r"(deploy|scripts|services|docs)/", word) and not (ROOT / word).exists()
    ]
    return [f"no {word}" for word in missing] + ([] if name in NOT_OURS else [f"nobody knows the program {name}"])


def _wrong_target(words: list[str]) -> list[str]:
    options = [word.removeprefix("ARGS=") for word in words if word.startswith("ARGS=")]
    found = []
    for target in [word for word in words if "=" not in word]:
        if not re.search(rf"^{target}:", MAKEFILE, re.MULTILINE):
            found.append(f"no target {target}")
        elif target in MAKE_IS:
            found += filter(None, [misused([*MAKE_IS[target].split(), *shlex.split(" ".join(options))])])
    return found


def _wrong_python(words: list[str]) -> list[str]:
    if words[:1] == ["-m"]:
        known = (ROOT / words[1].replace(".", "/")).with_suffix(".py").is_file() or importlib.util.find_spec(words[1])
        return [] if known else [f"no module {words[1]}"]
    if words[:1] == ["-c"]:
        compile(words[1], "<page>", "exec")
    return []


@pytest.mark.parametrize("page", [each for each in WITH_COMMANDS if named(each) != WALKED], ids=named)
def test_every_command_of_a_page_is_one_that_there_is(page, tmp_path):
    made = calls([block for block in blocks_of(page) if block.language in SHELL], tmp_path)
    assert made, "no block calls anything"
    assert [(call.place, call.words[0], fault) for call in made for fault in wrong(call)] == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("forkant parkd list", "no command"),
        ("forkant mail list --al", "NoSuchOption"),
        ("make upp", "no target upp"),
        ('make up ARGS="--brokr embedded"', "NoSuchOption"),
        ("python -m case_service.migrat wait", "no module"),
        ("scripts/ensure-nothing.sh", "no file"),
        ("kubectl apply -k deploy/k8s/overlays/prod", "no deploy"),
        ("frokant status", "nobody knows"),
        ("curl http://127.0.0.1:8001/v1/casses -H 'Authorization: Bearer x'", "has no GET /v1/casses"),
        ("curl http://127.0.0.1:8001/v1/cases?stat=x -H 'Authorization: Bearer x'", "no query parameter stat"),
        ("curl http://127.0.0.1:8001/v1/cases?state=asleep -H 'Authorization: Bearer x'", "state can't be asleep"),
        ("curl http://127.0.0.1:8001/v1/cases", "no token"),
        ("curl http://127.0.0.1:8001/v1/concerns -H 'Authorization: Bearer x' -d '{}'", "Idempotency-Key is missing"),
        (
            """curl http://127.0.0.1:8001/v1/concerns -H 'Authorization: Bearer x' -H 'Idempotency-Key: 1' \\
            -H 'Content-Type: application/json' -d '{"source": "school"}'""",
            "'theme' is a required property",
        ),
        ("curl https://somewhere.example/v1/cases", "not one of the platform"),
    ],
)
def test_a_command_that_is_not_there_would_be_found(text, fault, tmp_path):
    made = calls([Block("page.md", 1, "bash", text + "\n")], tmp_path)
    assert any(fault in each for call in made for each in wrong(call))


def test_a_variable_that_nobody_set_would_be_found(tmp_path):
    with pytest.raises(AssertionError, match="TOKEN"):
        calls(
            [Block("page.md", 1, "bash", 'curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8001/v1/cases\n')],
            tmp_path,
        )


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_every_json_example_is_json(block):
    for document in [block.text] if _is_one(block.text) else block.text.splitlines():
        json.loads(document)


def _is_one(text: str) -> bool:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return False
    return True


def test_every_example_of_an_event_is_one_of_its_type():
    text = (ROOT / "docs/reference/events.md").read_text(encoding="utf-8")
    shown = 0
    for section in re.split(r"^### ", text, flags=re.MULTILINE):
        for name in re.findall(r"^Type `([^`]+)`", section, re.MULTILINE):
            for example in re.findall(r"^```json\n(.*?)^```$", section, re.MULTILINE | re.DOTALL):
                EVENT_TYPES[name].model_validate_json(example)
                shown += 1
    assert shown > 40


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_every_python_example_compiles(block):
    compile(block.text, str(block), "exec")


def test_every_yaml_example_is_yaml():
    for block in blocks("yaml"):
        assert None not in yaml.safe_load_all(block.text), str(block)


@pytest.mark.parametrize("block", blocks("ini"), ids=str)
def test_every_setting_of_an_example_is_one_that_is_read(block):
    settings = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    names = re.findall(r"^(FORKANT_\w+)=", block.text, re.MULTILINE)
    assert [name for name in names if f"`{name}`" not in settings] == []


def test_every_block_has_a_language_that_is_tested_or_a_reason_why_not():
    found = [block for page in PAGES for block in blocks_of(page)]
    assert [str(block) for block in found if block.language not in TESTED | ELSEWHERE.keys()] == []
