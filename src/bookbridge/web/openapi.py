"""The OpenAPI document: FastAPI's, with the bodies that ``body_of`` reads and the problem document filled in."""

from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from bookbridge import __version__
from bookbridge.http import body_of

_REFERENCE = "#/components/schemas/{model}"
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "error"],
    "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "code": {"type": "string"}, "detail": {"type": "string"}, "error": {"type": "string"},
        "instance": {"type": "string"}, "correlation_id": {"type": "string"}, "field": {"type": "string"},
        "remedy": {"type": "string"}, "zoho_code": {"type": "integer"}, "zoho_message": {"type": "string"},
    },
}  # fmt: skip


def document(app: FastAPI, /) -> dict[str, Any]:
    """The OpenAPI document of ``app``."""
    made = get_openapi(title="Bookbridge", version=__version__, routes=app.routes, description=app.description)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    made["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    made["security"] = [{"key": []}]
    for path, method, reader in _readers(app):
        operation = made["paths"].get(path, {}).get(method.lower())
        if operation is not None:
            operation["requestBody"] = _body(reader, schemas)
    for operations in made["paths"].values():
        for operation in operations.values():
            _tell_problems(operation)
    return made


def _readers(app: FastAPI) -> list[tuple[str, str, body_of[Any]]]:
    """Every (path, method, body reader) of the application."""
    found = []
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            for reader in _in(route.dependant):
                found += [(context.path or "", method, reader) for method in route.methods or ()]
    return found


def _in(dependant: Dependant) -> list[body_of[Any]]:
    own = [each.call for each in dependant.dependencies if isinstance(each.call, body_of)]
    return own + [reader for each in dependant.dependencies for reader in _in(each)]


def _body(reader: body_of[Any], schemas: dict[str, Any]) -> dict[str, Any]:
    schema = reader.model.model_json_schema(ref_template=_REFERENCE)
    schemas.update(schema.pop("$defs", {}))
    schemas[reader.model.__name__] = schema
    reference = {"$ref": _REFERENCE.format(model=reader.model.__name__)}
    return {"required": not reader.optional, "content": {"application/json": {"schema": reference}}}


def _tell_problems(operation: dict[str, Any]) -> None:
    """Replace FastAPI's own 422, which never happens here, by the problem document."""
    responses = operation.setdefault("responses", {})
    responses.pop("422", None)
    reference = {"schema": {"$ref": "#/components/schemas/Problem"}}
    responses["default"] = {"description": "A problem", "content": {"application/problem+json": reference}}
