"""Runs the fault suite: ``python -m forkant_devstack.faults``."""

import typer

from forkant_devstack.faults.command import cli_faults

typer.run(cli_faults)
