"""The API's reference in development: every route with its fields, from the same document as ``/openapi.json``."""

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from bookbridge.http import JsonAnswer
from bookbridge.web.pages.render import Pages


def router(app: FastAPI, pages: Pages, /) -> APIRouter:
    """``/docs`` and ``/openapi.json``."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/openapi.json")
    def openapi() -> JsonAnswer:
        """The OpenAPI document."""
        return JsonAnswer(_document(app))

    @routes.get("/docs")
    def docs(request: Request) -> Response:
        """The document as a page."""
        made = _document(app)
        return pages.answer(request, "docs.html", {"operations": operations(made), "here": "docs"})

    return routes


def _document(app: FastAPI) -> dict[str, Any]:
    from bookbridge.web.openapi import document  # 40 ms that only development pays

    return document(app)


def operations(document: dict[str, Any], /) -> list[dict[str, Any]]:
    """Each operation as the page shows it: method, path, summary, text, parameters and body fields."""
    schemas = document["components"]["schemas"]
    return [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation.get("summary", ""),
            "text": operation.get("description", ""),
            "fields": _parameters(operation) + _body_fields(operation, schemas),
        }
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _parameters(operation: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": each["name"],
            "place": each["in"],
            "kind": kind(each["schema"]),
            "required": each.get("required", False),
        }
        for each in operation.get("parameters", [])
    ]


def _body_fields(operation: dict[str, Any], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    schema = schemas.get(name) or content.get("schema", {})
    required = schema.get("required", [])
    return [
        {"name": field, "place": "body", "kind": kind(detail), "required": field in required}
        for field, detail in schema.get("properties", {}).items()
    ]


def kind(schema: dict[str, Any], /) -> str:
    """The type of a field in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(kind(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "any")
