import typer
from forkant_devstack.demo.command import cli_demo
from tenacity.wait import wait_none
from typer.testing import CliRunner


def forkant_demo(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(cli_demo)
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.stdout


def test_a_platform_that_is_not_up_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr("forkant_case_client.transport._JITTER", wait_none())
    code, shown = forkant_demo("--issuer-url", "http://127.0.0.1:1", "--cases", "1")
    assert code == 1
    assert "is the platform up? (make up)" in shown.replace("\n", " ")


def test_a_negative_number_of_cases_is_refused():
    code, _ = forkant_demo("--cases", "-1")
    assert code == 2
