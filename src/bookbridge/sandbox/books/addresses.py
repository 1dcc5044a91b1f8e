"""Addresses of a contact: billing, shipping and additional ones (FACTS 5.2)."""

from operator import itemgetter

from bookbridge.sandbox.books.records import commit, get, new_id, save
from bookbridge.sandbox.books.values import Record, text_of, too_long
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault

LIMITS = {
    "attention": 100, "address": 500, "street2": 255, "city": 100, "state_code": 100, "state": 100, "zip": 50,
    "country": 100, "county": 100, "country_code": 100, "phone": 50, "fax": 50,
}  # fmt: skip
ORDER = (
    "address_id", "attention", "address", "street2", "city", "state_code", "state", "zip", "country", "county",
    "latitude", "longitude", "country_code", "phone", "fax",
)  # fmt: skip


def fill(call: Call, address: Record, body: object, name: str) -> Record:
    """Take the fields of an address object; raises 15 for an over-long field or something else than an object."""
    if not isinstance(body, dict):
        raise too_long(name, 100)
    for field, limit in LIMITS.items():
        address[field] = text_of(body[field], field, limit) if field in body else address.get(field, "")
    address["address_id"] = address.get("address_id") or new_id(call)
    return address


def empty(call: Call) -> Record:
    """An empty address; it has an id even so."""
    return fill(call, {}, {}, "address")


def shown(address: Record) -> Record:
    """The wire record of a contact's address."""
    return {name: address.get(name, "") for name in ORDER}


def on_document(address: Record) -> Record:
    """The wire record of an address on a document's detail."""
    street = address.get("street", address.get("address", ""))
    keys = ("street2", "city", "state", "zip", "country", "country_code", "county", "fax", "phone", "attention")
    return {"street": street, "address": address.get("address", ""), **{key: address.get(key, "") for key in keys}}


_ROW = ("address", "street2", "city", "state", "zip", "country", "phone", "fax", "attention")
_ROW_NAMES = tuple("zipcode" if name == "zip" else name for name in _ROW)
_row_values = itemgetter(*_ROW)


def on_row(address: Record) -> Record:
    """The wire record of an address on an invoice's list row: ``zipcode`` (FACTS 4.7)."""
    values = _row_values(address) if address else ("",) * len(_ROW)
    return dict(zip(_ROW_NAMES, values, strict=True))


def find(contact: Record, address_id: str) -> Record | None:
    """Any address of a contact by id."""
    every = [contact["_billing"], contact["_shipping"], *contact["_addresses"]]
    return next((address for address in every if address["address_id"] == address_id), None)


def _contact(call: Call) -> Record:
    return get(call, "contacts", call.ids["contact_id"])


def _additional(call: Call) -> tuple[Record, Record]:
    contact = _contact(call)
    for address in contact["_addresses"]:
        if address["address_id"] == call.ids["address_id"]:
            return contact, address
    raise ZohoFault(404, 1002, "Address does not exist.")


def _saved(call: Call, contact: Record, address: Record) -> None:
    save(call, "contacts", contact)
    commit(call, "contacts", contact, address["address_id"])


def listed(call: Call) -> Reply:
    """``GET /contacts/{id}/address``."""
    return Reply({"addresses": [shown(address) for address in _contact(call)["_addresses"]]})


def created(call: Call) -> Reply:
    """``POST /contacts/{id}/address``: an additional address."""
    contact = _contact(call)
    address = fill(call, {}, call.body, "address")
    contact["_addresses"].append(address)
    _saved(call, contact, address)
    return Reply({"address_info": shown(address)}, message="The address has been created.")


def updated(call: Call) -> Reply:
    """``PUT /contacts/{id}/address/{id}``."""
    contact, address = _additional(call)
    address.update(fill(call, dict(address), call.body, "address"))
    _saved(call, contact, address)
    return Reply({"address_info": shown(address)}, message="The address has been updated.")


def deleted(call: Call) -> Reply:
    """``DELETE /contacts/{id}/address/{id}``."""
    contact, address = _additional(call)
    contact["_addresses"].remove(address)
    _saved(call, contact, address)
    return Reply({}, message="The address has been deleted.")


def _marked(call: Call, place: str) -> Reply:
    contact, address = _additional(call)
    contact[place] = {**address, "address_id": contact[place]["address_id"]}
    _saved(call, contact, address)
    return Reply({})


def marked_billing(call: Call) -> Reply:
    """``POST .../markasbilling``: the address is copied to the billing address."""
    return _marked(call, "_billing")


def marked_shipping(call: Call) -> Reply:
    """``POST .../markasshipping``."""
    return _marked(call, "_shipping")


_ALL = "/contacts/{contact_id}/address"
_ONE = _ALL + "/{address_id}"
ROUTES = (
    Route("GET", _ALL, "contacts.READ", listed),
    Route("POST", _ALL, "contacts.CREATE", created),
    Route("PUT", _ONE, "contacts.UPDATE", updated),
    Route("DELETE", _ONE, "contacts.DELETE", deleted),
    Route("POST", _ONE + "/markasbilling", "contacts.CREATE", marked_billing),
    Route("POST", _ONE + "/markasshipping", "contacts.CREATE", marked_shipping),
)
