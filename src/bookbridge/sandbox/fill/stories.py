"""What happens to an invoice after it was written (``plan.MIX`` says how often): each story plans its next steps."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bookbridge.sandbox.books.invoices_status import balance
from bookbridge.sandbox.books.values import ONE, ZERO, Record, rounded, tidy
from bookbridge.sandbox.fill.cast import Cast, Customer
from bookbridge.sandbox.fill.timeline import Timeline
from bookbridge.sandbox.fill.writing import Writer


@dataclass(frozen=True)
class Deal:
    """An invoice of a story; days are ordinals."""

    customer: Customer
    invoice: Record
    day: int
    due: int

    @property
    def id(self) -> str:
        """Give the invoice's id."""
        return str(self.invoice["invoice_id"])

    @property
    def total(self) -> Decimal:
        """Give what the invoice asks for."""
        total: Decimal = self.invoice["total"]
        return total

    def part(self, share: Decimal) -> Decimal:
        """Give a share of the total in the currency's smallest units, at least one and never everything."""
        unit = ONE.scaleb(-self.customer.places)
        return tidy(min(max(rounded(self.total * share, self.customer.places), unit), self.total - unit))


class Stories:
    """All stories of one fill."""

    def __init__(self, line: Timeline, cast: Cast, *, withheld: int = 0) -> None:
        self._line, self._cast, self._random = line, cast, line.random
        self._writer = Writer(line, cast, withheld=withheld)
        self._together: dict[str, list[Deal]] = {}
        self._kinds: dict[str, Callable[[Deal], None]] = {
            "paid": self._paid,
            "late": self._late,
            "parts": self._parts,
            "partial": self._partial,
            "together": self._with_others,
            "credited": self._credited,
            "written_off": self._written_off,
            "bounced": self._bounced,
            "void": self._void,
            "disputed": self._disputed,
            "deleted": self._deleted,
            "draft": lambda deal: None,
        }

    def begin(self, story: str) -> None:
        """Let a customer buy something now."""
        customer = self._cast.customer()
        if story == "advance":
            self._advance_first(customer)
            return
        deal = self._write(customer, draft=story == "draft" or (story == "deleted" and self._chance(50)))
        self._kinds[story](deal)

    def advance(self) -> None:
        """Let a customer pay for nothing in particular; some of it goes back."""
        customer = self._cast.customer()
        payment = self._writer.payment(customer, [], self._some(customer))
        if self._chance(35):
            share = Decimal(self._random.choice((1, 1, 2))) / 2
            amount = rounded(payment["amount"] * min(share, ONE), customer.places) or payment["amount"]
            body = {"amount": amount, "from_account_id": self._cast.deposits[1], "refund_mode": "banktransfer"}
            path = f"/customerpayments/{payment['payment_id']}/refunds"
            self._line.on(self._line.today + self._random.randint(3, 40), self._post_dated, path, body)

    def credit_note(self) -> None:
        """Let a customer get a credit note for no invoice: open, refunded, void or draft."""
        customer = self._cast.customer()
        note = self._credit(customer, self._some(customer), draft=self._chance(8))
        path = f"/creditnotes/{note['creditnote_id']}"
        if note["status"] == "draft" or self._chance(40):
            return
        day = self._line.today + self._random.randint(2, 50)
        if self._chance(10):
            self._line.on(day, self._post, f"{path}/status/void", {})
            return
        amount = note["total"] if self._chance(60) else rounded(note["total"] / 3, customer.places) or note["total"]
        body = {"amount": amount, "from_account_id": self._cast.deposits[1], "refund_mode": "cash"}
        self._line.on(day, self._post_dated, f"{path}/refunds", body)

    def _chance(self, percent: int) -> bool:
        return self._random.random() * 100 < percent

    def _some(self, customer: Customer) -> Decimal:
        """Give an amount that is usual in the customer's currency."""
        base = Decimal(self._random.randint(2000, 90000)) / 100
        day = date.fromordinal(self._line.today).isoformat()
        return max(rounded(base / self._cast.rate(customer.currency, day), customer.places), ONE)

    def _write(self, customer: Customer, *, draft: bool = False) -> Deal:
        today = self._line.today
        day = today - (self._random.randint(1, 5) if self._chance(5) else 0)
        invoice = self._writer.invoice(customer, day, draft=draft)
        return Deal(customer, invoice, day, day + customer.terms)

    def _post(self, path: str, body: Record) -> None:
        self._line.do("POST", path, body)

    def _post_dated(self, path: str, body: Record) -> None:
        self._post(path, {**body, "date": date.fromordinal(self._line.today).isoformat()})

    def _pay(self, deal: Deal, amount: Decimal) -> None:
        self._writer.payment(deal.customer, [(deal.id, amount)])

    def _paid(self, deal: Deal) -> None:
        self._line.on(self._random.randint(deal.day, deal.due), self._pay, deal, deal.total)

    def _late(self, deal: Deal) -> None:
        delay = 1 + min(int(self._random.expovariate(1 / 22)), 200)
        self._line.on(deal.due + delay, self._pay, deal, deal.total)

    def _parts(self, deal: Deal) -> None:
        left, day = deal.total, deal.day
        for _ in range(self._random.randint(1, 3)):
            amount = deal.part(Decimal(self._random.randint(15, 30)) / 100)
            if amount <= 0 or amount >= left:
                break
            day += self._random.randint(1, max(2, deal.customer.terms))
            self._line.on(day, self._pay, deal, amount)
            left = tidy(left - amount)
        self._line.on(max(day, deal.due) + self._random.randint(3, 40), self._pay_rest, deal)

    def _pay_rest(self, deal: Deal) -> None:
        """Pay what is left, whatever happened before; a bit too much now and then, which stays unused."""
        left = balance(deal.invoice)
        if left > 0:
            extra = self._some(deal.customer) if self._chance(10) else ZERO
            self._writer.payment(deal.customer, [(deal.id, left)], extra)

    def _partial(self, deal: Deal) -> None:
        amount = deal.part(Decimal(self._random.randint(10, 80)) / 100)
        if amount > 0:
            self._line.on(self._random.randint(deal.day, deal.due + 20), self._pay, deal, amount)

    def _with_others(self, deal: Deal) -> None:
        self._together.setdefault(deal.customer.contact_id, []).append(deal)
        self._line.on(deal.due + self._random.randint(5, 60), self._pay_together, deal.customer)

    def _pay_together(self, customer: Customer) -> None:
        deals = self._together.pop(customer.contact_id, [])
        rows = [(deal.id, balance(deal.invoice)) for deal in deals]
        if rows:
            self._writer.payment(customer, rows)

    def _credit(self, customer: Customer, amount: Decimal, *, draft: bool = False) -> Record:
        body = {
            "customer_id": customer.contact_id,
            "line_items": [{"name": "Credit", "rate": amount}],
            "is_draft": draft,
        }
        note: Record = self._line.do("POST", "/creditnotes", body)["creditnote"]
        return note

    def _credited(self, deal: Deal) -> None:
        share = Decimal(self._random.randint(10, 60)) / 100
        amount = deal.total if self._chance(45) else deal.part(share)
        # A credit note larger than the invoice stays partly open.
        extra = self._some(deal.customer) if self._chance(15) else ZERO
        if amount > 0:
            self._line.on(deal.day + self._random.randint(1, 30), self._give_credit, deal, amount, extra)
        if not self._chance(20):
            self._line.on(deal.due + 45 + self._random.randint(0, 30), self._pay_rest, deal)

    def _give_credit(self, deal: Deal, amount: Decimal, extra: Decimal) -> None:
        note = self._credit(deal.customer, tidy(amount + extra))
        body = {"invoices": [{"invoice_id": deal.id, "amount_applied": amount}]}
        path = f"/creditnotes/{note['creditnote_id']}/invoices"
        self._line.on(self._line.today + self._random.randint(0, 14), self._post, path, body)

    def _written_off(self, deal: Deal) -> None:
        if self._chance(40):
            self._partial(deal)
        day = deal.due + self._random.randint(60, 150)
        self._line.on(day, self._post, f"/invoices/{deal.id}/writeoff", {})
        if self._chance(25):
            self._line.on(day + 10, self._post, f"/invoices/{deal.id}/writeoff/cancel", {})
            self._line.on(day + 20, self._pay_rest, deal)

    def _advance_first(self, customer: Customer) -> None:
        payment = self._writer.payment(customer, [], self._some(customer))
        gap = min(self._random.randint(2, 20) * 86400, max(60, self._line.end_s - self._line.now_s))
        self._line.at(self._line.now_s + gap, self._from_advance, customer, payment)

    def _from_advance(self, customer: Customer, payment: Record) -> None:
        deal = self._write(customer)
        self._line.on(self._line.today + self._random.randint(0, 3), self._use_advance, deal, payment)
        if self._chance(70):
            self._line.on(deal.due + self._random.randint(0, 30), self._pay_rest, deal)

    def _use_advance(self, deal: Deal, payment: Record) -> None:
        amount = min(payment["unused_amount"], balance(deal.invoice))
        if amount > 0:
            row = {"payment_id": payment["payment_id"], "amount_applied": amount}
            self._post(f"/invoices/{deal.id}/credits", {"invoice_payments": [row]})

    def _bounced(self, deal: Deal) -> None:
        self._line.on(deal.due + self._random.randint(0, 10), self._pay_and_lose, deal)

    def _pay_and_lose(self, deal: Deal) -> None:
        payment = self._writer.payment(deal.customer, [(deal.id, deal.total)])
        path = f"/customerpayments/{payment['payment_id']}"
        self._line.on(self._line.today + self._random.randint(2, 9), self._delete, path)
        if self._chance(60):
            self._line.on(self._line.today + self._random.randint(20, 60), self._pay_rest, deal)

    def _delete(self, path: str) -> None:
        self._line.do("DELETE", path)

    def _void(self, deal: Deal) -> None:
        if self._chance(15):
            self._partial(deal)
        day = deal.due + self._random.randint(0, 40)
        self._line.on(day, self._post, f"/invoices/{deal.id}/status/void", {})

    def _disputed(self, deal: Deal) -> None:
        body = {"description": "The customer disputes this invoice."}
        self._line.on(deal.due + self._random.randint(1, 15), self._post, f"/invoices/{deal.id}/comments", body)

    def _deleted(self, deal: Deal) -> None:
        self._line.on(deal.day + self._random.randint(0, 6), self._delete, f"/invoices/{deal.id}")
