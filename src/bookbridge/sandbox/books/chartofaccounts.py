"""Chart of accounts (FACTS 5.7). Bank, card and cash accounts live in the same table (see ``bankaccounts``)."""

from decimal import Decimal
from typing import Any

from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.currencies import base
from bookbridge.sandbox.books.customfields import shown as custom_shown
from bookbridge.sandbox.books.customfields import write as write_custom
from bookbridge.sandbox.books.lists import Listing, answer
from bookbridge.sandbox.books.postings import balance_of, postings
from bookbridge.sandbox.books.records import clashes, commit, find, get, insert, referenced, remove, save
from bookbridge.sandbox.books.unused import ACCOUNT
from bookbridge.sandbox.books.values import Record, enum, flag, identities, invalid, text
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault

GROUPS: dict[str, tuple[str, ...]] = {
    "Asset": (
        "other_asset", "other_current_asset", "cash", "bank", "fixed_asset", "accounts_receivable", "stock",
        "payment_clearing", "intangible_asset", "right_to_use_asset", "deferred_tax_asset",
    ),
    "Liability": (
        "other_current_liability", "credit_card", "long_term_liability", "other_liability", "accounts_payable",
        "overseas_tax_payable", "output_tax", "deferred_tax_liability",
    ),
    "Equity": ("equity",),
    "Income": ("income", "other_income"),
    "Expense": ("expense", "cost_of_goods_sold", "other_expense"),
}  # fmt: skip
TYPES = tuple(kind for kinds in GROUPS.values() for kind in kinds)
BANKING = ("bank", "credit_card", "cash", "payment_clearing")


def account_named(org: Any, name: str) -> Record:
    """The account of the seeded chart with this name."""
    return find(org, "chartofaccounts", "account_name", name)[0]


def type_formatted(account: Record) -> str:
    """The account type as people read it."""
    return str(account["account_type"]).replace("_", " ").title()


def row(call: Call, account: Record) -> Record:
    """The wire row of the list."""
    children = [one for one in call.org.table("chartofaccounts").values()
                if account["_has_children"] and one["parent_account_id"] == account["account_id"]]  # fmt: skip
    shown = {
        "account_id": account["account_id"],
        "account_name": account["account_name"],
        "account_code": account["account_code"],
        "account_type": account["account_type"],
        "account_type_formatted": type_formatted(account),
        "description": account["description"],
        "placeholder": account["placeholder"],
        "is_register_supported_account": account["account_type"] in BANKING,
        "is_user_created": account["is_user_created"],
        "is_system_account": account["is_system_account"],
        "is_active": account["is_active"],
        "can_show_in_ze": account["can_show_in_ze"],
        "is_involved_in_transaction": bool(account.get("_used")),
        "parent_account_id": account["parent_account_id"],
        "parent_account_name": _parent_name(call, account),
        "depth": 1 if account["parent_account_id"] else 0,
        "has_attachment": False,
        "is_child_present": bool(children),
        "child_count": str(len(children)),
        "documents": [],
        "created_time": account["created_time"],
        "is_standalone_account": False,
        "last_modified_time": account["last_modified_time"],
    }
    if call.query.get("showbalance") == "true":
        shown["current_balance"] = balance_of(call, account)
    return shown


def _parent_name(call: Call, account: Record) -> str:
    parent = call.org.table("chartofaccounts").get(account["parent_account_id"])
    return str(parent["account_name"]) if parent else ""


