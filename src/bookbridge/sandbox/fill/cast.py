"""Who and what a fill is about: customers, vendors, items, taxes, currencies and their monthly rates."""

from bisect import bisect
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import accumulate
from random import Random

from bookbridge.sandbox.books.chartofaccounts import account_named
from bookbridge.sandbox.books.currencies import add_rate, base, by_code, rate_on
from bookbridge.sandbox.books.values import ONE, Record, rounded
from bookbridge.sandbox.fill.plan import Plan
from bookbridge.sandbox.fill.timeline import Timeline

_PLACES = "Harbor Linden Summit Maple Granite Juniper Cedar Willow Copper Amber Falcon Orchard Canyon Meadow".split()  # noqa: SIM905
_TRADES = "Supplies Foods Studio Outfitters Logistics Dental Interiors Robotics Bakery Textiles Motors Events".split()  # noqa: SIM905
_FORMS = ("LLC", "Ltd", "Inc", "Partners", "& Sons")
_FIRST = "Ann Ben Carla Deepa Emil Fatima Goran Hana Ivan Julia Kofi Lena Mateo Nora Omar Priya".split()  # noqa: SIM905
_LAST = "Lee Novak Silva Rao Becker Haddad Kovac Mori Petrov Garcia Mensah Lind Ruiz Berg Aziz Shah".split()  # noqa: SIM905
_CITIES = (("Austin", "TX", "78701"), ("Leeds", "", "LS1 4AP"), ("Lyon", "", "69002"), ("Osaka", "", "530-0001"))
_GOODS = "Desk Lamp Chair Cable Filter Bracket Panel Sensor Kettle Blanket Notebook Valve Hinge Battery".split()  # noqa: SIM905
_TERMS = (0, 7, 14, 30, 30, 30, 45, 60)
EXPENSES = {
    "Office Supplies": 80,
    "Travel Expense": 420,
    "Rent Expense": 2400,
    "IT and Internet Expenses": 190,
    "Meals and Entertainment": 60,
    "Consultant Expense": 1500,
    "Advertising And Marketing": 700,
    "Postage": 25,
}
"""Expense accounts and what is typically spent at once, in base currency."""


@dataclass
class Customer:
    """A customer of the fill; ``template`` is an invoice for it that ``writing`` copies."""

    contact_id: str
    currency: Record
    terms: int
    places: int
    template: Record = field(default_factory=dict)


