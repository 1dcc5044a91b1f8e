"""Reports of customers and items: receivables aging, customer balances, inventory (FACTS 6). Base currency."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bookbridge.sandbox.books.currencies import base
from bookbridge.sandbox.books.invoices_status import balance, status
from bookbridge.sandbox.books.lists import paged, positive
from bookbridge.sandbox.books.reports_accounts import PER_PAGE, SCOPE, context, period
from bookbridge.sandbox.books.values import ZERO, Record, day, flag_of, rounded, tidy
from bookbridge.sandbox.call import Call, Reply, Route


@dataclass(frozen=True)
class _Open:
    """What was open of an invoice on the report's day."""

    invoice: Record
    amount: Decimal
    in_base: Decimal
    age: int


def _report_date(call: Call) -> str:
    return day(call.query, "report_date", "") or period(call)[1]


def _left_on(call: Call, invoice: Record, on: str) -> Decimal:
    """The balance at the end of a day: payments, credits and write-off count on their days."""
    if invoice["_state"] != "sent" or invoice["date"] > on:
        return ZERO
    left = balance(invoice)
    for table, rows, dated in (
        ("customerpayments", "_payment_rows", "apply_date"),
        ("creditnotes", "_credit_rows", "date"),
    ):
        for source_id in dict.fromkeys(invoice.get(rows, {}).values()):
            for row in call.org.table(table)[source_id]["_applied"]:
                if row["invoice_id"] == invoice["invoice_id"] and max(row[dated], invoice["date"]) > on:
                    left += row["amount_applied"] + row["tax_amount_withheld"]
    if invoice["write_off_amount"] and invoice["_write_off_date"] > on:
        left += invoice["write_off_amount"]
    return tidy(left)


def _open(call: Call, on: str) -> list[_Open]:
    places = int(base(call.org)["price_precision"])
    by_date = call.query.get("aging_by", "invoiceduedate") == "invoicedate"
    today = date.fromisoformat(on)
    found = []
    for invoice in call.org.table("invoices").values():
        left = _left_on(call, invoice, on)
        if left > 0:
            since = date.fromisoformat(invoice["date" if by_date else "due_date"])
            in_base = rounded(left * invoice["exchange_rate"], places)
            found.append(_Open(invoice, left, in_base, (today - since).days))
    return found


def _intervals(call: Call) -> list[tuple[str, int, int]]:
    """The columns: ``number_of_columns`` of ``interval_range`` days, the last without an end."""
    size, many = positive(call, "interval_range", 15), min(positive(call, "number_of_columns", 4), 20)
    columns = [
        (f"{place * size + 1}-{(place + 1) * size}", place * size + 1, (place + 1) * size) for place in range(many)
    ]
    first = columns[-1][1]
    return [*columns[:-1], (f"> {first - 1}", first, 10**6)]


def _sum_between(rows: list[_Open], low: int, high: int) -> Decimal:
    return tidy(sum((row.in_base for row in rows if low <= row.age <= high), ZERO))


def _credits(call: Call, customer_id: str, on: str) -> Decimal:
    notes = (
        note
        for note in call.org.table("creditnotes").values()
        if note["customer_id"] == customer_id and note["_state"] == "open" and note["date"] <= on
    )
    places = int(base(call.org)["price_precision"])
    return sum((rounded(note["balance"] * note["exchange_rate"], places) for note in notes), ZERO)


def aging_summary(call: Call) -> Reply:
    """``GET /reports/aragingsummary``: a row for each customer who owes something on ``report_date``."""
    on = _report_date(call)
    with_credits = flag_of(call.query.get("include_credit_notes", ""))
    by_customer: dict[str, list[_Open]] = {}
    for row in _open(call, on):
        by_customer.setdefault(row.invoice["customer_id"], []).append(row)
    rows = []
    for customer_id, opened in by_customer.items():
        contact = call.org.table("contacts")[customer_id]
        currency = call.org.table("currencies")[contact["currency_id"]]
        credits = _credits(call, customer_id, on) if with_credits else ZERO
        rows.append({
            "customer_id": customer_id,
            "customer_name": contact["contact_name"],
            "currency_id": currency["currency_id"],
            "currency_code": currency["currency_code"],
            "current": _sum_between(opened, -(10**6), 0),
            "intervals": [
                {"name": name, "from": low, "to": high, "amount": _sum_between(opened, low, high)}
                for name, low, high in _intervals(call)
            ],
            "credit_notes": credits,
            "invoice_count": len(opened),
            "total": tidy(sum((row.in_base for row in opened), ZERO) - credits),
        })  # fmt: skip
    rows.sort(key=lambda row: str(row["customer_name"]).casefold(), reverse=call.query.get("sort_order") == "D")
    page, head = paged(call, rows, PER_PAGE)
    members = context(call, "AR Aging Summary", report_date=on, **head)
    return Reply({"ar_aging_summary": [{"invoiceagingsummary": page}], "page_context": members})


def aging_details(call: Call) -> Reply:
    """``GET /reports/aragingdetails``: the invoices behind the summary, by column."""
    on = _report_date(call)
    opened = _open(call, on)
    columns = [("Current", -(10**6), 0), *_intervals(call)]
    groups = []
    for name, low, high in columns:
        rows = [row for row in opened if low <= row.age <= high]
        groups.append({
            "group_name": name,
            "amount": tidy(sum((row.in_base for row in rows), ZERO)),
            "group_list": [_aged(call, row) for row in sorted(rows, key=lambda row: -row.age)],
        })  # fmt: skip
    total = tidy(sum((row.in_base for row in opened), ZERO))
    members = context(call, "AR Aging Details", report_date=on)
    return Reply({"invoiceaging": [{"amount": total, "group_list": groups}], "page_context": members})


