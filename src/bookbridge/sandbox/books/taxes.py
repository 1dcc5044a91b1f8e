"""Taxes, tax groups, authorities and exemptions of an organization (FACTS 5.10).

A tax group is stored in the same table with ``_members`` (tax ids) and ``tax_type`` ``tax_group``.
"""

from decimal import Decimal
from typing import Any

from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.lists import Listing, answer
from bookbridge.sandbox.books.records import commit, get, insert, missing, referenced, save, today
from bookbridge.sandbox.books.totals import TaxShare, effective
from bookbridge.sandbox.books.values import Record, enum, flag, identities, invalid, number, text, tidy
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault

TYPES = ("tax", "compound_tax", "tax_group")


def _enabled(call: Call) -> None:
    if not call.org.settings.get("taxes_enabled", True):
        raise ZohoFault(400, 110817, "You have to enable Sales Tax…")


def members(org: Any, tax: Record) -> list[Record]:
    """The taxes that act when this tax or group is chosen."""
    if tax["tax_type"] != "tax_group":
        return [tax]
    table = org.table("taxes")
    return [table[tax_id] for tax_id in tax["_members"] if tax_id in table]


def shares(org: Any, tax: Record) -> tuple[TaxShare, ...]:
    """The effective shares of a tax or group for the totals maths."""
    return effective([
        (row["tax_id"], row["tax_percentage"], row["tax_type"] == "compound_tax") for row in members(org, tax)
    ])  # fmt: skip


def percentage_of(org: Any, tax: Record) -> Decimal:
    """The percentage shown for a tax; for a group the sum of its members."""
    if tax["tax_type"] != "tax_group":
        return Decimal(tax["tax_percentage"])
    return tidy(sum((Decimal(row["tax_percentage"]) for row in members(org, tax)), Decimal(0)))


def shown(call: Call, tax: Record) -> Record:
    """The wire row of a tax or group."""
    authority = call.org.table("taxauthorities").get(tax.get("tax_authority_id", ""), {})
    return {
        "tax_id": tax["tax_id"],
        "tax_name": tax["tax_name"],
        "tax_percentage": percentage_of(call.org, tax),
        "tax_type": tax["tax_type"],
        "tax_type_formatted": tax["tax_type"].replace("_", " ").title(),
        "tax_factor": tax.get("tax_factor", "rate"),
        "tax_specific_type": tax.get("tax_specific_type", ""),
        "tax_specification": tax.get("tax_specification", ""),
        "tds_payable_account_id": "",
        "tax_authority_id": tax.get("tax_authority_id", ""),
        "tax_authority_name": authority.get("tax_authority_name", tax.get("tax_authority_name", "")),
        "is_value_added": tax.get("is_value_added", False),
        "is_default_tax": tax.get("is_default_tax", False),
        "is_editable": tax.get("is_editable", True),
        "is_inactive": tax.get("is_inactive", False),
        "status": "Inactive" if tax.get("is_inactive") else "Active",
        "country": tax.get("country", ""),
        "country_code": tax.get("country_code", ""),
        "purchase_tax_expense_account_id": tax.get("purchase_tax_expense_account_id", ""),
        "output_tax_account_name": "Tax Payable",
        "purchase_tax_account_name": "Tax Payable",
        "tax_account_id": tax.get("tax_account_id", ""),
        "purchase_tax_account_id": tax.get("purchase_tax_account_id", ""),
        "last_modified_time": tax["last_modified_time"],
    }


LISTING = Listing(
    resource="taxes",
    key="taxes",
    report_name="Taxes",
    row=shown,
    applied_filter="Taxes.Active",
    sort_column="tax_name",
    sort_order="A",
    filter_by={
        "Taxes.Active": lambda call, row: not row.get("is_inactive"),
        "Taxes.Inactive": lambda call, row: bool(row.get("is_inactive")),
        "Taxes.All": lambda call, row: True,
    },
    default_filter=lambda call, row: not row.get("is_inactive"),
)


def listed(call: Call) -> Reply:
    """``GET /settings/taxes``; its ``page_context`` also has two dates (FACTS 4.3)."""
    reply = answer(LISTING, call)
    assert isinstance(reply.body, dict)
    reply.body["page_context"].update(as_of_date=today(call), to_date=today(call))
    return reply


def _fields(call: Call, record: Record) -> Record:
    body = call.body
    name = text(body, "tax_name", 100, record.get("tax_name", "")).strip()
    if not name:
        raise invalid("tax_name")
    clash = [row for row in call.org.table("taxes").values() if row["tax_name"].casefold() == name.casefold()]
    if any(row["tax_id"] != record.get("tax_id") for row in clash):
        code = call.world.switches.duplicate_number_code
        raise ZohoFault(400, code, "Tax or tax group already exists with this name.")
    percent = number(body, "tax_percentage", record.get("tax_percentage", Decimal(0)))
    if not 0 <= percent <= 100:
        raise invalid("tax_percentage")
    record.update(
        tax_name=name,
        tax_percentage=percent,
        tax_type=enum(body, "tax_type", ("tax", "compound_tax"), record.get("tax_type", "tax")),
        tax_factor=enum(body, "tax_factor", ("rate", "share"), record.get("tax_factor", "rate")),
        is_value_added=flag(body, "is_value_added", record.get("is_value_added", False)),
        is_editable=flag(body, "is_editable", record.get("is_editable", True)),
    )
    for field in ("tax_specific_type", "tax_authority_id", "tax_authority_name", "country_code", "country",
                  "purchase_tax_expense_account_id"):  # fmt: skip
        record[field] = text(body, field, 100, record.get(field, ""))
    return record


