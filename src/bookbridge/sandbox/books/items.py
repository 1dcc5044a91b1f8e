"""Items: create, update, upsert, list, read, delete, marks, details of several (FACTS 5.3)."""

from typing import Any

from bookbridge.sandbox.books import customfields, unused
from bookbridge.sandbox.books.chartofaccounts import account_named
from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.lists import Listing, answer
from bookbridge.sandbox.books.records import commit, get, insert, new_id, referenced, refuse_duplicate, remove, save
from bookbridge.sandbox.books.taxes import percentage_of
from bookbridge.sandbox.books.upsert import upsert
from bookbridge.sandbox.books.values import (
    ZERO,
    Record,
    bad_enum,
    enum,
    flag,
    identities,
    invalid,
    number,
    text,
)
from bookbridge.sandbox.call import Call, Reply, Route

TEXTS = {
    "description": 2000, "sku": 100, "unit": 100, "purchase_description": 2000, "hsn_or_sac": 100,
    "sat_item_key_code": 100, "unitkey_code": 100, "tax_exemption_id": 100, "purchase_tax_exemption_id": 100,
    "inventory_account_id": 100, "vendor_id": 100, "reorder_level": 50, "purchase_tax_rule_id": 100,
    "sales_tax_rule_id": 100,
}  # fmt: skip
PRODUCT_TYPES = ("goods", "service", "digital_service", "capital_service", "capital_goods")
ITEM_TYPES = ("sales", "purchases", "sales_and_purchases", "inventory")
MAX_DETAILS = 100


def _blank(call: Call) -> Record:
    return {
        "item_id": new_id(call), "status": "active", "rate": ZERO, "tax_id": "", "product_type": "goods",
        "item_type": "sales", "is_taxable": True, "purchase_rate": ZERO, "account_id": "",
        "purchase_account_id": "", "item_tax_preferences": [], "locations": [], "_custom": {},
        **dict.fromkeys(TEXTS, ""),
    }  # fmt: skip


def _accounts(call: Call, item: Record) -> None:
    for name in ("account_id", "purchase_account_id"):
        if call.body.get(name) not in (None, "", " "):
            item[name] = referenced(call, "chartofaccounts", call.body[name], name)["account_id"]
    if not item["account_id"] and item["item_type"] != "purchases":
        item["account_id"] = account_named(call.org, "Sales")["account_id"]
    if not item["purchase_account_id"] and item["item_type"] != "sales":
        item["purchase_account_id"] = account_named(call.org, "Cost of Goods Sold")["account_id"]


def _fill(call: Call, item: Record) -> Record:
    body = call.body
    name = text(body, "name", 100, item.get("name", "")).strip()
    if not name or ("rate" not in body and "name" not in item):
        raise invalid("rate" if name else "name")
    refuse_duplicate(call, "items", "name", name, item["item_id"])
    item["name"] = name
    item["rate"] = number(body, "rate", item["rate"])
    item["purchase_rate"] = number(_spaceless(body), "purchase_rate", item["purchase_rate"])
    for field, limit in TEXTS.items():
        item[field] = text(body, field, limit, item[field]).strip()
    refuse_duplicate(call, "items", "sku", item["sku"], item["item_id"])
    item["product_type"] = enum(body, "product_type", PRODUCT_TYPES, item["product_type"])
    item["item_type"] = enum(_spaceless(body), "item_type", ITEM_TYPES, item["item_type"])
    item["is_taxable"] = flag(body, "is_taxable", item["is_taxable"])
    if "tax_id" in body:
        item["tax_id"] = referenced(call, "taxes", body["tax_id"], "tax_id")["tax_id"] if body["tax_id"] else ""
    if isinstance(body.get("item_tax_preferences"), list):
        item["item_tax_preferences"] = body["item_tax_preferences"]
    _accounts(call, item)
    customfields.write(call, "items", item, body, item["item_id"])
    return item


def _spaceless(body: Record) -> Record:
    """Without values of one blank, which Zoho's examples use for nothing."""
    return {name: value for name, value in body.items() if value != " "}


def _tax(call: Call, item: Record) -> Record:
    tax = call.org.table("taxes").get(item["tax_id"])
    return {
        "tax_id": item["tax_id"],
        "tax_name": tax["tax_name"] if tax else "",
        "tax_percentage": percentage_of(call.org, tax) if tax else ZERO,
        "tax_type": tax["tax_type"] if tax else "",
    }


def _account_name(call: Call, account_id: str) -> str:
    account = call.org.table("chartofaccounts").get(account_id)
    return str(account["account_name"]) if account else ""


# Fields of a stored item that go to the wire as they are.
ROW_STORED = (
    "item_id", "name", "unit", "status", "description", "rate", "is_taxable", "tax_exemption_id",
    "purchase_tax_rule_id", "sales_tax_rule_id", "purchase_account_id", "account_id", "purchase_description",
    "purchase_rate", "item_type", "product_type", "sku", "sat_item_key_code", "unitkey_code", "created_time",
    "last_modified_time", "vendor_id",
)  # fmt: skip
NOTHING = ("zcrm_product_id", "stock_on_hand", "image_name", "image_type", "image_document_id")


def row(call: Call, item: Record) -> Record:
    """The wire row of the list."""
    fields, hashed = customfields.shown(call.org, "items", item)
    vendor = call.org.table("contacts").get(item["vendor_id"], {})
    return {
        **{name: item[name] for name in ROW_STORED},
        **dict.fromkeys(NOTHING, ""),
        **unused.ITEM_ROW,
        **_tax(call, item),
        "item_name": item["name"],
        "source": "api",
        "is_linked_with_zohocrm": False,
        "purchase_account_name": _account_name(call, item["purchase_account_id"]),
        "account_name": _account_name(call, item["account_id"]),
        "can_be_sold": item["item_type"] != "purchases",
        "can_be_purchased": item["item_type"] != "sales",
        "track_inventory": item["item_type"] == "inventory",
        "has_attachment": False,
        "custom_fields": fields,
        "custom_field_hash": hashed,
        "vendor_name": vendor.get("contact_name", ""),
        "tags": [],
    }