def _brief(call: Call, account: Record) -> Record:
    """The wire record after a create or update."""
    fields, hashed = custom_shown(call.org, "chartofaccounts", account)
    currency = call.org.table("currencies").get(account["currency_id"]) or base(call.org)
    return {
        **ACCOUNT,
        "account_id": account["account_id"],
        "account_name": account["account_name"],
        "account_code": account["account_code"],
        "is_active": account["is_active"],
        "status": "active" if account["is_active"] else "inactive",
        "account_type": account["account_type"],
        "account_type_formatted": type_formatted(account),
        "currency_id": currency["currency_id"],
        "currency_code": currency["currency_code"],
        "description": account["description"],
        "is_system_account": account["is_system_account"],
        "is_involved_in_transaction": bool(account.get("_used")),
        "can_show_in_ze": account["can_show_in_ze"],
        "include_in_vat_return": account["include_in_vat_return"],
        "custom_fields": fields,
        "custom_field_hash": hashed,
        "parent_account_id": account["parent_account_id"],
        "parent_account_name": _parent_name(call, account),
        "documents": [],
        "created_time": account["created_time"],
        "last_modified_time": account["last_modified_time"],
    }


def _detail(call: Call, account: Record) -> Record:
    rows = postings(call, account)
    closing = balance_of(call, account)
    return {
        **_brief(call, account),
        "is_bulk_update_supported": True,
        "is_register_supported_account": account["account_type"] in BANKING,
        "placeholder": account["placeholder"],
        "is_involved_in_transaction": bool(rows),
        "isdebit": account["account_type"] in GROUPS["Asset"] + GROUPS["Expense"],
        "closing_balance": closing,
        "closing_balance_formatted": f"{base(call.org)['currency_symbol']}{closing:,.2f}",
        "transactions": rows,
    }


def _group_test(kinds: tuple[str, ...]) -> Any:
    return lambda call, account: account["account_type"] in kinds and account["is_active"]


LISTING = Listing(
    resource="chartofaccounts",
    key="chartofaccounts",
    report_name="List Chart Of Accounts",
    row=row,
    applied_filter="AccountType.Active",
    sort_column="account_type",
    sort_order="A",
    texts=("account_id", "account_code", "account_name"),
    search=("account_name", "account_code", "description"),
    sorts=("account_name", "account_type", "account_code"),
    filter_by={
        "AccountType.All": lambda call, account: True,
        "AccountType.Active": lambda call, account: account["is_active"],
        "AccountType.Inactive": lambda call, account: not account["is_active"],
        **{f"AccountType.{word}": _group_test(kinds) for word, kinds in GROUPS.items()},
    },
    default_filter=lambda call, account: account["is_active"],
    documented_modified=True,
    per_page=5000,
)


def listed(call: Call) -> Reply:
    """``GET /chartofaccounts``."""
    return answer(LISTING, call)


def got(call: Call) -> Reply:
    """``GET /chartofaccounts/{id}``: wrapped in ``chart_of_account`` on the wire (FACTS 5.7)."""
    return Reply({"chart_of_account": _detail(call, get(call, "chartofaccounts", call.ids["account_id"]))})


def new_account(name: str, account_type: str) -> Record:
    """An account record that is not stored yet."""
    return {
        "account_name": name,
        "account_code": "",
        "account_type": account_type,
        "description": "",
        "placeholder": "",
        "is_user_created": True,
        "is_system_account": False,
        "is_active": True,
        "can_show_in_ze": account_type == "expense",
        "include_in_vat_return": False,
        "parent_account_id": "",
        "currency_id": "",
        "bank_name": "",
        "account_number": "",
        "routing_number": "",
        "is_primary_account": False,
        "is_paypal_account": False,
        "opening_balance": Decimal(0),
        "_has_children": False,
        "_custom": {},
    }


