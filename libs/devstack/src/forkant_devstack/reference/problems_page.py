"""The page of the codes by which services refuse, from what their API documents show and their code raises."""

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from case_service.api.refusals import ANSWERS as CASE_ANSWERS
from indicator_service.api.steering_refusals import ANSWERS as STEERING_ANSWERS
from notification_service.api.refusals import ANSWERS as NOTIFICATION_ANSWERS

from forkant_devstack.reference.api_pages import SERVICES
from forkant_devstack.reference.markdown import table

_HEAD: Final = """# Problem codes

What is refused comes as a problem document (RFC 9457, `application/problem+json`): `type` is `urn:forkant:problem:`
and the code, `status`, `title` and `detail` are as below, and some carry more codes and ids. Nothing that was sent is
echoed. Clients build on `code`: it is never renamed. Texts may change.

"""
_MEANT: Final = "urn:forkant:problem:"
_ANSWERS: Final[Mapping[str, Mapping[Any, tuple[int, str, str]]]] = {
    "case": CASE_ANSWERS,
    "indicator": STEERING_ANSWERS,
    "notification": NOTIFICATION_ANSWERS,
}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A refusal of one service."""

    code: str
    status: int
    title: str
    detail: str


def document(root: Path) -> str:
    """Return the page's text: what every service answers, then what one answers."""
    found = {service: problems(root, service) for service in SERVICES}
    kit = _raised(root / "libs/service-kit/src")
    everywhere = kit.keys() | {code for code in found["case"] if all(code in each for each in found.values())}
    kit |= {code: each for code, each in found["case"].items() if code in everywhere}
    parts = [_HEAD, "## Every service\n\n", _table(kit.values())]
    for service, known in found.items():
        own = [each for code, each in known.items() if code not in everywhere]
        parts += [f"\n## {service.capitalize()} service\n\n", _table(own)]
    return "".join(parts)


def problems(root: Path, service: str) -> dict[str, Problem]:
    """Return a service's refusals by their codes."""
    found = _raised(root / f"services/{service}-service/src")
    found |= {str(code): Problem(str(code), *answer) for code, answer in _ANSWERS.get(service, {}).items()}
    document = json.loads((root / f"services/{service}-service/openapi.json").read_text(encoding="utf-8"))
    return {each.code: each for each in _shown(document)} | found


def _table(rows: Any) -> str:
    shown = [(f"`{each.code}`", str(each.status), each.title, each.detail) for each in sorted(rows)]
    return table(("code", "status", "what it means", "what to do"), shown)


def _shown(node: Any) -> Iterator[Problem]:
    """Yield the problems among a document's examples."""
    if isinstance(node, Mapping):
        if str(node.get("type", "")).startswith(_MEANT) and isinstance(node.get("code"), str):
            yield Problem(node["code"], int(node["status"]), node["title"], node["detail"])
        for each in node.values():
            yield from _shown(each)
    elif isinstance(node, list):
        for each in node:
            yield from _shown(each)


def _raised(folder: Path) -> dict[str, Problem]:
    """Return the problems that code makes with a status, code, title and detail written out."""
    found: dict[str, Problem] = {}
    for path in sorted(folder.glob("**/*.py")):
        source = path.read_text(encoding="utf-8")
        if "ProblemError(" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ProblemError":
                values = [each.value for each in node.args[:4] if isinstance(each, ast.Constant)]
                if len(values) == len(("status", "code", "title", "detail")):
                    made = Problem(str(values[1]), int(str(values[0])), str(values[2]), str(values[3]))
                    found.setdefault(made.code, made)
    return found
