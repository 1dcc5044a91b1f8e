"""Currencies and their exchange rates (FACTS 5.9). A rate is base units for one unit of the currency."""

import datetime as dt
from decimal import Decimal
from typing import Any, TypedDict

from bookbridge.zoho.protocol import Param, Request, path_id
from bookbridge.zoho.records import Record
from bookbridge.zoho.resource import Draft, Writable


class Currency(Record, frozen=True, kw_only=True):
    """A currency of an organization; ``exchange_rate`` 0 means that none is known."""

    currency_id: str
    currency_code: str = ""
    currency_name: str = ""
    currency_symbol: str = ""
    currency_format: str = ""
    price_precision: int = 2
    is_base_currency: bool = False
    exchange_rate: Decimal | None = None
    effective_date: dt.date | None = None


class CurrencyDraft(Draft, frozen=True, kw_only=True):
    """A currency to be added."""

    currency_code: str
    currency_format: str
    currency_symbol: str = ""
    price_precision: int | None = None


class CurrencyPatch(TypedDict, total=False):
    """The fields of a currency to change."""

    currency_code: str
    currency_format: str
    currency_symbol: str
    price_precision: int


class ExchangeRate(Record, frozen=True, kw_only=True):
    """The rate of a currency from a date on."""

    exchange_rate_id: str = ""
    currency_id: str = ""
    currency_code: str = ""
    effective_date: dt.date | None = None
    rate: Decimal | None = None


class Currencies(Writable[Currency]):
    """The currencies of an organization."""

    PATH, ONE, MANY, ID = "/settings/currencies", "currency", "currencies", "currency_id"
    KIND = Currency
    UPSERT = False

    def rates(self, currency_id: str, /, *, on: dt.date | None = None) -> list[ExchangeRate]:
        """The rates of a currency; ``on`` asks for the one that held on that day (the closest before it)."""
        params: dict[str, Param] = {} if on is None else {"from_date": on}
        payload = self._send(Request(method="GET", path=self._path(currency_id, "exchangerates"), params=params))
        return payload.records("exchange_rates", ExchangeRate)

    def add_rate(self, currency_id: str, /, *, effective_on: dt.date, rate: Decimal) -> ExchangeRate:
        """A rate from a date on.

        Raises:
            OutcomeUnknownError: it may be there now; look before adding it again.
        """
        body: dict[str, Any] = {"effective_date": effective_on, "rate": rate}
        payload = self._send(Request(method="POST", path=self._path(currency_id, "exchangerates"), json=body))
        return payload.record("exchange_rate", ExchangeRate)

    def delete_rate(self, currency_id: str, exchange_rate_id: str, /) -> None:
        """Take a rate away."""
        path = self._path(currency_id, "exchangerates", path_id(exchange_rate_id, name="exchange_rate_id"))
        self._send(Request(method="DELETE", path=path))
