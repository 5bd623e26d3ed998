"""The demo: fills a running platform with made-up cases through its public API, as officers and leads would."""

from forkant_devstack.demo.command import cli_demo
from forkant_devstack.demo.run import DemoReport, holds_cases, run

__all__ = ["DemoReport", "cli_demo", "holds_cases", "run"]
