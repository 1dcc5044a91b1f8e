"""Zoho's OpenAPI documents, read from the directory ``BOOKBRIDGE_SPEC_DIR`` (they are not part of this project)."""

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

SPEC_DIR = os.environ.get("BOOKBRIDGE_SPEC_DIR", "")
with_documents = pytest.mark.skipif(
    not Path(SPEC_DIR or "/nowhere").is_dir(),
    reason="BOOKBRIDGE_SPEC_DIR names no directory with Zoho's OpenAPI documents (they are not part of this project)",
)
_DEEPEST = 8


def _load(path: Path) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = yaml.load(path.read_text(), Loader=loader)
    return document


def resolved(document: dict[str, Any], node: Any) -> Any:
    """Follow ``$ref``."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def shape(path: str) -> str:
    """A path without the names of its placeholders."""
    return re.sub(r"\{[^}]*\}", "{}", path)


@cache
def operations() -> dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]]:
    """Every documented operation by method and path, with its document."""
    found = {}
    for file in sorted(Path(SPEC_DIR).glob("*.yml")):
        document = _load(file)
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if method in ("get", "post", "put", "delete"):
                    found[method.upper(), shape(path)] = (document, operation)
    return found


def answered(method: str, path: str) -> dict[str, Any]:
    """The documented top-level members of an operation's JSON answer."""
    document, operation = operations()[method, shape(path)]
    for response in operation["responses"].values():
        content = resolved(document, response).get("content", {}).get("application/json")
        if content:
            schema = resolved(document, content["schema"])
            properties = schema.get("properties", {})
            return {name: resolved(document, value) for name, value in properties.items()}
    return {}


def fields(method: str, path: str, key: str) -> dict[str, Any]:
    """The documented fields of the record, or of a row, under ``key`` (dots lead deeper)."""
    document, _ = operations()[method, shape(path)]
    found = answered(method, path)
    for part in key.split("."):
        node = found[part]
        if node.get("type") == "array":
            node = resolved(document, node["items"])
        found = {name: resolved(document, value) for name, value in node.get("properties", {}).items()}
    return found


def parameters(method: str, path: str) -> dict[str, dict[str, Any]]:
    """The documented query parameters of an operation by name."""
    document, operation = operations()[method, shape(path)]
    rows = [resolved(document, row) for row in operation.get("parameters", [])]
    return {row["name"]: row for row in rows if row["in"] == "query"}


def example_body(method: str, path: str) -> dict[str, Any]:
    """The request body an operation's document shows, put together from the examples of its fields."""
    document, operation = operations()[method, shape(path)]
    content = resolved(document, operation["requestBody"])["content"]["application/json"]
    body: dict[str, Any] = _example(document, content["schema"], 0)
    return body


def _example(document: dict[str, Any], schema: Any, depth: int) -> Any:
    schema = resolved(document, schema)
    if "example" in schema:
        return schema["example"]
    if depth > _DEEPEST:
        return None
    if "properties" in schema:
        return {name: _example(document, value, depth + 1) for name, value in schema["properties"].items()}
    if schema.get("type") == "array":
        return [_example(document, schema.get("items", {}), depth + 1)]
    return schema["enum"][0] if schema.get("enum") else None
