"""Indicator definitions: effective-dated data files beside this module, read once when a process starts.

A definition names the cells that it is computed from (``Metric``) and the series that imports bring (``Series``), so
a new definition over what is already kept is a new file, or a new ``[[versions]]`` block in one, and no code.
"""

import tomllib
from importlib import resources

from indicator_service.definitions.metrics import Metric
from indicator_service.definitions.models import Catalogue, Count, Further, Indicator, Text, Version
from indicator_service.definitions.series import Series

__all__ = ["Catalogue", "Count", "Further", "Indicator", "Metric", "Series", "Text", "Version", "load_catalogue"]


def load_catalogue() -> Catalogue:
    """Read and check every definition file.

    Raises:
        pydantic.ValidationError: a file doesn't say what a definition must say.
    """
    files = [p for p in resources.files(__name__).iterdir() if p.name.endswith(".toml")]
    documents = {p.name: tomllib.loads(p.read_text(encoding="utf-8")) for p in files}
    counts = documents.pop("counts.toml")["counts"]
    indicators = sorted(documents.values(), key=lambda document: int(document["number"]))
    return Catalogue.model_validate({"indicators": indicators, "counts": counts})