def created(call: Call) -> Reply:
    """``POST /settings/taxes``."""
    _enabled(call)
    record = _fields(call, {})
    insert(call, "taxes", record)
    commit(call, "taxes", record)
    return Reply({"tax": shown(call, record)}, 201, "The tax has been added.")


def got(call: Call) -> Reply:
    """``GET /settings/taxes/{id}``."""
    return Reply({"tax": shown(call, get(call, "taxes", call.ids["tax_id"]))})


def updated(call: Call) -> Reply:
    """``PUT /settings/taxes/{id}``: documents that exist keep the figures they have."""
    _enabled(call)
    record = get(call, "taxes", call.ids["tax_id"])
    if record["tax_type"] == "tax_group":
        raise invalid("tax_id")
    record.update(_fields(call, dict(record)))
    save(call, "taxes", record)
    commit(call, "taxes", record)
    return Reply({"tax": shown(call, record)}, message="Tax information has been saved.")


def _used(org: Any, tax_id: str) -> bool:
    groups = (row for row in org.table("taxes").values() if row["tax_type"] == "tax_group")
    if any(tax_id in row["_members"] for row in groups):
        return True
    if any(row.get("tax_id") == tax_id for name in ("items", "expenses") for row in org.table(name).values()):
        return True
    documents = (row for name in ("invoices", "creditnotes") for row in org.table(name).values())
    return any(line["tax_id"] == tax_id for row in documents for line in row["_lines"])


def _delete(call: Call, tax_id: str, message: str) -> Reply:
    record = get(call, "taxes", tax_id)
    if _used(call.org, tax_id):
        raise refusal(call.world, "has_dependents")
    del call.org.table("taxes")[tax_id]
    commit(call, "taxes", record)
    return Reply({}, message=message)


def deleted(call: Call) -> Reply:
    """``DELETE /settings/taxes/{id}``: refused while something uses it."""
    return _delete(call, call.ids["tax_id"], "The record has been deleted.")


def _group(call: Call) -> Record:
    record = get(call, "taxes", call.ids["tax_group_id"])
    if record["tax_type"] != "tax_group":
        raise missing("taxes")
    return record


def _group_shown(call: Call, group: Record) -> Record:
    keys = ("tax_id", "tax_name", "tax_percentage", "tax_type", "tax_factor", "tax_authority_id", "tax_authority_name")
    rows = [shown(call, row) for row in members(call.org, group)]
    return {
        "tax_group_id": group["tax_id"],
        "tax_group_name": group["tax_name"],
        "tax_group_percentage": percentage_of(call.org, group),
        "taxes": [{key: row[key] for key in keys} for row in rows],
    }


def _group_fields(call: Call, record: Record) -> None:
    name = text(call.body, "tax_group_name", 100, record.get("tax_name", "")).strip()
    tax_ids = identities(call.body["taxes"]) if "taxes" in call.body else record.get("_members", [])
    if not name:
        raise invalid("tax_group_name")
    if not tax_ids:
        raise invalid("taxes")
    for tax_id in tax_ids:
        if referenced(call, "taxes", tax_id, "taxes")["tax_type"] == "tax_group":
            raise invalid("taxes")
    record.update(tax_name=name, tax_type="tax_group", _members=tax_ids, tax_percentage=Decimal(0))


def group_created(call: Call) -> Reply:
    """``POST /settings/taxgroups``; members as comma-separated ids."""
    _enabled(call)
    record: Record = {}
    _group_fields(call, record)
    insert(call, "taxes", record)
    commit(call, "taxes", record)
    return Reply({"tax_group": _group_shown(call, record)}, 201)


def group_got(call: Call) -> Reply:
    """``GET /settings/taxgroups/{id}``."""
    return Reply({"tax_group": _group_shown(call, _group(call))})


def group_updated(call: Call) -> Reply:
    """``PUT /settings/taxgroups/{id}``."""
    record = _group(call)
    _group_fields(call, record)
    save(call, "taxes", record)
    commit(call, "taxes", record)
    return Reply({"tax_group": _group_shown(call, record)})


def group_deleted(call: Call) -> Reply:
    """``DELETE /settings/taxgroups/{id}``."""
    return _delete(call, _group(call)["tax_id"], "The tax group has been deleted.")


_TAX = "/settings/taxes/{tax_id}"
_GROUP = "/settings/taxgroups/{tax_group_id}"
ROUTES = (
    Route("GET", "/settings/taxes", "settings.READ", listed),
    Route("POST", "/settings/taxes", "settings.CREATE", created),
    Route("GET", _TAX, "settings.READ", got),
    Route("PUT", _TAX, "settings.UPDATE", updated),
    Route("DELETE", _TAX, "settings.DELETE", deleted),
    Route("POST", "/settings/taxgroups", "settings.CREATE", group_created),
    Route("GET", _GROUP, "settings.READ", group_got),
    Route("PUT", _GROUP, "settings.UPDATE", group_updated),
    Route("DELETE", _GROUP, "settings.DELETE", group_deleted),
)
