"""Line items of invoices and credit notes: what a body says, with the item's values where it is silent (FACTS 5.4).

A stored line holds its wire fields; ``_discount`` is what was sent (amount, or text with a per cent sign).
"""

from decimal import Decimal
from typing import Any

from bookbridge.sandbox.books.chartofaccounts import account_named
from bookbridge.sandbox.books.records import new_id, referenced
from bookbridge.sandbox.books.taxes import percentage_of, shares
from bookbridge.sandbox.books.totals import LineInput, LineResult, TaxShare
from bookbridge.sandbox.books.values import (
    ONE,
    ZERO,
    Record,
    decimal_of,
    invalid,
    number,
    percentage,
    rounded,
    text,
    text_of,
    tidy,
    too_long,
)
from bookbridge.sandbox.call import Call, ZohoFault

CATEGORIES = ("line_item", "header", "subtotal")
TEXTS = {"name": 100, "description": 2000, "unit": 100}
PASSED = {
    "project_id": 50, "expense_id": 50, "bill_id": 50, "bill_item_id": 50, "salesorder_item_id": 50, "header_id": 50,
    "header_name": 100, "hsn_or_sac": 100, "product_type": 50, "tax_treatment_code": 50, "location_id": 50,
    "tax_exemption_id": 50, "tds_tax_id": 50, "sat_item_key_code": 100, "unitkey_code": 100, "invoice_item_id": 50,
    "pricebook_id": 50,
}  # fmt: skip
NAMING = ("item_id", "name", "description", "account_id", "expense_id", "time_entry_ids", "salesorder_item_id")


def rows_of(body: Record) -> list[Record]:
    """``line_items`` of a body; raises 15 when it is no list of objects and 4016 when it is empty."""
    rows = body.get("line_items")
    if rows in (None, "", []):
        raise ZohoFault(400, 4016, "No line items selected")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise too_long("line_items", 100)
    return rows


def parse(call: Call, rows: list[Record], kept: dict[str, Record]) -> list[Record]:
    """The stored lines of a document; ``kept`` are its lines so far by id (a row with such an id changes that line)."""
    lines = []
    for position, row in enumerate(rows, start=1):
        old = kept.get(str(row.get("line_item_id", "")))
        lines.append(_line(call, row, dict(old) if old else _blank(call), position))
    if all(line["line_item_category"] != "line_item" for line in lines):
        raise ZohoFault(400, 4016, "No line items selected")
    return lines


def _blank(call: Call) -> Record:
    return {
        "line_item_id": new_id(call), "item_id": "", "rate": ZERO, "quantity": ONE, "_discount": ZERO, "tax_id": "",
        "account_id": "", "line_item_category": "line_item", "time_entry_ids": [], "tags": [], "_new": True,
        **dict.fromkeys(TEXTS, ""), **dict.fromkeys(PASSED, ""),
    }  # fmt: skip


def _line(call: Call, row: Record, line: Record, position: int) -> Record:
    category = text(row, "line_item_category", 20) or line["line_item_category"]
    if category not in CATEGORIES:
        raise invalid("line_item_category")
    line["line_item_category"] = category
    new = line.pop("_new", False)
    if new and category == "line_item" and not any(row.get(name) for name in NAMING):
        raise invalid("name")
    _item(call, row, line)
    for name, limit in (*TEXTS.items(), *PASSED.items()):
        if name in row:
            line[name] = text_of(row[name], name, limit)
    line["rate"] = number(row, "rate", line["rate"])
    line["quantity"] = number(row, "quantity", line["quantity"])
    if category == "line_item" and not line["rate"] and not call.world.switches.zero_rate_lines:
        raise invalid("rate")
    line["_discount"] = discount_of(row, line["_discount"])
    for name in ("time_entry_ids", "tags"):
        if isinstance(row.get(name), list):
            line[name] = row[name]
    _tax(call, row, line)
    _account(call, row, line)
    order = row.get("item_order", position)
    line["item_order"] = int(order) if str(order).isdigit() else position
    return line


def _item(call: Call, row: Record, line: Record) -> None:
    """Take name, description, unit, rate, tax and account from the catalogue when ``item_id`` is given."""
    if row.get("item_id") in (None, "") or str(row["item_id"]) == line["item_id"]:
        return
    item = referenced(call, "items", row["item_id"], "item_id")
    for name in ("item_id", "name", "description", "unit", "rate", "tax_id", "product_type", "hsn_or_sac"):
        line[name] = item[name]
    line["account_id"] = item["account_id"]


