"""The double-entry ledger that the documents amount to, in base currency: what accounts and reports are read from.

Nothing is stored: entries are made from the documents and kept until something changes. Every document's entries sum
to zero; what rounding to the base currency or a change of rates leaves over goes to ``Exchange Gain or Loss``.

On a cash basis income and cost count when money moves: a payment carries its share of each line of what it settles.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from bookbridge.sandbox.books.currencies import base
from bookbridge.sandbox.books.records import find
from bookbridge.sandbox.books.values import ZERO, Record, rounded, tidy
from bookbridge.sandbox.call import Call

RECEIVABLE, PAYABLE, TAX = "Accounts Receivable", "Accounts Payable", "Tax Payable"
ADVANCE, PREPAID, EXCHANGE, BAD_DEBT = "Unearned Revenue", "Prepaid Expenses", "Exchange Gain or Loss", "Bad Debt"
EARLIEST = "1970-01-01"


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a posting: ``amount`` in base currency and ``fcy`` in the document's, debits positive."""

    account_id: str
    date: str
    amount: Decimal
    fcy: Decimal
    kind: str
    record_id: str
    contact_id: str
    reference: str
    currency_code: str


@dataclass(frozen=True, slots=True)
class _Source:
    """A document being posted: its entries' common fields."""

    date: str
    kind: str
    record: Record
    record_id: str
    contact_id: str
    reference: str


Part = tuple[str, Decimal, Decimal]
"""Account id, amount in the document's currency (debits positive), rate."""


def entries(call: Call, *, cash_based: bool = False) -> list[Entry]:
    """All entries, oldest first."""
    key = ("ledger", cash_based, call.world.changes)
    found = call.org.found
    if key not in found:
        for stale in [one for one in found if one[0] == "ledger" and one[2] != call.world.changes]:
            del found[stale]
        found[key] = sorted(_Poster(call, cash_based).all(), key=lambda entry: (entry.date, entry.record_id))
    kept: list[Entry] = found[key]
    return kept


