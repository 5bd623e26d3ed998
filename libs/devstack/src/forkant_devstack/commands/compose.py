"""`forkant compose`: the platform in containers, by docker-compose.yml."""

import asyncio
import subprocess
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from forkant_devstack.stack.layout import Layout
    from forkant_devstack.supervisor.state import State

compose = typer.Typer(no_args_is_help=True, help="Run the platform in containers, with passwords and keys of its own.")

_NO_ENGINE: Final = (
    "Docker Engine 20.10 or later with the Compose plugin is needed (https://docs.docker.com/engine/install/); "
    "without containers: `make up`"
)


@compose.command("up")
def up(
    *,
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="Fill an empty platform with the demo.")] = True,
    build: Annotated[bool, typer.Option("--build/--no-build", help="Build the images from this folder first.")] = True,
    telemetry: Annotated[bool, typer.Option("--telemetry", help="With Prometheus, traces and Grafana.")] = False,
) -> None:
    """Start everything and wait until it is healthy. Exit code 1 when something does not become so."""
    from forkant_devstack.commands.console import terminal
    from forkant_devstack.compose import environment
    from forkant_devstack.process import DevstackError
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.supervisor import state

    layout = find_layout()
    running = state.read(layout.run)
    if running is not None and running != state.read_containers(layout.run):
        raise DevstackError("Forkant already runs without containers", hint="`forkant down` stops it")
    _require_engine()
    began = time.time()
    environment.write(layout, telemetry=telemetry)
    environment.open_to_containers(layout)
    profiles = ["mail", *(["telemetry"] if telemetry else [])]
    _compose(layout, ["up", "--detach", "--wait", *(["--build"] if build else [])], profiles=profiles)
    started = environment.running_state(started_at=began)
    state.write_containers(layout.run, started)
    asyncio.run(_fill_and_show(layout, started, demo=demo))
    terminal().print("Logs: docker compose logs --follow", highlight=False)
    if telemetry:
        terminal().print(
            f"Grafana: {environment.GRAFANA}, as admin; its password is in .forkant/compose.env", highlight=False
        )


@compose.command("down")
def down(
    *,
    volumes: Annotated[bool, typer.Option("--volumes", help="Delete databases and topics too.")] = False,
) -> None:
    """Stop the containers and take them away; what is in databases and topics stays."""
    from forkant_devstack.compose import environment
    from forkant_devstack.stack.layout import find_layout
    from forkant_devstack.supervisor import state

    layout = find_layout()
    _require_engine()
    environment.write(layout)
    _compose(layout, ["down", *(["--volumes"] if volumes else [])], profiles=["demo", "mail", "telemetry"])
    if volumes:
        _forget_trails(layout)
    state.write_containers(layout.run, None)


def _forget_trails(layout: "Layout") -> None:
    """Let the heads go with the chains that they are of: others begin at 1 again."""
    for file in (layout.state / "audit").glob("forkant_*.heads.jsonl"):
        if file.stem.removesuffix(".heads").count("_") == 1:
            file.unlink()


async def _fill_and_show(layout: "Layout", running: "State", *, demo: bool) -> None:
    from forkant_devstack.commands.console import terminal
    from forkant_devstack.stack import first_demo
    from forkant_devstack.stack.banner import show_banner
    from forkant_devstack.stack.secret_store import SecretStore
    from forkant_devstack.stack.services import SERVICES, database_urls

    seconds = time.time() - running.started_at
    port, secrets = running.ports["postgres"], SecretStore(layout.secrets)
    urls = database_urls(SERVICES[0], broker=running.broker, postgres_port=port, secrets=secrets)
    if demo and await first_demo.is_empty(urls.worker_url):
        await first_demo.load(terminal(), running=running)
    show_banner(terminal(), running=running, warning="", seconds=seconds)


def _compose(layout: "Layout", arguments: Sequence[str], *, profiles: Sequence[str]) -> None:
    from forkant_devstack.process import DevstackError

    file, variables = layout.root / "docker-compose.yml", layout.state / "compose.env"
    command = ["docker", "compose", "--file", str(file), "--env-file", str(variables)]
    chosen = [word for profile in profiles for word in ("--profile", profile)]
    if subprocess.run([*command, *chosen, *arguments], cwd=layout.root, check=False).returncode != 0:
        raise DevstackError(
            f"docker compose {arguments[0]} failed", hint="see above, and `docker compose logs` of what did not start"
        )


def _require_engine() -> None:
    from forkant_devstack.process import DevstackError

    for question, missing in ((["info"], "no Docker engine answers"), (["compose", "version"], "Compose is missing")):
        try:
            answered = subprocess.run(["docker", *question], capture_output=True, check=False).returncode == 0
        except FileNotFoundError:
            answered = False
        if not answered:
            raise DevstackError(missing, hint=_NO_ENGINE)
