"""Reading values of a request body the way Zoho does: strictly where it refuses, leniently where it does not.

Codes and texts: FACTS 3.2 (2 bad enumeration, 4 invalid value, 15 too long or an object where text is expected).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from operator import itemgetter
from typing import Any

from bookbridge.sandbox.call import ZohoFault

NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
PERCENT = re.compile(r"^(\d+(?:\.\d+)?)\s*%$")
TRUE_WORDS = {"true", "1", "yes"}
ZERO = Decimal(0)
ONE = Decimal(1)
LARGEST = Decimal(10) ** 18
DIGITS = 36
# Wide enough for the exact product of any two numbers taken from a body.
WIDE = Context(prec=120)

Record = dict[str, Any]


def invalid(name: str) -> ZohoFault:
    """The refusal of a body value (FACTS 3.2 code 4)."""
    return ZohoFault(400, 4, f"Invalid value passed for {name}")


def bad_enum(name: str) -> ZohoFault:
    """The refusal of a value outside its enumeration (FACTS 3.2 code 2)."""
    return ZohoFault(400, 2, f"Invalid value passed for {name}")


def too_long(name: str, limit: int) -> ZohoFault:
    """The refusal of an over-long text, or of an object where text is expected (FACTS 3.2 code 15)."""
    shown = name if name == "line_items" else f'"{name}"'
    return ZohoFault(400, 15, f"Please ensure that the {shown} has less than {limit} characters.")


def picker(*names: str) -> Callable[[Record], Record]:
    """A function that takes these fields of a record, in this order; quicker than asking for each by name."""
    values = itemgetter(*names)
    return lambda record: dict(zip(names, values(record), strict=True))


def text_of(value: Any, name: str, limit: int = 2000) -> str:
    """``value`` as text; raises 15 when it is an object or longer than ``limit``."""
    if value is None:
        return ""
    if isinstance(value, dict | list):
        raise too_long(name, 100)
    if isinstance(value, bool):
        return "true" if value else "false"
    shown = format(value, "f") if isinstance(value, Decimal) else str(value)
    if len(shown) > limit:
        raise too_long(name, limit)
    return shown


def text(body: Mapping[str, Any], name: str, limit: int = 2000, default: str = "") -> str:
    """The text under ``name``, ``default`` when the key is absent."""
    return text_of(body[name], name, limit) if name in body else default


def decimal_of(value: Any, name: str) -> Decimal:
    """A number, or a numeric text (FACTS 3.3), exactly; raises 4 for anything else."""
    if isinstance(value, bool) or value is None:
        raise invalid(name)
    amount = None
    if isinstance(value, Decimal | int):
        amount = Decimal(value)
    elif isinstance(value, float):
        amount = Decimal(repr(value))
    elif isinstance(value, str) and NUMBER.match(value.strip()):
        amount = Decimal(value.strip())
    if amount is None or not abs(amount) < LARGEST or len(amount.as_tuple().digits) > DIGITS:
        raise invalid(name)
    return amount


def number(body: Mapping[str, Any], name: str, default: Decimal = ZERO) -> Decimal:
    """The number under ``name``; absent, ``null`` and ``""`` give ``default``."""
    value = body.get(name)
    return default if value is None or value == "" else decimal_of(value, name)


def flag_of(value: Any) -> bool:
    """A truth value sent as boolean, text or number."""
    return value.strip().lower() in TRUE_WORDS if isinstance(value, str) else bool(value)


def flag(body: Mapping[str, Any], name: str, default: bool = False) -> bool:
    """The truth value under ``name``, ``default`` when absent or empty."""
    value = body.get(name)
    return default if value is None or value == "" else flag_of(value)


def day(body: Mapping[str, Any], name: str, default: str = "") -> str:
    """A date ``yyyy-mm-dd`` under ``name`` (FACTS 4.2); raises 4 when it is none."""
    value = body.get(name)
    if value is None or value == "":
        return default
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError as error:
        raise invalid(name) from error


def enum(body: Mapping[str, Any], name: str, allowed: Iterable[str], default: str) -> str:
    """A value of an enumeration; raises 2 outside it."""
    value = text(body, name) or default
    if value not in allowed:
        raise bad_enum(name)
    return value


def objects(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The list of objects under ``name``; raises 1038 when it is something else."""
    rows = body.get(name)
    if rows is None or rows == "":
        return []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ZohoFault(400, 1038, "JSON is not well formed")
    return rows


def identities(value: Any) -> list[str]:
    """Ids given as a list or as comma-separated text."""
    if value is None or value == "":
        return []
    parts = value if isinstance(value, list) else str(value).split(",")
    return [str(part).strip() for part in parts if str(part).strip()]


def tidy(amount: Decimal) -> Decimal:
    """``amount`` without trailing zeros, as Zoho prints numbers (``598``, ``149.97``: FACTS 4.7)."""
    whole = int(amount)
    return Decimal(whole) if whole == amount else amount.normalize(WIDE)


def rounded(amount: Decimal, places: int) -> Decimal:
    """``amount`` half up (ties away from zero) to ``places`` decimals, tidied (FACTS 5.4)."""
    return tidy(amount.quantize(ONE.scaleb(-places), rounding=ROUND_HALF_UP, context=WIDE))


def percentage(value: Any) -> Decimal | None:
    """The number before a per cent sign, None when ``value`` is not a percentage text."""
    found = PERCENT.match(value.strip()) if isinstance(value, str) else None
    return Decimal(found.group(1)) if found else None
