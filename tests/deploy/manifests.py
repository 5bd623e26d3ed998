"""The Kubernetes manifests as they are rendered, and the schemas that operators' resources are held to."""

import functools
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCHEMAS = Path(__file__).parent / "crds"
OVERLAYS = ("dev", "staging", "production")
WHOLE = ("staging", "production")
"""Overlays that bring their servers too."""
SERVICES = ("case", "indicator", "notification")
OWN = ("v1", "apps/v1", "batch/v1", "autoscaling/v2", "policy/v1", "networking.k8s.io/v1")
"""What Kubernetes itself has a schema of; everything else is an operator's."""
Resource = dict[str, Any]

needs_kubectl = pytest.mark.skipif(
    shutil.which("kubectl") is None, reason="kubectl renders the manifests, and is missing"
)


@functools.cache
def text_of(overlay: str) -> str:
    """Return an overlay as kubectl renders it."""
    return _render(ROOT / "deploy/k8s/overlays" / overlay)


@functools.cache
def rendered(overlay: str) -> tuple[Resource, ...]:
    """Return the resources of an overlay."""
    return tuple(yaml.safe_load_all(text_of(overlay)))


def rendered_with(folder: Path, overlay: str, *components: str) -> list[Resource]:
    """Return an overlay's resources with further components, put together in an empty folder."""
    base, *others = (
        os.path.relpath(ROOT / "deploy/k8s" / each, folder)
        for each in (f"overlays/{overlay}", *(f"components/{component}" for component in components))
    )
    (folder / "kustomization.yaml").write_text(
        json.dumps({"namespace": f"forkant-{overlay}", "resources": [base], "components": others})
    )
    return list(yaml.safe_load_all(_render(folder)))


def of_kind(overlay: str, *kinds: str) -> dict[str, Resource]:
    """Return an overlay's resources of some kinds by their names."""
    return by_name(rendered(overlay), *kinds)


def by_name(resources: Iterable[Resource], *kinds: str) -> dict[str, Resource]:
    """Return resources of some kinds by their names."""
    return {each["metadata"]["name"]: each for each in resources if each["kind"] in kinds}


def check_custom(resource: Resource) -> None:
    """Hold an operator's resource to the schema of its definition, which knows each field.

    Raises:
        FileNotFoundError: there is no schema of its kind.
        jsonschema.ValidationError: it is not as its definition says, or of another version.
    """
    definition = json.loads((SCHEMAS / f"{resource['kind'].lower()}.json").read_text(encoding="utf-8"))
    if resource["apiVersion"] != definition["apiVersion"]:
        raise jsonschema.ValidationError(f"{resource['apiVersion']} is not {definition['apiVersion']}")
    schema = _closed(definition["schema"])
    # What every resource has is Kubernetes' own.
    schema["properties"]["metadata"] = {"type": "object", "required": ["name", "namespace"]}
    jsonschema.validate(resource, schema, cls=jsonschema.Draft202012Validator)


def _render(folder: Path) -> str:
    command = ["kubectl", "kustomize", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _closed(schema: Any) -> Any:
    """Return a schema that refuses fields which it does not name."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _closed(value) for key, value in schema.items()}
    opened = "additionalProperties" in schema or schema.get("x-kubernetes-preserve-unknown-fields")
    if schema.get("type") == "object" and isinstance(schema.get("properties"), dict) and not opened:
        found["additionalProperties"] = False
    return found
