"""JSON from untrusted bytes without losing a digit or a name."""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from bookbridge.kernel.errors import InvalidInputError

MAX_DEPTH = 32
MAX_DIGITS = 1000
"""Digits and size of exponent of a number; a field's own rule is narrower."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def decode(raw: bytes, /) -> Any:
    """The value of a JSON text: numbers with a point become ``Decimal``, whole numbers ``int``.

    Raises:
        InvalidInputError: not JSON, not UTF-8, deeper than 32 levels, a name given twice, NaN and Infinity, a number
            of more than 1,000 digits, or text with NUL or half a character, which databases refuse.
    """
    try:
        value = json.loads(
            raw.decode("utf-8-sig"),
            parse_float=_number,
            parse_int=_whole,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except InvalidInputError:
        raise
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("The body is not JSON.", remedy="Send one JSON object, UTF-8 encoded.") from error
    if _depth(value) > MAX_DEPTH:
        raise InvalidInputError(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
    if b"\\u" in raw:  # only an escape can bring them in
        _refuse_unstorable(value)
    return value


def _number(text: str) -> Decimal:
    """A number with point or exponent; ``1e999999999`` is short to write and endless to print."""
    try:
        number = Decimal(text) if len(text) <= MAX_DIGITS else None
    except InvalidOperation:
        number = None
    if number is None or abs(number.adjusted()) > MAX_DIGITS:
        raise InvalidInputError("A number is out of range.", remedy=f"Send at most {MAX_DIGITS} digits.")
    return number


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise InvalidInputError("A number is out of range.", remedy=f"Send at most {MAX_DIGITS} digits.")
    return int(text)


def _refuse_unstorable(value: Any) -> None:
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            pending += each.keys()
            pending += each.values()
        elif isinstance(each, list):
            pending += each
        elif isinstance(each, str) and _UNSTORABLE.search(each):
            raise InvalidInputError("A text holds NUL or half a character.", remedy="Send whole Unicode characters.")


def _refuse_constant(name: str) -> None:
    raise InvalidInputError(f"{name} is not a number in JSON.", remedy="Send a finite number.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in pairs:
        if name in out:
            field = name if name.isprintable() else ""  # half a character could not even be told
            raise InvalidInputError(f"The name {name!r} stands twice in one object.", field=field)
        out[name] = value
    return out


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent if isinstance(parent, list) else ())
            if isinstance(child, dict | list)
        ]
    return deepest
