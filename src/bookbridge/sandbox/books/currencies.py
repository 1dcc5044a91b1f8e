"""Currencies and exchange rates of an organization (FACTS 5.9). A rate is base units per foreign unit."""

from decimal import Decimal
from typing import Any

from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.lists import paged
from bookbridge.sandbox.books.records import commit, get, insert, new_id, save, today
from bookbridge.sandbox.books.seedchart import CURRENCY_NAMES, FORMATS
from bookbridge.sandbox.books.values import ONE, ZERO, Record, bad_enum, day, invalid, number, text
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault

FILTERS = {"currencies.all", "currencies.excludebasecurrency"}


def base(org: Any) -> Record:
    """The base currency's record."""
    found: Record = next(row for row in org.table("currencies").values() if row["is_base_currency"])
    return found


def by_code(org: Any, code: str) -> Record | None:
    """The currency with this ISO code, None without one."""
    return next((row for row in org.table("currencies").values() if row["currency_code"] == code.upper()), None)


def rate_on(currency: Record, date: str) -> Decimal:
    """The stored rate valid on a date: the closest earlier one, else the earliest, else 1; 1 for the base."""
    if currency["is_base_currency"]:
        return ONE
    rates = sorted(currency["_rates"].values(), key=lambda rate: str(rate["effective_date"]))
    earlier = [rate for rate in rates if rate["effective_date"] <= date]
    if earlier:
        return Decimal(earlier[-1]["rate"])
    return Decimal(rates[0]["rate"]) if rates else ONE


def shown(call: Call, currency: Record) -> Record:
    """The wire row."""
    latest = max(currency["_rates"].values(), key=lambda rate: str(rate["effective_date"]), default=None)
    return {
        "currency_id": currency["currency_id"],
        "currency_code": currency["currency_code"],
        "currency_name": currency["currency_name"],
        "currency_name_formatted": f"{currency['currency_code']}- {currency['currency_name']}",
        "currency_symbol": currency["currency_symbol"],
        "price_precision": currency["price_precision"],
        "currency_format": currency["currency_format"],
        "is_base_currency": currency["is_base_currency"],
        "exchange_rate": latest["rate"] if latest else ZERO,
        "effective_date": latest["effective_date"] if latest else "",
        "auto_exchange_rate_enabled": currency.get("auto_exchange_rate_enabled", True),
    }


def listed(call: Call) -> Reply:
    """``GET /settings/currencies``; its ``page_context`` has no sorting (FACTS 4.3)."""
    wanted = call.query.get("filter_by", "")
    if wanted and wanted.casefold() not in FILTERS:
        raise bad_enum("filter_by")
    rows = list(call.org.table("currencies").values())
    if wanted.casefold() == "currencies.excludebasecurrency":
        rows = [row for row in rows if not row["is_base_currency"]]
    rows.sort(key=lambda row: str(row["currency_code"]))
    page, head = paged(call, rows)
    return Reply({
        "currencies": [shown(call, row) for row in page],
        "page_context": {**head, "report_name": "Currencies"},
    })  # fmt: skip


def got(call: Call) -> Reply:
    """``GET /settings/currencies/{id}``."""
    return Reply({"currency": shown(call, get(call, "currencies", call.ids["currency_id"]))})


def new_currency(code: str, symbol: str, places: int, *, is_base: bool = False, form: str = "") -> Record:
    """A currency record that is not stored yet."""
    return {
        "currency_code": code,
        "currency_name": CURRENCY_NAMES.get(code, code),
        "currency_symbol": symbol,
        "price_precision": places,
        "currency_format": form or FORMATS.get(places, FORMATS[2]),
        "is_base_currency": is_base,
        "_rates": {},
    }


def _precision(call: Call, default: int) -> int:
    places = number(call.body, "price_precision", Decimal(default))
    if places not in (0, 1, 2, 3, 4, 5, 6):
        raise invalid("price_precision")
    return int(places)


def created(call: Call) -> Reply:
    """``POST /settings/currencies``."""
    code = text(call.body, "currency_code", 100).strip().upper()
    if not code:
        raise invalid("currency_code")
    if by_code(call.org, code):
        raise ZohoFault(400, 4, "CurrencyCode already exists")
    form = text(call.body, "currency_format", 100)
    symbol = text(call.body, "currency_symbol", 4, code[:4])
    record = new_currency(code, symbol, _precision(call, 2), form=form)
    insert(call, "currencies", record)
    commit(call, "currencies", record)
    return Reply({"currency": shown(call, record)}, 201, "The currency has been added.")


