"""Exact money: whole minor units with a currency and its exponent.

The exponent is the organization's ``price_precision`` for the currency (2 for USD, 0 for JPY, 3 for KWD) and
travels with the amount, because the same currency may be kept with another precision elsewhere.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from bookbridge.kernel.errors import BookbridgeError

_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)

MINOR_UNITS = {
    "BHD": 3, "BIF": 0, "CLF": 4, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0,
    "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "UYI": 0, "UYW": 4, "VND": 0,
    "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip
"""ISO 4217 minor units that differ from two; a fallback where the organization's own table is not known yet."""


class InexactAmountError(BookbridgeError):
    """The amount has more decimals than its currency allows."""


class CurrencyMismatchError(BookbridgeError):
    """Amounts of different currencies cannot be combined."""


@dataclass(frozen=True, slots=True)
class Money:
    """``minor`` whole minor units of ``currency``, which has ``exponent`` decimals."""

    minor: int
    currency: str
    exponent: int = 2

    @classmethod
    def exact(cls, amount: Decimal, /, *, currency: str, exponent: int) -> "Money":
        """The money of a decimal amount in major units.

        Raises:
            InexactAmountError: the amount does not fit the exponent.
        """
        scaled = _WIDE.scaleb(amount, exponent)
        if scaled != scaled.to_integral_value():
            raise InexactAmountError(f"{amount} {currency} has more than {exponent} decimals.")
        return cls(int(scaled), currency, exponent)

    @classmethod
    def rounded(cls, amount: Decimal, /, *, currency: str, exponent: int) -> "Money":
        """The money nearest to a decimal amount in major units, halves away from zero (FACTS 5.4)."""
        scaled = _WIDE.scaleb(amount, exponent)
        return cls(int(scaled.to_integral_value(ROUND_HALF_UP)), currency, exponent)

    @property
    def amount(self) -> Decimal:
        """The amount in major units, with exactly ``exponent`` decimals."""
        return _WIDE.scaleb(Decimal(self.minor), -self.exponent)

    def __add__(self, other: "Money") -> "Money":
        self._require_same(other)
        return Money(self.minor + other.minor, self.currency, self.exponent)

    def __sub__(self, other: "Money") -> "Money":
        self._require_same(other)
        return Money(self.minor - other.minor, self.currency, self.exponent)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def _require_same(self, other: "Money") -> None:
        if (self.currency, self.exponent) != (other.currency, other.exponent):
            raise CurrencyMismatchError(f"{self} and {other} cannot be combined.")


def round_half_up(amount: Decimal, /, *, exponent: int) -> Decimal:
    """``amount`` with ``exponent`` decimals, halves away from zero."""
    return amount.quantize(Decimal(1).scaleb(-exponent), ROUND_HALF_UP, _WIDE)


def minor_units(currency: str, /) -> int:
    """The ISO 4217 number of decimals of ``currency``; two where the table does not know it."""
    return MINOR_UNITS.get(currency, 2)