class Cast:
    """All parties and things of a fill, made through the API's handlers at the beginning of its time."""

    def __init__(self, line: Timeline, plan: Plan, first_day: int) -> None:
        self._line = line
        # What keeps the names of a second fill apart from those of the first.
        counts = {name: len(line.org.table(name)) for name in ("items", "contacts")}
        self._marks = {name: f" {many}" if many else "" for name, many in counts.items()}
        self.random: Random = line.random
        self.base = base(line.org)
        self.base_places = int(self.base["price_precision"])
        self.currencies = [self.base, *self._foreign(plan.currencies)]
        self._rates: dict[tuple[str, str], Decimal] = {}
        self._rate_history(first_day)
        self.taxes = [row["tax_id"] for row in line.org.table("taxes").values() if row["tax_type"] == "tax"]
        if not self.taxes:
            body = {"tax_name": "Sales Tax", "tax_percentage": Decimal("8.25")}
            self.taxes.append(line.do("POST", "/settings/taxes", body)["tax"]["tax_id"])
        self.items = [self._item(place) for place in range(max(1, plan.items))]
        self.customers = [self._customer(place) for place in range(max(1, plan.number("customers")))]
        self.vendors = [self._vendor(place) for place in range(max(1, plan.number("vendors")))]
        self._weights = list(accumulate(1 / (place + 1) ** 0.8 for place in range(len(self.customers))))
        accounts = ("Undeposited Funds", "Business Checking")
        self.deposits = [account_named(line.org, name)["account_id"] for name in accounts]

    def customer(self) -> Customer:
        """Draw a customer: a few buy much, many little."""
        return self.customers[bisect(self._weights, self.random.random() * self._weights[-1])]

    def rate(self, currency: Record, day: str) -> Decimal:
        """Give the exchange rate of a day ``yyyy-mm-dd``."""
        if currency["is_base_currency"]:
            return ONE
        found = self._rates.get((currency["currency_id"], day[:7]))
        return found if found is not None else rate_on(currency, day)

    def _foreign(self, codes: tuple[str, ...]) -> list[Record]:
        found = [by_code(self._line.org, code) for code in codes if code != self.base["currency_code"]]
        missing = [code for code in codes if by_code(self._line.org, code) is None]
        if missing:
            raise ValueError(f"the organization has no currency {missing[0]}; create it first")
        return [currency for currency in found if currency is not None]

    def _rate_history(self, first_day: int) -> None:
        """Let every foreign currency drift a little from month to month."""
        call = self._line.call("POST", "/settings/currencies")
        for currency in self.currencies[1:]:
            rate = rate_on(currency, date.fromordinal(first_day).isoformat())
            day = date.fromordinal(first_day).replace(day=1)
            while day.toordinal() <= self._line.end_s // 86400 + 719163 + 1:
                rate = rounded(rate * (1 + Decimal(self.random.randint(-150, 150)) / 10000), 6) or rate
                add_rate(call, currency, day.isoformat(), rate)
                self._rates[currency["currency_id"], day.isoformat()[:7]] = rate
                day = (day.replace(day=28) + (date(2000, 1, 5) - date(2000, 1, 1))).replace(day=1)

    def _item(self, place: int) -> Record:
        good = _GOODS[place % len(_GOODS)]
        body = {
            "name": f"{good} {place + 1:03d}" + self._marks["items"],
            "rate": Decimal(self.random.choice((190, 450, 999, 1250, 2400, 4995, 12000))) / 100,
            "description": f"{good}, model {place + 1}",
            "sku": f"SKU-{place + 1:04d}" + self._marks["items"],
            "unit": "pcs",
            "tax_id": self.random.choice((*self.taxes, "")),
        }
        made: Record = self._line.do("POST", "/items", body)["item"]
        return made

    def _person(self) -> Record:
        first, last = self.random.choice(_FIRST), self.random.choice(_LAST)
        return {"first_name": first, "last_name": last, "phone": f"+1 555 {self.random.randint(1000000, 9999999)}"}

    def _customer(self, place: int) -> Customer:
        pick = self.random.choice
        name = f"{pick(_PLACES)} {pick(_TRADES)} {pick(_FORMS)} {place + 1:04d}" + self._marks["contacts"]
        # Two thirds pay in the base currency; every currency asked for occurs.
        foreign = place % 3 == 2 and len(self.currencies) > 1
        currency = self.currencies[1 + place // 3 % (len(self.currencies) - 1)] if foreign else self.base
        city, state, code = pick(_CITIES)
        terms = pick(_TERMS)
        body = {
            "contact_name": name,
            "company_name": name,
            "currency_id": currency["currency_id"],
            "payment_terms": terms,
            "contact_persons": [{**self._person(), "email": f"c{place + 1}@customer.example"}],
            "billing_address": {"address": f"{place + 1} Main Street", "city": city, "state": state, "zip": code},
        }
        contact = self._line.do("POST", "/contacts", body)["contact"]
        return Customer(contact["contact_id"], currency, terms, int(currency["price_precision"]))

    def _vendor(self, place: int) -> str:
        pick = self.random.choice
        name = f"{pick(_PLACES)} {pick(_TRADES)} Vendor {place + 1:03d}" + self._marks["contacts"]
        body = {"contact_name": name, "contact_type": "vendor", "contact_persons": [self._person()]}
        return str(self._line.do("POST", "/contacts", body)["contact"]["contact_id"])
