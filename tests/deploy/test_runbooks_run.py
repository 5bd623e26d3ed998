"""Each command of each runbook is run, on a platform on which that is so what its alert is about."""

import asyncio
import re
import shlex
import subprocess
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from . import manifests, runbook_event_states, runbook_other_states
from .runbook_commands import Command, commands_of
from .runbook_stack import PROMETHEUS, Done, Stack, running_stack
from .runbook_told import CHANGES, STATES, Told
from .test_runbooks import PAGES, RUNBOOKS

pytestmark = [pytest.mark.kafka, pytest.mark.faults, pytest.mark.timeout(600)]
PATIENCE_S = 120.0
NOT_RUN = {"kubectl": "wants a cluster"}
"""Beginnings of commands that are not run, with why; docs/runbooks/README.md says so too."""
BROUGHT_ABOUT = (runbook_event_states, runbook_other_states)
"""Where the states are, in the order in which they follow each other."""
RAN: set[str] = set()
EVERY = [command for page in PAGES for command in commands_of(page)]
KUBECTL = sorted({command.text for command in EVERY if command.text.startswith("kubectl")})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack(tmp_path_factory) -> AsyncIterator[Stack]:
    async with running_stack(tmp_path_factory.mktemp("runbooks")) as running:
        yield running


def told_of(command: str, table: Mapping[str, Any]) -> Any:
    """Return what a table has for the longest beginning of a command."""
    found = [begins for begins in table if command.startswith(begins)]
    return table[max(found, key=len)] if found else None


async def once(stack: Stack, command: Command, text: str, told: Told) -> Done:
    match command.kind:
        case "sql":
            duty = "pg_stat_activity" in text or "pg_terminate_backend" in text
            return Done(0, await stack.ask_database(told.service, text, duty=duty))
        case "promql":
            return Done(0, await stack.evaluate(text))
        case "http":
            return await asked(stack, text, told)
    settings = "".join(f"export {name}='{value}'\n" for name, value in told.environment.items())
    return await stack.run(f"{settings}{text}")


async def asked(stack: Stack, text: str, told: Told) -> Done:
    """Send a request that a page names, with its body; what is changed, in the version that is there."""
    service, persona = told.asks
    method, path, *body = text.split(maxsplit=2)
    etag = None
    if method != "GET":
        etag = (await stack.platform.call(service, "GET", path, persona=persona)).headers["etag"]
    content = {"enabled": True} if body == ['{"enabled": true}'] else None
    answer = await stack.platform.call(service, method, path, persona=persona, body=content, etag=etag)
    return Done(0 if answer.is_success else answer.status_code, answer.text)


async def fault(stack: Stack, command: Command, told: Told, before: str) -> str | None:
    """Run a command, again where that is harmless until it shows what it must; return what is wrong with it."""
    text = command.text
    for given, value in told.values.items():
        text = text.replace(given, value)
    code = told_of(command.text, told.codes) or 0
    pattern = told_of(command.text, told.shows) or ("." if command.kind == "promql" else "")
    began = time.monotonic()
    while True:
        done = await once(stack, command, f"{before}{text}", told)
        if done.code == code and re.search(pattern, done.said):
            return None
        if CHANGES.match(command.text) or time.monotonic() - began > PATIENCE_S:
            return f"{command} ended with {done.code}, not {code} and {pattern!r}:\n{done.said[-3000:]}"
        await asyncio.sleep(0.3)


def to_run(pages: tuple[str, ...], told: Told) -> list[Command]:
    """Return the commands of some pages, each text once, without those that are not run, or not in this state."""
    once_each: dict[str, Command] = {}
    for command in (each for page in pages for each in commands_of(RUNBOOKS / f"{page}.md")):
        unmeasured = command.kind == "promql" and PROMETHEUS is None
        if told_of(command.text, NOT_RUN) is None and command.text not in told.elsewhere and not unmeasured:
            once_each.setdefault(command.text, command)
    return list(once_each.values())


@pytest.mark.parametrize("pages", STATES, ids=lambda pages: pages[0])
async def test_every_command_of_a_page_runs_and_shows_what_the_page_says(stack, pages):
    faults, before = [], ""
    async with STATES[pages](stack) as told:
        for command in to_run(pages, told):
            faults.append(await fault(stack, command, told, before if command.kind == "sh" else ""))
            RAN.add(command.text)
            if command.text.startswith("TOKEN="):
                before = f"{command.text}\n"
    assert [each for each in faults if each] == []


def test_what_one_state_leaves_to_another_was_run_there(request):
    if len([each for each in request.session.items if "pages" in getattr(each, "fixturenames", ())]) < len(STATES):
        pytest.skip("not all states were asked for")
    left = {each.text for each in EVERY} - RAN
    assert [text for text in left if told_of(text, NOT_RUN) is None and not skipped(text)] == []


def skipped(text: str) -> bool:
    return PROMETHEUS is None and any(each.text == text and each.kind == "promql" for each in EVERY)


def test_every_page_has_a_state():
    assert sorted(page for pages in STATES for page in pages) == sorted({page.stem for page in PAGES})
    assert all(told_of(each, NOT_RUN) for each in KUBECTL)
    assert "What begins with `kubectl` wants a cluster" in (RUNBOOKS / "README.md").read_text(encoding="utf-8")


@manifests.needs_kubectl
@pytest.mark.parametrize("text", KUBECTL)
def test_kubectl_takes_the_words_and_what_they_name_is_in_the_manifests(text):
    """Without a cluster it comes as far as the server, and no farther."""
    words = [*shlex.split(text), "--server=http://127.0.0.1:1", "--request-timeout=2s"]
    answer = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert "127.0.0.1:1" in answer.stderr, answer.stderr
    assert "refused" in answer.stderr, answer.stderr
    assert named(words) == []


def named(words: list[str]) -> list[str]:
    """Return what a call of kubectl names and the manifests lack."""
    resources = manifests.rendered("production")
    there = {f"{each['kind'].lower()}/{each['metadata']['name']}" for each in resources}
    labels = {
        f"{name}={value}"
        for each in manifests.by_name(resources, "Deployment").values()
        for name, value in each["spec"]["template"]["metadata"]["labels"].items()
    }
    kinds = {each["kind"].lower() for each in resources} | {"pod", "pods"}
    wanted = {word.replace("deploy/", "deployment/") for word in words if word.startswith("deploy/")}
    lacking = [*(wanted - there)]
    if "-l" in words and (label := words[words.index("-l") + 1]) not in labels:
        lacking.append(label)
    if words[1] in {"get", "describe"} and words[2] not in kinds:
        lacking.append(words[2])
    return lacking


@pytest.mark.parametrize(
    "wrong", ["kubectl logs deploy/case-apis", "kubectl get podlets", "kubectl get pods -l app.kubernetes.io/name=no"]
)
@manifests.needs_kubectl
def test_what_the_manifests_lack_would_be_found(wrong):
    assert named(shlex.split(wrong)) != []


@pytest.mark.parametrize(
    ("text", "problem"),
    [("```bash\nforkant status\n```\n", "a block of 'bash' is not run"), ("Do `make up`.\n", "is not known")],
)
def test_what_is_not_known_to_be_a_command_would_be_found(tmp_path, text, problem):
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    with pytest.raises(AssertionError, match=problem):
        commands_of(tmp_path / "page.md")
