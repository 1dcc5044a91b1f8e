"""The life of a book: people change it in Zoho, syncs come in between, some of them through faults."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from bookbridge.bootstrap import App
from bookbridge.kernel.clock import FixedClock
from tests.support.mirror import invoice, sync
from tests.support.sandbox import Zoho

FAULTS = ("error_before", "answer_lost", "request_lost", "cut_json", "html_200", "other_answer", "expired_token")
LISTS = {
    "invoices": "/invoices",
    "customerpayments": "/customerpayments",
    "creditnotes": "/creditnotes",
    "contacts": "/contacts",
    "expenses": "/expenses",
}
Row = Mapping[str, Any]


class Person:
    """Does in Zoho what people do; what does not fit the books is refused there, as it would be."""

    def __init__(self, zoho: Zoho, random: Random) -> None:
        self._zoho = zoho
        self._random = random

    def act(self) -> str:
        """One thing of any kind; its name."""
        name = self._random.choice(ACTIONS)
        getattr(self, name)()
        return name

    def create_invoice(self) -> None:
        """An invoice, mostly sent."""
        rate = self._random.randrange(1, 500) / 4
        invoice(self._zoho, self._customer()["contact_id"], rate=rate, sent=self._random.random() < 0.8)

    def send(self) -> None:
        """A draft is sent."""
        self._do("mark_sent", "invoices", invoice_id="invoice_id")

    def void(self) -> None:
        """An invoice is voided."""
        self._do("void", "invoices", invoice_id="invoice_id")

    def write_off(self) -> None:
        """An invoice is written off."""
        self._do("write_off", "invoices", invoice_id="invoice_id")

    def cancel_write_off(self) -> None:
        """A write-off is taken back."""
        self._do("write_off", "invoices", {"cancel": True}, invoice_id="invoice_id")

    def change_invoice(self) -> None:
        """Other lines."""
        lines = [{"name": "Tea", "rate": self._random.randrange(1, 400) / 4, "quantity": 2}]
        self._do("edit", "invoices", {"resource": "invoices", "fields": {"line_items": lines}}, id="invoice_id")

    def renumber(self) -> None:
        """Another number."""
        self._do("renumber", "invoices", {"to": f"X-{self._random.randrange(10**6)}"}, invoice_id="invoice_id")

    def pay(self) -> None:
        """A payment of all or a part, now and then with something over."""
        found = self._any("invoices")
        if found:
            part = found["balance"] if self._random.random() < 0.5 else max(1, int(found["balance"] / 3))
            over = 5 if self._random.random() < 0.2 else 0
            applied = [{"invoice_id": found["invoice_id"], "amount_applied": part}]
            paid = {"customer_id": found["customer_id"], "date": found["date"], "amount": part + over}
            self._people("record_payment", body={**paid, "payment_mode": "cash", "invoices": applied})

    def change_payment(self) -> None:
        """One more than was written first."""
        found = self._any("customerpayments")
        if found:
            fields = {"amount": found["amount"] + 1}
            self._people("edit", resource="customerpayments", id=found["payment_id"], fields=fields)

    def credit(self) -> None:
        """A credit note."""
        lines = [{"name": "Back", "rate": self._random.randrange(4, 200) / 4, "quantity": 1}]
        body = {"customer_id": self._customer()["contact_id"], "line_items": lines}
        self._zoho.books("POST", "/creditnotes", json=body)

    def apply_credit(self) -> None:
        """A credit note settles a part of an invoice."""
        self._apply("creditnotes", "creditnote_id")

    def apply_payment(self) -> None:
        """What a payment left over settles a part of an invoice."""
        self._apply("customerpayments", "payment_id")

    def refund_credit(self) -> None:
        """Money back from a credit note."""
        self._do("refund", "creditnotes", {"amount": 1}, creditnote_id="creditnote_id")

    def refund_payment(self) -> None:
        """Money back from a payment."""
        self._do("refund", "customerpayments", {"amount": 1}, payment_id="payment_id")

    def merge(self) -> None:
        """Two customers become one."""
        self._people("merge", **{"from": self._customer()["contact_id"], "into": self._customer()["contact_id"]})

    def change_contact(self) -> None:
        """Another company's name."""
        fields = {"company_name": str(self._random.random())}
        self._do("edit", "contacts", {"resource": "contacts", "fields": fields}, id="contact_id")

    def retire(self) -> None:
        """A contact is marked as inactive."""
        self._do("inactive", "contacts", contact_id="contact_id")

    def delete(self) -> None:
        """Something is deleted."""
        name = self._random.choice(tuple(LISTS))
        key = {"customerpayments": "payment_id"}.get(name, f"{name[:-1]}_id")
        self._do("delete", name, {"resource": name}, id=key)

    def _apply(self, name: str, key: str) -> None:
        found, settled = self._any(name), self._any("invoices")
        if found and settled:
            amount = self._random.choice((1, 2.5))
            self._people("apply_credit", invoice_id=settled["invoice_id"], amount=amount, **{key: found[key]})

    def _do(self, action: str, name: str, more: Mapping[str, Any] | None = None, /, **ids: str) -> None:
        """An action with any row of a list; ``ids`` are its members by the fields that hold them."""
        found = self._any(name)
        if found:
            self._people(action, **{**(more or {}), **{member: found[field] for member, field in ids.items()}})

    def _customer(self) -> Row:
        return self._random.choice([row for row in self._rows("contacts") if row["contact_type"] == "customer"])

    def _any(self, name: str) -> Row | None:
        rows = self._rows(name)
        return self._random.choice(rows) if rows else None

    def _rows(self, name: str) -> list[Row]:
        rows: list[Row] = self._zoho.books("GET", LISTS[name], params={"per_page": 200}).json()[name]
        return rows

    def _people(self, action: str, **members: Any) -> None:
        body = {"organization_id": self._zoho.organization_id, "action": action, **members}
        self._zoho.http.post("/_sandbox/people", json=body)