class _Poster:
    """Makes the entries of every document of an organization."""

    def __init__(self, call: Call, cash_based: bool) -> None:
        self._org, self._cash = call.org, cash_based
        self._places = int(base(call.org)["price_precision"])
        self._codes = {row["currency_id"]: row["currency_code"] for row in call.org.table("currencies").values()}

    def all(self) -> Iterator[Entry]:
        """Give the entries of all documents."""
        yield from self._openings()
        for row in self._rows("invoices"):
            yield from self._invoice(row)
        for row in self._rows("creditnotes"):
            yield from self._credit_note(row)
        for row in self._rows("customerpayments"):
            yield from self._payment(row, "invoices", "customer_id", ADVANCE, 1)
        for row in self._rows("bills"):
            yield from self._bill(row)
        for row in self._rows("vendorpayments"):
            yield from self._payment(row, "bills", "vendor_id", PREPAID, -1)
        for row in self._rows("expenses"):
            yield from self._expense(row)

    def _rows(self, table: str) -> list[Record]:
        return list(self._org.table(table).values())

    def _id(self, name: str) -> str:
        return str(find(self._org, "chartofaccounts", "account_name", name)[0]["account_id"])

    def _post(self, source: _Source, parts: list[Part]) -> Iterator[Entry]:
        """Round each part to base currency and let the rest balance them."""
        code = self._codes.get(source.record.get("currency_id", ""), "")
        head = (source.kind, source.record_id, source.contact_id, source.reference, code)
        left = ZERO
        for account_id, fcy, rate in parts:
            amount = rounded(fcy * rate, self._places)
            left += amount
            if fcy:
                yield Entry(account_id, source.date, amount, tidy(fcy), *head)
        if left:
            yield Entry(self._id(EXCHANGE), source.date, tidy(-left), ZERO, *head)

    def _openings(self) -> Iterator[Entry]:
        for account in self._rows("chartofaccounts"):
            amount = account["opening_balance"]
            if amount:
                signed = amount if account["account_type"] in DEBIT_TYPES else -amount
                source = _Source(EARLIEST, "opening_balance", {}, account["account_id"], "", "")
                one = Decimal(1)
                parts = [(account["account_id"], signed, one), (self._id("Opening Balance Offset"), -signed, one)]
                yield from self._post(source, parts)

    def _document_parts(self, row: Record, sign: int) -> list[Part]:
        """Lines, taxes, shipping, discount and adjustment of a sale (sign -1) or purchase (sign 1)."""
        rate = row["exchange_rate"]
        parts = [(line["account_id"], sign * line["item_total"], rate) for line in row["_lines"]]
        parts.append((self._id(TAX), sign * row["tax_total"], rate))
        parts.append((self._id("Shipping Charge"), sign * row["shipping_charge_exclusive_of_tax"], rate))
        counted = sum((line["item_total"] for line in row["_lines"]), ZERO) + row["tax_total"]
        rest = row["total"] - counted - row["shipping_charge_exclusive_of_tax"]
        other = rest + row["discount_total"] if row["discount_type"] == "entity_level" else rest
        if other != rest:
            parts.append((self._id("Discount"), -sign * row["discount_total"], rate))
        parts.append((self._id("Other Charges"), sign * other, rate))
        return parts

    def _invoice(self, row: Record) -> Iterator[Entry]:
        if row["_state"] != "sent" or self._cash:
            return
        rate, who, number = row["exchange_rate"], row["customer_id"], row["invoice_number"]
        source = _Source(row["date"], "invoice", row, row["invoice_id"], who, number)
        yield from self._post(source, [(self._id(RECEIVABLE), row["total"], rate), *self._document_parts(row, -1)])
        off = row["write_off_amount"]
        if off:
            source = _Source(row["_write_off_date"], "invoice_write_off", row, row["invoice_id"], who, number)
            yield from self._post(source, [(self._id(BAD_DEBT), off, rate), (self._id(RECEIVABLE), -off, rate)])

    def _bill(self, row: Record) -> Iterator[Entry]:
        if row["_state"] != "open" or self._cash:
            return
        source = _Source(row["date"], "bill", row, row["bill_id"], row["vendor_id"], row["bill_number"])
        payable = (self._id(PAYABLE), -row["total"], row["exchange_rate"])
        yield from self._post(source, [payable, *self._document_parts(row, 1)])

    def _credit_note(self, row: Record) -> Iterator[Entry]:
        if row["_state"] not in ("open", "closed"):
            return
        rate, who, number = row["exchange_rate"], row["customer_id"], row["creditnote_number"]
        receivable = self._id(RECEIVABLE)
        source = _Source(row["date"], "creditnote", row, row["creditnote_id"], who, number)
        if not self._cash:
            yield from self._post(source, [(receivable, -row["total"], rate), *self._document_parts(row, 1)])
            for one in row["_applied"]:
                invoice_rate = self._org.table("invoices")[one["invoice_id"]]["exchange_rate"]
                if invoice_rate != rate:
                    amount = one["amount_applied"]
                    used = _Source(one["date"], "creditnote", row, row["creditnote_id"], who, number)
                    yield from self._post(used, [(receivable, amount, rate), (receivable, -amount, invoice_rate)])
        for one in row["_refunds"]:
            back = _Source(one["date"], "creditnote_refund", row, row["creditnote_id"], who, number)
            taken = self._shares(row, one["amount"], 1) if self._cash else [(receivable, one["amount"], rate)]
            yield from self._post(back, [*taken, (one["from_account_id"], -one["amount"], one["exchange_rate"])])

    def _shares(self, document: Record, amount: Decimal, sign: int) -> list[Part]:
        """The share of a document's lines that ``amount`` of its total stands for."""
        parts = self._document_parts(document, sign)
        total = document["total"]
        return [(account_id, tidy(fcy * amount / total), rate) for account_id, fcy, rate in parts if total]

    def _payment(self, row: Record, table: str, party: str, ahead: str, sign: int) -> Iterator[Entry]:
        """A customer's payment (sign 1), or one made to a vendor (-1): money, what it settles, what is ahead."""
        sale = sign == 1
        control, key = (RECEIVABLE, "invoice_id") if sale else (PAYABLE, "bill_id")
        account = row["account_id"] if sale else row["paid_through_account_id"]
        kind = "customer_payment" if sale else "vendor_payment"
        rate = row["exchange_rate"]
        parts: list[Part] = [(account, sign * row["amount"], rate)]
        free = row["amount"]
        for one in row["_applied"]:
            document = self._org.table(table)[one[key]]
            settled = one["amount_applied"] + one["tax_amount_withheld"]
            free -= one["amount_applied"]
            parts.append((self._id("Advance Tax"), sign * one["tax_amount_withheld"], rate))
            if self._cash:
                parts.extend(self._shares(document, settled, -sign))
            else:
                parts.append((self._id(control), -sign * settled, document["exchange_rate"]))
        parts.append((self._id(ahead), -sign * free, rate))
        source = _Source(row["date"], kind, row, row["payment_id"], row[party], row["reference_number"])
        yield from self._post(source, parts)
        for one in row["_refunds"]:
            moved = one["from_account_id"] if sale else one["to_account_id"]
            money = (moved, -sign * one["amount"], one["exchange_rate"])
            back = _Source(one["date"], f"{kind}_refund", row, row["payment_id"], row[party], one["reference_number"])
            yield from self._post(back, [(self._id(ahead), sign * one["amount"], rate), money])

    def _expense(self, row: Record) -> Iterator[Entry]:
        rate = row["exchange_rate"]
        parts: list[Part] = [(line["account_id"], line["_net"], rate) for line in row["_lines"]]
        parts.append((self._id(TAX), row["tax_amount"], rate))
        parts.append((row["paid_through_account_id"], -row["total"], rate))
        who = row["vendor_id"] or row["customer_id"]
        source = _Source(row["date"], "expense", row, row["expense_id"], who, row["reference_number"])
        yield from self._post(source, parts)


DEBIT_TYPES = {
    "other_asset", "other_current_asset", "cash", "bank", "fixed_asset", "accounts_receivable", "stock",
    "payment_clearing", "intangible_asset", "right_to_use_asset", "deferred_tax_asset", "expense",
    "cost_of_goods_sold", "other_expense",
}  # fmt: skip


def totals(found: list[Entry], *, until: str = "9999-12-31", since: str = "") -> dict[str, Decimal]:
    """The sum of entries by account id, debits positive, between two days."""
    sums: dict[str, Decimal] = {}
    for entry in found:
        if since <= entry.date <= until:
            sums[entry.account_id] = sums.get(entry.account_id, ZERO) + entry.amount
    return sums


def own_direction(account: Record, amount: Decimal) -> Decimal:
    """A sum as the account's type counts it: assets and costs by debits, all others by credits."""
    return tidy(amount if account["account_type"] in DEBIT_TYPES else -amount)