def _aged(call: Call, row: _Open) -> Record:
    invoice = row.invoice
    return {
        "date": invoice["date"],
        "due_date": invoice["due_date"],
        "transaction_id": invoice["invoice_id"],
        "transaction_number": invoice["invoice_number"],
        "transaction_type": "invoice",
        "status": status(call, invoice),
        "customer_id": invoice["customer_id"],
        "customer_name": call.org.table("contacts")[invoice["customer_id"]]["contact_name"],
        "age": row.age,
        "amount": rounded(invoice["total"] * invoice["exchange_rate"], 2),
        "balance": row.in_base,
        "fcy_balance": row.amount,
        "currency_code": call.org.table("currencies")[invoice["currency_id"]]["currency_code"],
    }


def customer_balances(call: Call) -> Reply:
    """``GET /reports/customerbalancesummary``: invoiced and received in the period, owed at its end."""
    start, end = period(call)
    places = int(base(call.org)["price_precision"])
    sums: dict[str, dict[str, Decimal]] = {}

    def add(customer_id: str, name: str, amount: Decimal, rate: Decimal) -> None:
        row = sums.setdefault(customer_id, dict.fromkeys(("invoiced", "received", "credited", "closing"), ZERO))
        row[name] += rounded(amount * rate, places)

    for invoice in call.org.table("invoices").values():
        if invoice["_state"] == "sent" and start <= invoice["date"] <= end:
            add(invoice["customer_id"], "invoiced", invoice["total"], invoice["exchange_rate"])
        add(invoice["customer_id"], "closing", _left_on(call, invoice, end), invoice["exchange_rate"])
    for payment in call.org.table("customerpayments").values():
        if start <= payment["date"] <= end:
            add(payment["customer_id"], "received", payment["amount"], payment["exchange_rate"])
    for note in call.org.table("creditnotes").values():
        if note["_state"] in ("open", "closed") and start <= note["date"] <= end:
            add(note["customer_id"], "credited", note["total"], note["exchange_rate"])
    rows = [_customer_row(call, customer_id, row) for customer_id, row in sums.items() if any(row.values())]
    page, head = paged(call, sorted(rows, key=lambda row: str(row["customer_name"]).casefold()), PER_PAGE)
    return Reply({
        "customer_balance_summary": page, "page_context": context(call, "Customer Balances", **head),
    })  # fmt: skip


def _customer_row(call: Call, customer_id: str, row: dict[str, Decimal]) -> Record:
    contact = call.org.table("contacts")[customer_id]
    return {
        "customer_id": customer_id,
        "customer_name": contact["contact_name"],
        "invoiced_amount": tidy(row["invoiced"]),
        "amount_received": tidy(row["received"]),
        "credit_amount": tidy(row["credited"]),
        "closing_balance": tidy(row["closing"]),
    }


def _moved(call: Call, table: str, states: tuple[str, ...], since: str, until: str) -> dict[str, Decimal]:
    """Quantities of items on documents of a period."""
    found: dict[str, Decimal] = {}
    for document in call.org.table(table).values():
        if document["_state"] in states and since <= document["date"] <= until:
            for line in document["_lines"]:
                if line["item_id"]:
                    found[line["item_id"]] = found.get(line["item_id"], ZERO) + line["quantity"]
    return found


def _stock(call: Call, since: str) -> list[Record]:
    """Items with what came in and went out: the sandbox keeps no stock but what bills and invoices move."""
    _, end = period(call)
    sold = _moved(call, "invoices", ("sent",), since, end)
    back = _moved(call, "creditnotes", ("open", "closed"), since, end)
    bought = _moved(call, "bills", ("open",), since, end)
    rows = []
    for item in call.org.table("items").values():
        out = sold.get(item["item_id"], ZERO) - back.get(item["item_id"], ZERO)
        came = bought.get(item["item_id"], ZERO)
        rows.append({
            "item_id": item["item_id"], "item_name": item["name"], "sku": item["sku"], "unit": item["unit"],
            "status": item["status"], "quantity_in": tidy(came), "quantity_out": tidy(out),
            "closing_stock": tidy(came - out), "purchase_rate": item["purchase_rate"],
        })  # fmt: skip
    return sorted(rows, key=lambda row: str(row["item_name"]).casefold())


def inventory_summary(call: Call) -> Reply:
    """``GET /reports/inventorysummary``."""
    page, head = paged(call, _stock(call, period(call)[0]), PER_PAGE)
    return Reply({"inventory_summary": page, "page_context": context(call, "Inventory Summary", **head)})


def inventory_valuation(call: Call) -> Reply:
    """``GET /reports/inventoryvaluation``: stock at the end, at the purchase rate."""
    places = int(base(call.org)["price_precision"])
    rows = [
        {**row, "asset_value": rounded(row["closing_stock"] * row["purchase_rate"], places)} for row in _stock(call, "")
    ]
    page, head = paged(call, rows, PER_PAGE)
    return Reply({"inventory_valuation": page, "page_context": context(call, "Inventory Valuation", **head)})


ROUTES = (
    Route("GET", "/reports/aragingsummary", SCOPE, aging_summary),
    Route("GET", "/reports/aragingdetails", SCOPE, aging_details),
    Route("GET", "/reports/customerbalancesummary", SCOPE, customer_balances),
    Route("GET", "/reports/inventorysummary", SCOPE, inventory_summary),
    Route("GET", "/reports/inventoryvaluation", SCOPE, inventory_valuation),
)
