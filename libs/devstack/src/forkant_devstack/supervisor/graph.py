"""What is to be started, as data: programs that stay, jobs that end, steps in this process, and what each waits for."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from forkant_devstack.process import ProcessSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """Runs until the platform stops; its death before that stops everything.

    `late_env` gives what is known only once all that it waits for are ready.
    """

    spec: ProcessSpec
    after: tuple[str, ...] = ()
    late_env: Callable[[], Mapping[str, str]] = dict

    @property
    def name(self) -> str:
        """The name that others wait for."""
        return self.spec.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A program that must end with exit code 0 before those that wait for it start; left out when not needed."""

    spec: ProcessSpec
    after: tuple[str, ...] = ()
    needed: Callable[[], Awaitable[bool]] | None = None

    @property
    def name(self) -> str:
        """The name that others wait for."""
        return self.spec.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Work done in this process; a DevstackError from it stops everything."""

    name: str
    run: Callable[[], Awaitable[None]]
    after: tuple[str, ...] = ()


Node = Program | Job | Step


def check_order(nodes: Sequence[Node]) -> None:
    """Refuse double names, waits for the unknown, and circles; all of them are mistakes in a plan."""
    names = [node.name for node in nodes]
    double = {name for name in names if names.count(name) > 1}
    unknown = {name for node in nodes for name in node.after} - set(names)
    if double or unknown:
        raise ValueError(f"plan with double names {sorted(double)} or unknown ones {sorted(unknown)}")
    try:
        TopologicalSorter({node.name: node.after for node in nodes}).prepare()
    except CycleError as error:
        raise ValueError(f"plan with a circle: {' -> '.join(error.args[1])}") from error


def dependents(nodes: Iterable[Node]) -> dict[str, set[str]]:
    """Give, for every node, all that wait for it, also through others."""
    found: dict[str, set[str]] = {node.name: set() for node in nodes}
    for name in TopologicalSorter({node.name: node.after for node in nodes}).static_order():
        node = next(each for each in nodes if each.name == name)
        for ancestor, followers in found.items():
            if ancestor in node.after or followers & set(node.after):
                followers.add(name)
    return found
