"""What a newcomer sees when everything runs: where to look, who to be, lines to paste."""

from typing import Final

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from forkant_devstack.issuer.personas import SERVICE_SECRET
from forkant_devstack.supervisor.state import State

_TOKEN_PATH: Final = "/dev/token?as=officer-oslo"  # noqa: S105 - a path
_PERSONAS = (
    ("officer-oslo", "case officer, Oslo: opens and works on cases"),
    ("lead-oslo", "prevention lead, Oslo: approves plans, decides concerns"),
    ("officer-troms", "case officer of another district: Oslo's cases are 404 to it"),
    ("analyst-oslo", "analyst, Oslo: indicators"),
    ("pod-analyst", "directorate: every district's exact figures"),
    ("privacy-oslo", "privacy officer; also pod-methods, pod-admin, auditor"),
    ("officer-<unit>", "and lead-<unit>, analyst-<unit>: the same in each of the 17 units"),
)


def show_banner(console: Console, *, running: State, warning: str, seconds: float) -> None:
    """Print the banner; its curl lines work as they stand."""
    warned = f"\n[bold yellow]{warning}[/]" if warning else ""
    told = f"ready after {seconds:.1f} s, broker: {running.broker}"
    console.print(Panel(f"[bold]Forkant runs[/] ({told}){warned}", expand=False))
    console.print(_places(running))
    how = f"with the password {SERVICE_SECRET}" if running.log_in else "with a click"
    console.print(f"\n[bold]Who to be[/] (log in on the dashboard {how}, or take a token)")
    personas = Table.grid(padding=(0, 2))
    for name, text in _PERSONAS:
        personas.add_row(Text(f"  {name}", style="cyan"), text)
    console.print(personas)
    console.print("\n[bold]To paste[/]")
    for line in paste_lines(running):
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    stop = "`forkant compose down` stops" if running.log_in else "Ctrl-C stops"
    console.print(f"\n{stop} everything. Elsewhere: forkant status | logs | demo --live | verify", highlight=False)


def paste_lines(running: State) -> list[str]:
    """Give the lines for a shell in the repository."""
    ask = "forkant token --as officer-oslo" if running.log_in else f"curl -s '{running.issuer}{_TOKEN_PATH}'"
    token = f"TOKEN=$({ask})"
    bearer = '-H "Authorization: Bearer $TOKEN"'
    return [
        token,
        f'curl -s {bearer} "{running.url("case-api")}/v1/cases?limit=3"',
        f'curl -s {bearer} "{running.url("indicator-api")}/v1/districts/oslo/metrics"',
        f'curl -s {bearer} "{running.url("notification-api")}/v1/inbox"',
    ]


def _places(running: State) -> Table:
    table = Table.grid(padding=(0, 2))
    for text, url in (
        ("Dashboard", f"{running.url('indicator-api')}/dashboard"),
        ("Case API", f"{running.url('case-api')}/docs"),
        ("Indicator API", f"{running.url('indicator-api')}/docs"),
        ("Notification API", f"{running.url('notification-api')}/docs"),
        ("E-mails that were sent", running.url("mail")),
        ("Log-in and tokens", f"{running.issuer}{'/account' if running.log_in else _TOKEN_PATH}"),
    ):
        table.add_row(f"  {text}", f"[link]{url}[/link]")
    return table