def fill(call: Call, record: Record, types: tuple[str, ...]) -> Record:
    """Take the fields of a body; raises for a name that is missing or taken and a type that is none."""
    body = call.body
    name = text(body, "account_name", 100, record.get("account_name", "")).strip()
    if not name:
        raise invalid("account_name")
    if clashes(call, "chartofaccounts", "account_name", name, record.get("account_id", "")):
        raise ZohoFault(400, call.world.switches.duplicate_number_code, call.world.switches.duplicate_number_text)
    record["account_name"] = name
    record["account_type"] = enum(body, "account_type", types, record.get("account_type", ""))
    record["account_code"] = text(body, "account_code", 50, record["account_code"])
    record["description"] = text(body, "description", 500, record["description"])
    record["can_show_in_ze"] = flag(body, "can_show_in_ze", record["can_show_in_ze"])
    record["include_in_vat_return"] = flag(body, "include_in_vat_return", record["include_in_vat_return"])
    if body.get("currency_id"):
        record["currency_id"] = referenced(call, "currencies", body["currency_id"], "currency_id")["currency_id"]
    if body.get("parent_account_id"):
        parent = referenced(call, "chartofaccounts", body["parent_account_id"], "parent_account_id")
        parent["_has_children"] = True
        record["parent_account_id"] = parent["account_id"]
    write_custom(call, "chartofaccounts", record, body, record.get("account_id", ""))
    return record


def created(call: Call) -> Reply:
    """``POST /chartofaccounts``."""
    record = new_account("", "")
    fill(call, record, TYPES)
    insert(call, "chartofaccounts", record)
    commit(call, "chartofaccounts", record)
    return Reply({"chart_of_account": _brief(call, record)}, 201, "The account has been created.")


def updated(call: Call) -> Reply:
    """``PUT /chartofaccounts/{id}``."""
    record = get(call, "chartofaccounts", call.ids["account_id"])
    record.update(fill(call, dict(record), TYPES))
    save(call, "chartofaccounts", record)
    commit(call, "chartofaccounts", record)
    body = {"chart_of_account": _brief(call, record)}
    return Reply(body, message="The details of the account have been updated.")


def delete_one(call: Call, account_id: str) -> None:
    """Delete an account; refused for system accounts and for one in use (FACTS 5.7)."""
    record = get(call, "chartofaccounts", account_id)
    items = (item for item in call.org.table("items").values())
    in_items = any(account_id in (item["account_id"], item["purchase_account_id"]) for item in items)
    if record["is_system_account"] or in_items or postings(call, record):
        raise refusal(call.world, "has_dependents")
    remove(call, "chartofaccounts", account_id)
    commit(call, "chartofaccounts", record)


def deleted(call: Call) -> Reply:
    """``DELETE /chartofaccounts/{id}``, or several with ``account_ids`` at ``/bulkdelete``."""
    for account_id in identities(call.ids.get("account_id") or call.query.get("account_ids")):
        delete_one(call, account_id)
    return Reply({}, message="The account has been deleted.")


def _marked(call: Call, active: bool) -> Reply:
    for account_id in identities(call.ids.get("account_id") or call.query.get("account_ids")):
        record = get(call, "chartofaccounts", account_id)
        record["is_active"] = active
        save(call, "chartofaccounts", record)
        commit(call, "chartofaccounts", record)
    return Reply({}, message=f"The account has been marked as {'active' if active else 'inactive'}.")


def activated(call: Call) -> Reply:
    """``POST /chartofaccounts/{id}/active``."""
    return _marked(call, True)


def inactivated(call: Call) -> Reply:
    """``POST /chartofaccounts/{id}/inactive``."""
    return _marked(call, False)


_ONE = "/chartofaccounts/{account_id}"
ROUTES = (
    Route("GET", "/chartofaccounts", "accountants.READ", listed),
    Route("POST", "/chartofaccounts", "accountants.CREATE", created),
    Route("DELETE", "/chartofaccounts/bulkdelete", "accountants.DELETE", deleted),
    Route("POST", "/chartofaccounts/active", "accountants.CREATE", activated),
    Route("POST", "/chartofaccounts/inactive", "accountants.CREATE", inactivated),
    Route("GET", _ONE, "accountants.READ", got),
    Route("PUT", _ONE, "accountants.UPDATE", updated),
    Route("DELETE", _ONE, "accountants.DELETE", deleted),
    Route("POST", _ONE + "/active", "accountants.CREATE", activated),
    Route("POST", _ONE + "/inactive", "accountants.CREATE", inactivated),
)
