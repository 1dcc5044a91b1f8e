"""Strict mode: calls that Zoho's OpenAPI documents do not allow are refused, with what is wrong in words.

Zoho itself ignores unknown parameters and members (FACTS 3.3), so that a misspelt one is found by nobody. The documents
are not part of this project; ``--strict DIR`` names a directory with them (``*.yml``).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bookbridge.sandbox.call import ZohoFault

ALWAYS = frozenset({"organization_id", "page", "per_page", "sort_order", "JSONString"})
"""Parameters of every call, which not every document repeats (FACTS 4.1, 4.3, 4.4)."""
ELSEWHERE = frozenset({("GET", "/settings/fields")})
"""Operations that the vendor's pages describe outside of the documents."""
LOOSE = frozenset({"custom_fields"})
"""Members whose own members differ from document to document and from the wire (FACTS 4.9)."""
STRICT = "Strict mode:"
"""How the text of every such refusal begins."""
_METHODS = ("get", "post", "put", "delete")
_VARIANT = re.compile(r"\b[a-z]\w*_\w+\b")
_BODIES = ("application/json", "multipart/form-data", "application/x-www-form-urlencoded")


@dataclass(frozen=True)
class Operation:
    """What the documents say of one operation; ``document`` resolves its references."""

    document: Mapping[str, Any]
    parameters: frozenset[str]
    body: Mapping[str, Any] | None


class Documents:
    """All documented operations, by method and the path without the names of its placeholders."""

    def __init__(self, directory: str) -> None:
        self._operations: dict[tuple[str, str], Operation] = {}
        files = sorted(Path(directory).glob("*.yml"))
        if not files:
            raise ValueError(f"no *.yml in {directory}: strict mode needs a directory with Zoho's OpenAPI documents")
        for file in files:
            document = _load(file)
            for path, methods in document.get("paths", {}).items():
                for method in _METHODS:
                    if method in methods:
                        self._operations[method.upper(), _shape(path)] = _operation(document, methods[method])

    def check(self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any]) -> None:
        """Raise ZohoFault 400 with what the documents do not allow; ``path`` is that of the matched route."""
        operation = self._operations.get((method, _shape(path)))
        if operation is None and (method, path) in ELSEWHERE:
            return
        if operation is None:
            raise _refusal(f"the documents have no {method} {path}")
        for name in query:
            if name not in ALWAYS and name not in operation.parameters and not _is_custom(name, operation):
                raise _refusal(f"{method} {path} has no query parameter {name}")
        if body and operation.body is None:
            raise _refusal(f"{method} {path} takes no body")
        for name in _foreign(operation.document, operation.body or {}, body):
            raise _refusal(f"the body of {method} {path} has no member {name}")


def _refusal(text: str) -> ZohoFault:
    return ZohoFault(400, 4, f"{STRICT} {text}.")


def _load(path: Path) -> dict[str, Any]:
    try:
        import yaml
    except ImportError as error:
        raise ValueError("strict mode reads YAML: install the package pyyaml") from error
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506  (a safe one)
    return document


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _resolved(document: Mapping[str, Any], node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def _operation(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Operation:
    names: set[str] = set()
    for row in operation.get("parameters", []):
        parameter = _resolved(document, row)
        if parameter.get("in") == "query":
            names |= {parameter["name"], *_variants(parameter)}
    content = _resolved(document, operation.get("requestBody", {})).get("content", {})
    body = next((_resolved(document, content[kind].get("schema", {})) for kind in _BODIES if kind in content), None)
    return Operation(document, frozenset(names), body)


def _variants(parameter: Mapping[str, Any]) -> Iterator[str]:
    """Names such as ``date_start``, which stand only in the description of ``date``."""
    stem = f"{parameter['name']}_"
    for word in _VARIANT.findall(str(parameter.get("description", ""))):
        if word.startswith(stem):
            yield word


def _is_custom(name: str, operation: Operation) -> bool:
    """Custom fields are parameters under names nobody can document (FACTS 4.5)."""
    return name.startswith(("cf_", "custom_field_")) and "custom_field" in operation.parameters


def _foreign(document: Mapping[str, Any], schema: Any, value: Any, place: str = "") -> Iterator[str]:
    """Members of a body that its schema does not have, by their way; a schema without members allows anything."""
    schema = _resolved(document, schema)
    if isinstance(value, list):
        for row in value:
            yield from _foreign(document, schema.get("items", {}), row, place)
    properties = schema.get("properties", {})
    if not isinstance(value, dict) or not properties:
        return
    for name, member in value.items():
        way = f"{place}.{name}" if place else name
        if name not in properties:
            yield way
        elif name not in LOOSE:
            yield from _foreign(document, properties[name], member, way)
