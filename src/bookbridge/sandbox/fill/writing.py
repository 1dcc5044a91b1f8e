"""Invoices and payments written straight into the state, equal to what the handlers write, in a fraction of the time.

An invoice is a copy of one the handlers' code made for the same customer, with its own lines, dates and figures. Where
the organization rounds in another way than usual, or the invoice has a discount, the handlers' arithmetic computes it.
"""

from datetime import date
from decimal import Decimal

from bookbridge.sandbox.books import comments, customerpayments, documents, invoices_create, lines
from bookbridge.sandbox.books.balances import RECEIVABLE, count
from bookbridge.sandbox.books.invoices_status import DRAFT, SENT, receivable
from bookbridge.sandbox.books.records import commit, insert, new_id
from bookbridge.sandbox.books.settlements import PAYMENT, attach
from bookbridge.sandbox.books.values import ZERO, Record, rounded, tidy
from bookbridge.sandbox.call import Call
from bookbridge.sandbox.fill.cast import Cast, Customer
from bookbridge.sandbox.fill.timeline import Timeline

_MODES = ("banktransfer", "banktransfer", "creditcard", "check", "cash")
_DISCOUNTED = 0.04
_HUNDRED = Decimal(100)


class Writer:
    """Writes invoices and payments at the timeline's present."""

    def __init__(self, line: Timeline, cast: Cast, *, withheld: int = 0) -> None:
        self._line, self._cast, self._random = line, cast, line.random
        self._withheld = withheld
        self._lines: dict[tuple[str, str], Record] = {}
        settings = line.org.settings
        self._plain = settings["tax_rounding"] == "entity_level" and (
            settings["transaction_rounding_type"] == "no_rounding"
        )

    def invoice(self, customer: Customer, day: int, *, draft: bool = False) -> Record:
        """Write one invoice dated ``day``; without ``draft`` it was mailed at once."""
        call = self._line.call("POST", "/invoices")
        invoice = self._blank(call, customer, date.fromordinal(day).isoformat(), draft)
        amounts = [
            self._a_line(call, customer, invoice, place) for place in range(self._random.choice((1, 1, 2, 2, 3)))
        ]
        invoice["_lines"] = amounts
        if self._plain and self._random.random() >= _DISCOUNTED:
            self._figures(call, customer, invoice)
        else:
            invoice.update(_discount=f"{self._random.choice((5, 10, 12.5))}%", discount_type="entity_level")
            documents.calculate(call, invoice)
        prefix = call.org.settings["invoice_prefix"]
        invoice["invoice_number"] = documents.next_number(call, "invoices", "invoice_number", prefix)
        insert(call, "invoices", invoice)
        count(call, invoice, RECEIVABLE, receivable(invoice))
        comments.note(call, invoice, f"Invoice created for {invoice['total']}")
        commit(call, "invoices", invoice)
        return invoice

    def payment(self, customer: Customer, rows: list[tuple[str, Decimal]], extra: Decimal = ZERO) -> Record:
        """Write a payment of invoices ``(invoice_id, amount)``, with ``extra`` left unused."""
        call = self._line.call("POST", "/customerpayments")
        invoices = call.org.table("invoices")
        # Now and then it is entered a few days after it arrived, but not before what it pays was written.
        days_ago = self._random.choice((1, 2, 3)) if self._random.random() < 0.05 else 0
        arrived = date.fromordinal(self._line.today - days_ago).isoformat()
        day = max([arrived, *(invoices[invoice_id]["date"] for invoice_id, _ in rows)])
        applied = [self._applied(customer, invoice_id, amount) for invoice_id, amount in rows]
        payment = {
            **customerpayments.blank(call),
            "customer_id": customer.contact_id,
            "currency_id": customer.currency["currency_id"],
            "exchange_rate": self._cast.rate(customer.currency, day),
            "date": day,
            "amount": tidy(sum((row["amount_applied"] for row in applied), extra)),
            "payment_mode": self._random.choice(_MODES),
            "account_id": self._random.choice(self._cast.deposits),
            "reference_number": f"TR{self._random.randrange(10**8):08d}",
            "payment_number": customerpayments.next_number(call),
        }
        insert(call, "customerpayments", payment)
        attach(call, PAYMENT, payment, applied)
        comments.note(call, payment, f"Payment of {payment['amount']} received")
        commit(call, "customerpayments", payment)
        return payment

    def _applied(self, customer: Customer, invoice_id: str, amount: Decimal) -> Record:
        """A row that settles ``amount``, part of it withheld as tax now and then."""
        held = ZERO
        if self._withheld and self._random.random() * 100 < self._withheld:
            held = rounded(amount / 10, customer.places)
        return {"invoice_id": invoice_id, "amount_applied": tidy(amount - held), "tax_amount_withheld": held}

    def _blank(self, call: Call, customer: Customer, day: str, draft: bool) -> Record:
        if not customer.template:
            body = {"customer_id": customer.contact_id, "line_items": [{"name": "x", "rate": 1}]}
            first = self._line.call("POST", "/invoices", body)
            customer.template = invoices_create.fill(first, invoices_create.blank(first), new=True)
        portal, key = call.org.info["portal_name"], call.world.ids.hex(64)
        return {
            **customer.template,
            "invoice_id": new_id(call),
            "_state": DRAFT if draft else SENT,
            "date": day,
            "issued_date": "" if draft else day,
            "due_date": documents.due_after(day, customer.terms),
            "exchange_rate": self._cast.rate(customer.currency, day),
            "reference_number": f"PO-{self._random.randrange(10**6):06d}" if self._random.random() < 0.3 else "",
            "invoice_url": invoices_create.URL.format(portal=portal, key=key),
            "is_emailed": not draft,
            "_mails": 0 if draft else 1,
            "tags": [],
            "_documents": [],
            "_custom": {},
        }

    def _a_line(self, call: Call, customer: Customer, invoice: Record, place: int) -> Record:
        item = self._random.choice(self._cast.items)
        key = (item["item_id"], customer.currency["currency_id"])
        template = self._lines.get(key)
        if template is None:
            rate = rounded(item["rate"] / self._cast.rate(customer.currency, invoice["date"]), customer.places)
            row = {"item_id": item["item_id"], "rate": max(rate, Decimal(1))}
            template = self._lines[key] = lines.parse(call, [row], {})[0]
        quantity = Decimal(self._random.choice((1, 1, 2, 3, 5, 8, 12, 40)))
        return {
            **template,
            "line_item_id": new_id(call),
            "item_order": place + 1,
            "quantity": quantity,
            "item_total": rounded(template["rate"] * quantity, customer.places),
            "discount_amount": ZERO,
            "bcy_rate": rounded(template["rate"] * invoice["exchange_rate"], self._cast.base_places),
            "line_item_taxes": [],
        }

    def _figures(self, call: Call, customer: Customer, invoice: Record) -> None:
        """Compute an invoice without discount and shipping: net, one rounded sum of each tax, total."""
        table = call.org.table("taxes")
        taxable: dict[str, Decimal] = {}
        for line in invoice["_lines"]:
            tax = table.get(line["tax_id"])
            if tax is None:
                continue
            net = line["item_total"]
            taxable[tax["tax_id"]] = taxable.get(tax["tax_id"], ZERO) + net
            amount = rounded(net * tax["tax_percentage"] / _HUNDRED, customer.places)
            line["line_item_taxes"] = [{
                "tax_id": tax["tax_id"], "tax_name": lines.named(tax), "tax_amount": amount,
                "tax_percentage": tax["tax_percentage"],
            }]  # fmt: skip
        taxes = {
            tax_id: rounded(net * table[tax_id]["tax_percentage"] / _HUNDRED, customer.places)
            for tax_id, net in taxable.items()
        }
        net = tidy(sum((line["item_total"] for line in invoice["_lines"]), ZERO))
        tax_total = tidy(sum(taxes.values(), ZERO))
        invoice.update(
            sub_total=net,
            total_taxable_amount=rounded(sum(taxable.values(), ZERO), customer.places),
            tax_total=tax_total,
            total=tidy(net + tax_total),
            _taxes=[
                {"tax_id": tax_id, "tax_name": lines.named(table[tax_id]), "tax_amount": amount}
                for tax_id, amount in taxes.items()
            ],
        )
        rate, places = invoice["exchange_rate"], self._cast.base_places
        for name in ("sub_total", "tax_total", "total"):
            invoice[f"bcy_{name}"] = rounded(invoice[name] * rate, places)
