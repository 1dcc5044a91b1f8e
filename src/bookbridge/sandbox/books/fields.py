"""Definitions of custom fields: ``GET /settings/fields?entity=invoice``.

Documented at https://www.zoho.com/books/api/v3/custom-fields; ``is_unique`` in its rows is what public programs read.
The switch ``fields_listed`` turns it off, as in an organization or edition that does not answer it.
"""

from bookbridge.sandbox.books.customfields import definitions
from bookbridge.sandbox.books.seedchart import KEY_MODULES
from bookbridge.sandbox.books.values import Record, invalid
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault

_MODULES = {entity: module for module, entity in KEY_MODULES}


def _row(field: Record, entity: str) -> Record:
    return {
        "field_id": field["customfield_id"],
        "customfield_id": field["customfield_id"],
        "field_name": field["api_name"],
        "api_name": field["api_name"],
        "label": field["label"],
        "data_type": field["data_type"],
        "entity": entity,
        "is_active": True,
        "is_custom_field": True,
        "is_mandatory": False,
        "is_unique": field["is_unique"],
    }


def listed(call: Call) -> Reply:
    """The custom fields of one entity; standard fields are not kept here."""
    if not call.world.switches.fields_listed:
        raise ZohoFault(404, 5, "Invalid URL Passed")
    entity = call.query.get("entity", "")
    if entity not in _MODULES:
        raise invalid("entity")
    return Reply({"fields": [_row(field, entity) for field in definitions(call.org, _MODULES[entity])]})


ROUTES = (Route("GET", "/settings/fields", "settings.READ", listed),)
