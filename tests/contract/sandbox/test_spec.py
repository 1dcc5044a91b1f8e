"""The sandbox's routes and answers beside Zoho's own OpenAPI documents.

The documents are not part of this project: ``BOOKBRIDGE_SPEC_DIR`` names a directory with them (``*.yml``).
"""

import pytest

from bookbridge.sandbox.books import ROUTES
from tests.contract.sandbox.books.conftest import Books, books
from tests.contract.sandbox.spec_documents import fields, operations, shape, with_documents
from tests.contract.sandbox.spec_samples import SAMPLES

__all__ = ["books"]

pytestmark = with_documents

# Routes that public programs use although the documents do not list them.
EXTRA = {
    "/customers": "alias met in public connectors (FACTS 4.5)",
    "/vendors": "alias met in public connectors (FACTS 4.5)",
    "/chartofaccounts/transactions": "older path met in public connectors (FACTS 4.5)",
    "/reports": "undocumented, answered to the web application's own calls (FACTS 6)",
    "/settings/fields": "custom-field page of the v3 documentation",
}


def test_every_route_is_documented_or_a_known_extra() -> None:
    """Method, path and scope of each route stand in Zoho's documents."""
    documented = operations()
    for route in ROUTES:
        if any(route.path == extra or route.path.startswith(f"{extra}/") for extra in EXTRA):
            continue
        assert (route.method, shape(route.path)) in documented, f"{route.method} {route.path} is not documented"
        _, operation = documented[route.method, shape(route.path)]
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
    documented = fields(sample.method, sample.path, sample.spec_key)
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
    for field, schema in fields(sample.method, sample.path, sample.spec_key).items():
        wanted = JSON_TYPES.get(schema.get("type", ""))
        if field not in record or wanted is None or record[field] == "" or field in sample.types:
            continue
        value = record[field]
        if isinstance(value, bool) is not (bool in wanted) or not isinstance(value, wanted):
            wrong.append((field, schema["type"], value))
    assert not wrong, f"{name}: {wrong}"