def discount_of(body: Record, default: Any) -> Any:
    """``discount`` of a body: an amount as Decimal, or the text ``x%``."""
    value = body.get("discount")
    if value is None or value == "":
        return default
    if percentage(value) is not None:
        if percentage(value) > 100:  # type: ignore[operator]
            raise invalid("discount")
        return str(value).strip()
    return decimal_of(value, "discount")


def discount_parts(value: Any) -> tuple[Decimal, bool]:
    """A discount as number and whether it is a percentage."""
    percent = percentage(value)
    return (percent, True) if percent is not None else (Decimal(value), False)


def _tax(call: Call, row: Record, line: Record) -> None:
    if "tax_id" in row:
        wanted = row["tax_id"]
        line["tax_id"] = "" if wanted in (None, "") else referenced(call, "taxes", wanted, "tax_id")["tax_id"]
    tax = call.org.table("taxes").get(line["tax_id"])
    line["tax_name"] = tax["tax_name"] if tax else ""
    line["tax_type"] = tax["tax_type"] if tax else "tax"
    line["tax_percentage"] = percentage_of(call.org, tax) if tax else ZERO


def _account(call: Call, row: Record, line: Record) -> None:
    if row.get("account_id") not in (None, "", " "):
        line["account_id"] = referenced(call, "chartofaccounts", row["account_id"], "account_id")["account_id"]
    if not line["account_id"]:
        line["account_id"] = account_named(call.org, "Sales")["account_id"]


def tax_shares(call: Call, tax_id: str) -> tuple[TaxShare, ...]:
    """The shares of a tax or group, none without one."""
    tax = call.org.table("taxes").get(tax_id)
    return shares(call.org, tax) if tax else ()


def as_input(call: Call, line: Record) -> LineInput:
    """A stored line as the totals maths takes it."""
    if line["line_item_category"] != "line_item":
        return LineInput(rate=ZERO, quantity=ZERO)
    amount, is_percent = discount_parts(line["_discount"])
    return LineInput(line["rate"], line["quantity"], amount, is_percent, tax_shares(call, line["tax_id"]))


def settle(call: Call, line: Record, result: LineResult, exchange_rate: Decimal, base_places: int) -> None:
    """Write the figures of the maths into a stored line."""
    line["item_total"] = result.item_total
    line["discount_amount"] = result.discount_amount
    line["bcy_rate"] = rounded(line["rate"] * exchange_rate, base_places)
    taxes = call.org.table("taxes")
    line["line_item_taxes"] = [
        {
            "tax_id": tax_id,
            "tax_name": named(taxes[tax_id]),
            "tax_amount": amount,
            "tax_percentage": taxes[tax_id]["tax_percentage"],
        }
        for tax_id, amount in result.taxes
    ]


def named(tax: Record) -> str:
    """A tax as ``taxes[]`` names it: ``CGST9 (9%)`` (FACTS 5.4)."""
    return f"{tax['tax_name']} ({format(tidy(Decimal(tax['tax_percentage'])), 'f')}%)"


# Fields of a stored line that go to the wire as they are.
STORED = (
    "line_item_id", "item_id", "item_order", "name", "description", "unit", "quantity", "discount_amount", "bcy_rate",
    "rate", "account_id", "header_id", "header_name", "pricebook_id", "tax_id", "tds_tax_id", "tax_name", "tax_type",
    "tax_percentage", "tax_treatment_code", "tax_exemption_id", "item_total", "tags", "line_item_taxes", "bill_id",
    "bill_item_id", "project_id", "time_entry_ids", "expense_id", "product_type", "hsn_or_sac", "sat_item_key_code",
    "unitkey_code", "location_id", "salesorder_item_id", "line_item_category",
)  # fmt: skip


def shown(call: Call, line: Record) -> Record:
    """The wire line of a document's detail."""
    account = call.org.table("chartofaccounts").get(line["account_id"], {})
    discount, is_percent = discount_parts(line["_discount"])
    return {
        **{name: line[name] for name in STORED},
        "internal_name": "",
        "discount": line["_discount"] if is_percent else discount,
        "discounts": [],
        "account_name": account.get("account_name", ""),
        "item_custom_fields": [],
        "pricing_scheme": "unit",
        "documents": [],
        "project_name": "",
        "item_type": "sales" if line["item_id"] else "",
        "expense_receipt_name": "",
        "location_name": "",
        "sales_rate": line["rate"],
        "purchase_rate": "",
        "cost_amount": ZERO,
        "markup_percent": ZERO,
    }
