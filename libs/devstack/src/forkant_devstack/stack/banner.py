"""What a newcomer sees when everything runs: where to look, who to be, lines to paste."""

from collections.abc import Mapping

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

_PERSONAS = (
    ("officer-oslo", "case officer, Oslo: opens and works on cases"),
    ("lead-oslo", "prevention lead, Oslo: approves plans, decides concerns"),
    ("officer-troms", "case officer of another district: Oslo's cases are 404 to it"),
    ("analyst-oslo", "analyst, Oslo: indicators"),
    ("pod-analyst", "directorate: every district's exact figures"),
    ("privacy-oslo", "privacy officer; also pod-methods, pod-admin, auditor"),
    ("officer-<unit>", "and lead-<unit>, analyst-<unit>: the same in each of the 17 units"),
)


def show_banner(console: Console, *, ports: Mapping[str, int], broker: str, warning: str, seconds: float) -> None:
    """Print the banner; its curl lines work as they stand."""
    warned = f"\n[bold yellow]{warning}[/]" if warning else ""
    console.print(Panel(f"[bold]Forkant runs[/] (ready after {seconds:.1f} s, broker: {broker}){warned}", expand=False))
    console.print(_places(ports))
    console.print("\n[bold]Who to be[/] (log in on the dashboard with a click, or take a token)")
    personas = Table.grid(padding=(0, 2))
    for name, text in _PERSONAS:
        personas.add_row(Text(f"  {name}", style="cyan"), text)
    console.print(personas)
    console.print("\n[bold]To paste[/]")
    for line in paste_lines(ports):
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    console.print("\nCtrl-C stops everything. Elsewhere: forkant status | logs | demo --live | verify", highlight=False)


def paste_lines(ports: Mapping[str, int]) -> list[str]:
    """Give the lines for a shell in the repository."""
    token = f"TOKEN=$(curl -s '{_url(ports, 'issuer')}/dev/token?as=officer-oslo')"
    bearer = '-H "Authorization: Bearer $TOKEN"'
    return [
        token,
        f'curl -s {bearer} "{_url(ports, "case-api")}/v1/cases?limit=3"',
        f'curl -s {bearer} "{_url(ports, "indicator-api")}/v1/districts/oslo/metrics"',
        f'curl -s {bearer} "{_url(ports, "notification-api")}/v1/inbox"',
    ]


def _places(ports: Mapping[str, int]) -> Table:
    table = Table.grid(padding=(0, 2))
    for text, name, path in (
        ("Dashboard", "indicator-api", "/dashboard"),
        ("Case API", "case-api", "/docs"),
        ("Indicator API", "indicator-api", "/docs"),
        ("Notification API", "notification-api", "/docs"),
        ("Log-in and tokens", "issuer", "/dev/token?as=officer-oslo"),
    ):
        table.add_row(f"  {text}", f"[link]{_url(ports, name)}{path}[/link]")
    return table


def _url(ports: Mapping[str, int], name: str) -> str:
    return f"http://127.0.0.1:{ports[name]}"
