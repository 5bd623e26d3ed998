"""An import-linter contract that import-linter lacks: a list of what may be imported, everything else refused."""

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class OnlyContract(Contract):
    """Sources import themselves, the standard library and what is in or below `allowed`; a source may be missing."""

    type_name = "only"

    sources = fields.ListField(subfield=fields.StringField())
    allowed = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002 - the caller's signature
        """Collect every direct import that leads out of a source to something not allowed."""
        sources = [str(source) for source in self.sources]  # type: ignore[attr-defined]
        allowed = [str(name) for name in self.allowed]  # type: ignore[attr-defined]
        broken = [
            (importer, imported)
            for source in sources
            for importer in _below(graph, source)
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if not _may(imported, [source, *allowed])
        ]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line an import."""
        for importer, imported in check.metadata["broken"]:
            output.print_error(f"{importer} is not allowed to import {imported}", bold=False)


def _below(graph: ImportGraph, source: str) -> list[str]:
    return sorted(name for name in graph.modules if name == source or name.startswith(f"{source}."))


def _may(imported: str, allowed: list[str]) -> bool:
    if imported.partition(".")[0] in sys.stdlib_module_names:
        return True
    return any(imported == name or imported.startswith(f"{name}.") for name in allowed)