ACTIONS = (*(name for name in vars(Person) if not name.startswith("_") and name != "act"), *["pay", "delete"] * 4)


def live(app: App, zoho: Zoho, clock: FixedClock, random: Random, /, *, told: Callable[[str], None]) -> None:
    """Fill a book and let people and syncs change it in turns; what happened is told."""
    app.services.zoho.default_organization()
    currencies = random.choice(([], ["EUR", "JPY"]))
    filled = {"invoices": random.choice((8, 30, 60)), "months": 5, "seed": random.randrange(10**6)}
    zoho.control("fill", {**filled, "currencies": currencies})
    if random.random() < 0.7:
        sync(app, details=random.random() < 0.6)
    person = Person(zoho, random)
    for _ in range(random.randrange(6, 16)):
        for _ in range(random.randrange(1, 4)):
            told(person.act())
        rest(zoho, clock, random.choice((0, 1, 3, 30, 130)))
        told(_one_sync(app, zoho, random))


def rest(zoho: Zoho, clock: FixedClock, seconds: int, /) -> None:
    """Time passes, here and in Zoho."""
    clock.advance(seconds)
    zoho.control("clock", {"advance_s": seconds})


def _one_sync(app: App, zoho: Zoho, random: Random) -> str:
    """A sync of any kind, through faults, or none."""
    kind = random.choices(("changes", "faults", "full", "none"), (45, 20, 10, 25))[0]
    if kind == "changes":
        sync(app, thorough=random.random() < 0.5, details=random.random() < 0.8, lines=random.random() < 0.1)
    elif kind == "faults":
        rule = {"kind": random.choice(FAULTS), "rate": 0.3}
        zoho.control("faults", {"seed": random.randrange(1000), "scale": 0.01, "rules": [rule]})
        sync(app)
        zoho.control("faults", {"rules": []})
    elif kind == "full":
        sync(app, full=True)
    return f"sync: {kind}"
