"""Each alert has a page that says what to do, and what the page names is there."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from forkant_devstack.cli import COMMANDS, build
from typer.main import get_command

from . import promtool
from .metric_names import ROOT, faults, known

RUNBOOKS = ROOT / "docs/runbooks"
BASE = "{{ $externalLabels.forkant_docs }}/runbooks/"
"""Where the documentation is published is a label of the installation's own Prometheus."""
GROUPS = yaml.safe_load((ROOT / "deploy/monitoring/rules.yml").read_text(encoding="utf-8"))["groups"]
ALERTS = {rule["alert"]: rule for group in GROUPS for rule in group["rules"] if "alert" in rule}
PAGES = sorted(path for path in RUNBOOKS.glob("*.md") if path.name != "README.md")
HEADINGS = ["## What it means", "## Look", "## Do"]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def page_of(alert: str) -> Path:
    return RUNBOOKS / f"{ALERTS[alert]['annotations']['runbook_url'].removeprefix(BASE).removesuffix('/')}.md"


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[list[str]]:
    """Return every `forkant` command of a page, of blocks and of sentences."""
    lines = [line for block in blocks(text, "sh") for line in block.splitlines()]
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    lines += re.findall(r"`([^`\n]+)`", outside)
    found = [found[0] for line in lines if (found := re.search(r"\bforkant [a-z].*", line))]
    return [shlex.split(line.split(")")[0] if "$(" in line else line, comments=True)[1:] for line in found]


def misused(arguments: list[str]) -> str | None:
    """Return what is wrong with a command's words, without running it."""
    if arguments[0] not in COMMANDS:
        return f"no command {arguments[0]}"
    command, words = get_command(build(arguments)), list(arguments)
    while hasattr(command, "commands"):
        name = words.pop(0) if words else ""
        if name not in command.commands:
            return f"no command {name}"
        command = command.commands[name]
    try:
        command.make_context(command.name, words)
    except Exception as error:  # noqa: BLE001 - whatever refuses the words is the finding
        return f"{type(error).__name__}: {error}"
    return None


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_names_a_page_which_says_of_which_alert_it_is(alert):
    assert ALERTS[alert]["annotations"]["runbook_url"].startswith(BASE)
    text = page_of(alert).read_text(encoding="utf-8")
    assert f"Alert `{alert}`, severity `{ALERTS[alert]['labels']['severity']}`." in text
    assert f"[`{alert}`]({page_of(alert).name})" in (RUNBOOKS / "README.md").read_text(encoding="utf-8")


@promtool.needed
def test_an_alert_leads_to_where_the_installation_publishes_its_documentation(tmp_path):
    alert = ALERTS["ForkantOutboxOrphans"]
    labels = {"severity": alert["labels"]["severity"], "service": "case-service"}
    annotations = {
        "summary": re.sub(r"\{\{ *\$labels\.service *\}\}", "case-service", alert["annotations"]["summary"]),
        "runbook_url": "https://docs.politiet.example/forkant/runbooks/outbox-orphans/",
    }
    case = {
        "interval": "1m",
        "external_labels": {"forkant_docs": "https://docs.politiet.example/forkant"},
        "input_series": [{"series": 'forkant_outbox_orphans{job="forkant", service="case-service"}', "values": "1x60"}],
        "alert_rule_test": [
            {
                "eval_time": "50m",
                "alertname": "ForkantOutboxOrphans",
                "exp_alerts": [{"exp_labels": labels, "exp_annotations": annotations}],
            }
        ],
    }
    rules = str(ROOT / "deploy/monitoring/rules.yml")
    (tmp_path / "tests.yml").write_text(yaml.safe_dump({"rule_files": [rules], "tests": [case]}), encoding="utf-8")
    answer = promtool.run("test", "rules", tmp_path / "tests.yml")
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_no_page_is_of_an_alert_that_is_gone():
    assert {page_of(alert) for alert in ALERTS} == set(PAGES)


@each_page
def test_a_page_says_what_it_means_how_to_look_and_what_to_do(page):
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## .*$", text, re.MULTILINE) == HEADINGS
    assert all(len(part.split()) > 10 for part in re.split(r"^## .*$", text, flags=re.MULTILINE)[1:])


@each_page
def test_every_command_of_a_page_exists_with_its_options(page):
    for arguments in commands(page.read_text(encoding="utf-8")):
        assert misused(arguments) is None, arguments


@pytest.mark.parametrize(
    "wrong",
    ["forkant parkd list", "forkant parked lst", "forkant parked list --al", "forkant parked discard indicator:12"],
)
def test_a_command_that_is_not_there_would_be_found(wrong):
    (arguments,) = commands(f"Say `{wrong}` now.\n")
    assert misused(arguments) is not None


@each_page
def test_links_of_a_page_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target.partition("#")[0]).is_file(), target


@each_page
def test_metrics_settings_and_log_lines_that_a_page_names_are_the_code_s(page):
    text = page.read_text(encoding="utf-8")
    for block in blocks(text, "promql"):
        for line in block.splitlines():
            assert faults(line, known()) == [], line
    settings = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    assert {name for name in re.findall(r"FORKANT_[A-Z_]+[A-Z]\b", text) if name not in settings} == set()
    sources = [*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", text)) | set(re.findall(r"#.*?\b([a-z]+(?:_[a-z]+)+)\b", text))
    known_elsewhere = {
        "pg_monitor",
        "pg_signal_backend",
        "max_connections",
        "pg_stat_activity",
        "wait_event_type",
        "version_num",
        "alembic_version",
    }
    assert {name for name in named - known_elsewhere if not re.search(rf"\b{name}", code)} == set()
