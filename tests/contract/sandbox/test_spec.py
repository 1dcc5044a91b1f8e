"""The sandbox's routes and answers beside Zoho's own OpenAPI documents.

The documents are not part of this project: ``BOOKBRIDGE_SPEC_DIR`` names a directory with them (``*.yml``).
"""

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bookbridge.sandbox.books import ROUTES
from tests.contract.sandbox.books.conftest import Books, books
from tests.contract.sandbox.spec_samples import SAMPLES

__all__ = ["books"]

SPEC_DIR = os.environ.get("BOOKBRIDGE_SPEC_DIR", "")
pytestmark = pytest.mark.skipif(
    not Path(SPEC_DIR or "/nowhere").is_dir(),
    reason="BOOKBRIDGE_SPEC_DIR names no directory with Zoho's OpenAPI documents (they are not part of this project)",
)

# Routes that public programs use although the documents do not list them.
EXTRA = {
    "/customers": "alias met in public connectors (FACTS 4.5)",
    "/vendors": "alias met in public connectors (FACTS 4.5)",
    "/chartofaccounts/transactions": "older path met in public connectors (FACTS 4.5)",
    "/settings/fields": "custom-field page of the v3 documentation",
}


def _load(path: Path) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = yaml.load(path.read_text(), Loader=loader)
    return document


def _resolved(document: dict[str, Any], node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


@cache
def _operations() -> dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]]:
    """Every documented operation by method and path, with its document."""
    found = {}
    for file in sorted(Path(SPEC_DIR).glob("*.yml")):
        document = _load(file)
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if method in ("get", "post", "put", "delete"):
                    found[method.upper(), _shape(path)] = (document, operation)
    return found


def _properties(method: str, path: str) -> dict[str, Any]:
    """The documented top-level properties of an operation's JSON answer."""
    document, operation = _operations()[method, _shape(path)]
    for response in operation["responses"].values():
        content = _resolved(document, response).get("content", {}).get("application/json")
        if content:
            schema = _resolved(document, content["schema"])
            properties = schema.get("properties", {})
            return {name: _resolved(document, value) for name, value in properties.items()}
    return {}


def _fields(method: str, path: str, key: str) -> dict[str, Any]:
    """The documented fields of the record, or of a row, under ``key`` (dots lead deeper)."""
    document, _ = _operations()[method, _shape(path)]
    fields = _properties(method, path)
    for part in key.split("."):
        node = fields[part]
        if node.get("type") == "array":
            node = _resolved(document, node["items"])
        fields = {name: _resolved(document, value) for name, value in node.get("properties", {}).items()}
    return fields


def test_every_route_is_documented_or_a_known_extra() -> None:
    """Method, path and scope of each route stand in Zoho's documents."""
    operations = _operations()
    for route in ROUTES:
        if any(route.path == extra or route.path.startswith(f"{extra}/") for extra in EXTRA):
            continue
        assert (route.method, _shape(route.path)) in operations, f"{route.method} {route.path} is not documented"
        _, operation = operations[route.method, _shape(route.path)]
        scopes = {scope for entry in operation.get("security", []) for scope in entry.get("Zoho_Auth", [])}
        if scopes:
            assert f"ZohoBooks.{route.scope}" in scopes, f"{route.method} {route.path} needs {scopes}"


JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_documented_fields_are_answered(books: Books, name: str) -> None:
    """Documented fields of rows and details appear, except those listed with a reason."""
    sample = SAMPLES[name]
    record = sample.make(books)
    documented = _fields(sample.method, sample.path, sample.spec_key)
    missing = set(documented) - set(record) - set(sample.exceptions)
    assert not missing, f"{name}: {sorted(missing)}"
    unneeded = set(sample.exceptions) & set(record)
    assert not unneeded, f"{name}: exceptions without need: {sorted(unneeded)}"


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_documented_types_are_answered(books: Books, name: str) -> None:
    """A documented field has its JSON type, or is ``""`` for nothing, except those listed with a reason."""
    sample = SAMPLES[name]
    record = sample.make(books)
    wrong = []
    for field, schema in _fields(sample.method, sample.path, sample.spec_key).items():
        wanted = JSON_TYPES.get(schema.get("type", ""))
        if field not in record or wanted is None or record[field] == "" or field in sample.types:
            continue
        value = record[field]
        if isinstance(value, bool) is not (bool in wanted) or not isinstance(value, wanted):
            wrong.append((field, schema["type"], value))
    assert not wrong, f"{name}: {wrong}"
