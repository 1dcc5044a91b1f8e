"""What the company of a fill buys: expenses, and bills of vendors with their payments."""

from datetime import date
from decimal import Decimal

from bookbridge.sandbox.books.chartofaccounts import account_named
from bookbridge.sandbox.books.invoices_status import balance
from bookbridge.sandbox.books.values import ONE, Record, rounded, tidy
from bookbridge.sandbox.fill.cast import EXPENSES, Cast
from bookbridge.sandbox.fill.timeline import Timeline


class Purchases:
    """Makes expenses and bills through the API's handlers."""

    def __init__(self, line: Timeline, cast: Cast) -> None:
        self._line, self._cast, self._random = line, cast, line.random

    def expense(self) -> None:
        """Record one expense of a typical amount."""
        body = self._spent("amount")
        body["paid_through_account_id"] = self._random.choice(self._cast.deposits)
        body["reference_number"] = f"R-{self._random.randrange(10**6):06d}"
        if self._random.random() < 0.7:
            body["vendor_id"] = self._random.choice(self._cast.vendors)
        if self._random.random() < 0.4:
            body["tax_id"] = self._random.choice(self._cast.taxes)
        self._line.do("POST", "/expenses", body)

    def bill(self) -> None:
        """Enter one bill: mostly paid around its due date, some in parts, some never, a few void or deleted."""
        lines = [self._spent("rate") for _ in range(self._random.choice((1, 1, 2)))]
        number = len(self._line.org.table("bills")) + 1
        bill = self._line.do("POST", "/bills", {
            "vendor_id": self._random.choice(self._cast.vendors),
            "bill_number": f"V{number:05d}-{self._random.randrange(1000):03d}",
            "payment_terms": self._random.choice((0, 15, 30, 30, 60)),
            "line_items": lines,
        })["bill"]  # fmt: skip
        due = date.fromisoformat(bill["due_date"]).toordinal() + self._random.randint(-8, 25)
        fate = self._random.random()
        if fate < 0.70:
            self._line.on(due, self._pay, bill["bill_id"], ONE)
        elif fate < 0.82:
            self._line.on(due, self._pay, bill["bill_id"], Decimal("0.4"))
        elif fate < 0.86:
            self._line.on(due, self._do, "POST", f"/bills/{bill['bill_id']}/status/void")
        elif fate < 0.88:
            self._line.on(self._line.today + 1, self._do, "DELETE", f"/bills/{bill['bill_id']}")

    def _spent(self, name: str) -> Record:
        account = self._random.choice(list(EXPENSES))
        amount = Decimal(EXPENSES[account]) * self._random.randint(40, 220) / 100
        account_id = account_named(self._line.org, account)["account_id"]
        amount = max(rounded(amount, self._cast.base_places), ONE)
        return {"account_id": account_id, "description": account, name: amount}

    def _pay(self, bill_id: str, share: Decimal) -> None:
        bill = self._line.org.table("bills")[bill_id]
        amount = tidy(max(rounded(balance(bill) * share, self._cast.base_places), ONE))
        ahead = Decimal(self._random.choice((0, 0, 0, 0, 50)))
        self._line.do("POST", "/vendorpayments", {
            "vendor_id": bill["vendor_id"],
            "amount": amount + ahead,
            "bills": [{"bill_id": bill_id, "amount_applied": amount}],
            "paid_through_account_id": self._random.choice(self._cast.deposits),
            "payment_mode": "Bank Transfer",
        })  # fmt: skip

    def _do(self, method: str, path: str) -> None:
        self._line.do(method, path)