def _fixed() -> dict[str, Any]:
    return {
        "group_id": "", "unit_id": "", "brand": "", "manufacturer": "", "pricing_scheme": "unit",
        "default_price_brackets": [], "minimum_order_quantity": "", "maximum_order_quantity": "",
        "sales_channels": [], "locations": [], "lock_details": {"can_lock": False}, "locked_actions": [],
        "attribute_id1": "", "attribute_name1": "", "attribute_option_id1": "", "attribute_option_name1": "",
        "documents": [], "is_default_tax_applied": False, "purchase_tax_id": "", "purchase_tax_name": "",
        "purchase_tax_percentage": "", "purchase_tax_type": "",
    }  # fmt: skip


def detail(call: Call, item: Record) -> Record:
    """The wire record of one item."""
    return {
        **row(call, item),
        **unused.ITEM,
        **_fixed(),
        "pricebook_rate": item["rate"],
        "sales_rate": item["rate"],
        "hsn_or_sac": item["hsn_or_sac"],
        "purchase_tax_exemption_id": item["purchase_tax_exemption_id"],
        "inventory_account_id": item["inventory_account_id"],
        "inventory_account_name": _account_name(call, item["inventory_account_id"]),
        "reorder_level": item["reorder_level"],
        "item_tax_preferences": item["item_tax_preferences"],
        "created_at": item["created_time"][:10],
    }


LISTING = Listing(
    resource="items",
    key="items",
    report_name="Items",
    row=row,
    sort_column="name",
    sort_order="A",
    texts=(
        "name", "description", "tax_id", "tax_name", "tax_exemption_id", "account_id", "sku", "sat_item_key_code",
        "unitkey_code",
    ),
    numbers=("rate",),
    flags=("is_taxable",),
    search=("name", "description", "sku"),
    sorts=("rate", "tax_name"),
    derive={"tax_name": lambda call, item: _tax(call, item)["tax_name"]},
    filter_by={
        "Status.All": lambda call, item: True,
        "Status.Active": lambda call, item: item["status"] == "active",
        "Status.Inactive": lambda call, item: item["status"] == "inactive",
    },
)  # fmt: skip


def created(call: Call) -> Reply:
    """``POST /items``."""
    item = _fill(call, _blank(call))
    insert(call, "items", item)
    commit(call, "items", item)
    return Reply({"item": detail(call, item)}, 201, "The item has been added.")


def updated(call: Call) -> Reply:
    """``PUT /items/{id}``."""
    item = get(call, "items", call.ids["item_id"])
    item.update(_fill(call, dict(item)))
    save(call, "items", item)
    commit(call, "items", item)
    return Reply({"item": detail(call, item)}, message="Item details have been saved.")


def upserted(call: Call) -> Reply:
    """``PUT /items`` with ``X-Unique-Identifier-*``."""
    return upsert(call, "items", created, updated)


def listed(call: Call) -> Reply:
    """``GET /items``."""
    return answer(LISTING, call)


def got(call: Call) -> Reply:
    """``GET /items/{id}``."""
    return Reply({"item": detail(call, get(call, "items", call.ids["item_id"]))})


def details(call: Call) -> Reply:
    """``GET /itemdetails?item_ids=``: at most 100, unknown ids are left out."""
    wanted = identities(call.query.get("item_ids"))
    if not wanted or len(wanted) > MAX_DETAILS:
        raise bad_enum("item_ids")
    table = call.org.table("items")
    return Reply({"items": [detail(call, table[item_id]) for item_id in wanted if item_id in table]})


def _used(call: Call, item_id: str) -> bool:
    documents = (row for name in ("invoices", "creditnotes") for row in call.org.table(name).values())
    return any(line["item_id"] == item_id for document in documents for line in document["_lines"])


def deleted(call: Call) -> Reply:
    """``DELETE /items/{id}``: refused for one used in transactions."""
    item = get(call, "items", call.ids["item_id"])
    if _used(call, item["item_id"]):
        raise refusal(call.world, "has_dependents")
    remove(call, "items", item["item_id"])
    commit(call, "items", item)
    return Reply({}, message="The item has been deleted.")


def _marked(call: Call, status: str) -> Reply:
    item = get(call, "items", call.ids["item_id"])
    item["status"] = status
    save(call, "items", item)
    commit(call, "items", item)
    return Reply({}, message=f"The item has been marked as {status}.")


def activated(call: Call) -> Reply:
    """``POST /items/{id}/active``."""
    return _marked(call, "active")


def inactivated(call: Call) -> Reply:
    """``POST /items/{id}/inactive``."""
    return _marked(call, "inactive")


_ONE = "/items/{item_id}"
ROUTES = (
    Route("GET", "/items", "settings.READ", listed),
    Route("POST", "/items", "settings.CREATE", created),
    Route("PUT", "/items", "settings.UPDATE", upserted),
    Route("GET", "/itemdetails", "settings.READ", details),
    Route("GET", _ONE, "settings.READ", got),
    Route("PUT", _ONE, "settings.UPDATE", updated),
    Route("DELETE", _ONE, "settings.DELETE", deleted),
    Route("POST", _ONE + "/active", "settings.CREATE", activated),
    Route("POST", _ONE + "/inactive", "settings.CREATE", inactivated),
)
