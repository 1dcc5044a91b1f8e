"""JSON from untrusted bytes without losing a digit or a name."""

import json
from decimal import Decimal
from typing import Any

from bookbridge.kernel.errors import InvalidInputError

MAX_DEPTH = 32


def decode(raw: bytes, /) -> Any:
    """The value of a JSON text: numbers with a point become ``Decimal``, whole numbers ``int``.

    Raises:
        InvalidInputError: not JSON, not UTF-8, deeper than 32 levels, a name given twice, or NaN and Infinity.
    """
    try:
        value = json.loads(raw, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_unique)
    except InvalidInputError:
        raise
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("The body is not JSON.", remedy="Send one JSON object, UTF-8 encoded.") from error
    if _depth(value) > MAX_DEPTH:
        raise InvalidInputError(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
    return value


def _refuse_constant(name: str) -> None:
    raise InvalidInputError(f"{name} is not a number in JSON.", remedy="Send a finite number.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in pairs:
        if name in out:
            raise InvalidInputError(f"The name {name!r} stands twice in one object.", field=name)
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
