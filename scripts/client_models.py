"""The models of the typed client, by datamodel-code-generator, with the contracts' codes in the place of its own.

A reader takes codes and fields that are newer than itself; what the service checks is left to the service, which says
in a problem document where a field is wrong.
"""

import copy
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from datamodel_code_generator import InputFileType, LiteralType, generate
from datamodel_code_generator.enums import DataModelType
from datamodel_code_generator.format import PythonVersion
from forkant_contracts import codes

HEAD: Final = '"""{doc} Generated from services/case-service/openapi.json: do not edit."""'
_CHECKS: Final = ("minLength", "maxLength", "pattern", "minimum", "maximum", "minItems", "maxItems", "uniqueItems")
_KINDS: Final = frozenset({"type", "anyOf", "allOf", "$ref"})


def models_of(document: Mapping[str, Any]) -> str:
    """Return the module of models."""
    schemas = copy.deepcopy(document["components"]["schemas"])
    for name, schema in schemas.items():
        if "enum" in schema:
            schemas[name] = _code(name, schema)
    _ease(schemas)
    plain = {"openapi": "3.1.0", "info": document["info"], "paths": {}, "components": {"schemas": schemas}}
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder) / "openapi.json", Path(folder) / "models.py"
        source.write_text(json.dumps(plain), "utf-8")
        generate(
            source,
            input_file_type=InputFileType.OpenAPI,
            output=output,
            output_model_type=DataModelType.PydanticV2BaseModel,
            target_python_version=PythonVersion.PY_311,
            base_class="forkant_case_client.base.Model",
            custom_file_header=HEAD.format(doc="What bodies and answers hold."),
            collapse_root_models=True,
            disable_timestamp=True,
            enum_field_as_literal=LiteralType.All,
            formatters=[],
            use_annotated=True,
            use_field_description=True,
            use_schema_description=True,
            use_single_line_docstring=True,
            use_standard_collections=True,
            use_union_operator=True,
        )
        return output.read_text("utf-8")


def _code(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a list of codes as the contracts' open one, or else as a text or number that may be any."""
    if hasattr(codes, name):
        return {"type": "string", "customTypePath": f"forkant_contracts.codes.{name}"}
    listed = ", ".join(map(str, schema["enum"]))
    return {"type": schema["type"], "description": f"One of {listed}; a newer service may have more."}


def _ease(part: Any) -> None:
    """Take out the service's checks and the titles that repeat names, and give codes their type."""
    if isinstance(part, list):
        for each in part:
            _ease(each)
    if not isinstance(part, dict):
        return
    title = part.get("title")
    if isinstance(title, str) and "enum" in part:
        found = _code(title, part)
        part.clear()
        part.update(found)
    if isinstance(title, str) and _KINDS & part.keys():
        part.pop("title", None)
    for name in (*_CHECKS, "examples"):
        # A property of that name is a schema, no check.
        if not isinstance(part.get(name), dict):
            part.pop(name, None)
    for each in part.values():
        _ease(each)
