"""JSON as Zoho writes it: UTF-8, amounts as plain numbers without trailing zeros (FACTS 4.7)."""

import re
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_NOT_PLAIN = tuple(re.compile(each) for each in (rb"\.\d*0(?:[,}\]]|$)", rb"E[+-]", rb"-0(?:[.,}\]]|$)"))
"""Zeros at the end, exponents, minus nothing: each begins with a letter that is found quickly."""


def dumps(value: Any) -> bytes:
    """Write a JSON value; Decimal becomes a plain number (``598``, ``149.97``), exact to the last digit.

    The library writes a Decimal digit by digit as it is. Where that may not be the plain form (a text that looks like
    such a number only costs time), or a text is no proper Unicode, everything is written by the rules below instead.
    """
    try:
        text = _ENCODER.encode(value)
    except (TypeError, ValueError):
        return _exactly(value)
    return _exactly(value) if any(each.search(text) for each in _NOT_PLAIN) else text


def _exactly(value: Any) -> bytes:
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts).encode("utf-8", "replace")


def plain(number: Decimal) -> str:
    """Write a Decimal without exponent and without trailing zeros."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _write(value: Any, parts: list[str]) -> None:
    if isinstance(value, str):
        parts.append(encode_basestring(value))
    elif isinstance(value, dict):
        _write_object(value, parts)
    elif isinstance(value, list | tuple):
        _write_array(value, parts)
    elif isinstance(value, Decimal):
        parts.append(plain(value))
    else:
        parts.append(_scalar(value))


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    raise TypeError(f"cannot write {type(value).__name__} as JSON")


def _write_object(value: dict[str, Any], parts: list[str]) -> None:
    separator = "{"
    for key, item in value.items():
        parts.append(separator)
        parts.append(encode_basestring(key))
        parts.append(":")
        _write(item, parts)
        separator = ","
    parts.append("}" if value else "{}")


def _write_array(value: list[Any] | tuple[Any, ...], parts: list[str]) -> None:
    separator = "["
    for item in value:
        parts.append(separator)
        _write(item, parts)
        separator = ","
    parts.append("]" if value else "[]")