def updated(call: Call) -> Reply:
    """``PUT /settings/currencies/{id}``."""
    record = get(call, "currencies", call.ids["currency_id"])
    code = text(call.body, "currency_code", 100, record["currency_code"]).strip().upper()
    other = by_code(call.org, code)
    if other is not None and other is not record:
        raise ZohoFault(400, 4, "CurrencyCode already exists")
    record.update(
        currency_symbol=text(call.body, "currency_symbol", 4, record["currency_symbol"]),
        currency_format=text(call.body, "currency_format", 100, record["currency_format"]),
        price_precision=_precision(call, record["price_precision"]),
    )
    if code != record["currency_code"]:
        record.update(currency_code=code, currency_name=CURRENCY_NAMES.get(code, code))
    save(call, "currencies", record)
    commit(call, "currencies", record)
    return Reply({"currency": shown(call, record)}, message="Currency information has been saved.")


def _used(org: Any, currency_id: str) -> bool:
    tables = ("contacts", "invoices", "customerpayments", "expenses", "creditnotes", "bills", "vendorpayments")
    return any(row.get("currency_id") == currency_id for name in tables for row in org.table(name).values())


def deleted(call: Call) -> Reply:
    """``DELETE /settings/currencies/{id}``: refused for the base currency and one in use."""
    record = get(call, "currencies", call.ids["currency_id"])
    if record["is_base_currency"] or _used(call.org, record["currency_id"]):
        raise refusal(call.world, "has_dependents")
    del call.org.table("currencies")[record["currency_id"]]
    commit(call, "currencies", record)
    return Reply({}, message="The currency has been deleted.")


def _rates(call: Call) -> Record:
    return get(call, "currencies", call.ids["currency_id"])


def add_rate(call: Call, currency: Record, effective_date: str, rate: Decimal) -> Record:
    """Store a rate of a currency; returns its row."""
    row = {
        "exchange_rate_id": new_id(call),
        "currency_id": currency["currency_id"],
        "currency_code": currency["currency_code"],
        "effective_date": effective_date,
        "rate": rate,
    }
    currency["_rates"][row["exchange_rate_id"]] = row
    return row


def rates_listed(call: Call) -> Reply:
    """``GET .../exchangerates``: all, or with ``from_date`` the closest earlier one (FACTS 4.5)."""
    rows = sorted(_rates(call)["_rates"].values(), key=lambda row: str(row["effective_date"]), reverse=True)
    until = today(call) if call.query.get("is_current_date") == "true" else call.query.get("from_date", "")
    if until:
        rows = [row for row in rows if row["effective_date"] <= until][:1]
    page, head = paged(call, rows)
    return Reply({"exchange_rates": page, "page_context": {**head, "report_name": "Exchange Rates"}})


def _rate(call: Call) -> Record:
    row: Record | None = _rates(call)["_rates"].get(call.ids["exchange_rate_id"])
    if row is None:
        raise ZohoFault(404, 1002, "Exchange rate does not exist.")
    return row


def rate_got(call: Call) -> Reply:
    """``GET .../exchangerates/{id}``."""
    return Reply({"exchange_rate": dict(_rate(call))})


def _rate_value(call: Call, default: Decimal = ZERO) -> Decimal:
    rate = number(call.body, "rate", default)
    if rate <= 0:
        raise invalid("rate")
    return rate


def rate_created(call: Call) -> Reply:
    """``POST .../exchangerates``."""
    currency = _rates(call)
    row = add_rate(call, currency, day(call.body, "effective_date", today(call)), _rate_value(call))
    commit(call, "currencies", currency, row["exchange_rate_id"])
    return Reply({"exchange_rate": dict(row)}, 201, "The exchange rate has been added.")


def rate_updated(call: Call) -> Reply:
    """``PUT .../exchangerates/{id}``."""
    row = _rate(call)
    row["rate"] = _rate_value(call, row["rate"])
    row["effective_date"] = day(call.body, "effective_date", row["effective_date"])
    commit(call, "currencies", _rates(call), row["exchange_rate_id"])
    return Reply({"exchange_rate": dict(row)}, message="The exchange rate has been updated.")


def rate_deleted(call: Call) -> Reply:
    """``DELETE .../exchangerates/{id}``."""
    row = _rate(call)
    del _rates(call)["_rates"][row["exchange_rate_id"]]
    commit(call, "currencies", _rates(call), row["exchange_rate_id"])
    return Reply({}, message="Exchange rate successfully deleted")


_ONE = "/settings/currencies/{currency_id}"
_RATE = _ONE + "/exchangerates/{exchange_rate_id}"
ROUTES = (
    Route("GET", "/settings/currencies", "settings.READ", listed),
    Route("POST", "/settings/currencies", "settings.CREATE", created),
    Route("GET", _ONE, "settings.READ", got),
    Route("PUT", _ONE, "settings.UPDATE", updated),
    Route("DELETE", _ONE, "settings.DELETE", deleted),
    Route("GET", _ONE + "/exchangerates", "settings.READ", rates_listed),
    Route("POST", _ONE + "/exchangerates", "settings.CREATE", rate_created),
    Route("GET", _RATE, "settings.READ", rate_got),
    Route("PUT", _RATE, "settings.UPDATE", rate_updated),
    Route("DELETE", _RATE, "settings.DELETE", rate_deleted),
)
