"""Filters of lists: the variants of a parameter and how a record is compared with it (FACTS 4.5).

Texts compare without regard to case. A value that cannot be read is ignored, as unknown parameters are.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from bookbridge.sandbox.books.records import normal
from bookbridge.sandbox.books.values import bad_enum

Test = Callable[[Any], bool]
Form = Callable[[Any], Test]

TEXT_FORMS: dict[str, Form] = {
    "": lambda wanted: lambda have: normal(have) == wanted,
    "_startswith": lambda wanted: lambda have: normal(have).startswith(wanted),
    "_starts_with": lambda wanted: lambda have: normal(have).startswith(wanted),
    "_ends_with": lambda wanted: lambda have: normal(have).endswith(wanted),
    "_contains": lambda wanted: lambda have: wanted in normal(have),
    "_not_equal": lambda wanted: lambda have: normal(have) != wanted,
    "_equal": lambda wanted: lambda have: normal(have) == wanted,
}
NUMBER_FORMS: dict[str, Form] = {
    "": lambda wanted: lambda have: have == wanted,
    "_less_than": lambda wanted: lambda have: have < wanted,
    "_less_equals": lambda wanted: lambda have: have <= wanted,
    "_greater_than": lambda wanted: lambda have: have > wanted,
    "_greater_equals": lambda wanted: lambda have: have >= wanted,
    "_start": lambda wanted: lambda have: have >= wanted,
    "_end": lambda wanted: lambda have: have <= wanted,
}
DATE_FORMS: dict[str, Form] = {
    "": lambda wanted: lambda have: have == wanted,
    "_start": lambda wanted: lambda have: have >= wanted,
    "_end": lambda wanted: lambda have: have <= wanted,
    "_before": lambda wanted: lambda have: have < wanted,
    "_after": lambda wanted: lambda have: have > wanted,
}
DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:?\d{2}$")


def text_tests(query: dict[str, str], field: str) -> Iterator[Test]:
    """The tests a text field's parameters ask for."""
    for suffix, form in TEXT_FORMS.items():
        value = query.get(field + suffix)
        if value:
            yield form(normal(value))


def number_tests(query: dict[str, str], field: str) -> Iterator[Test]:
    """The tests a number field's parameters ask for."""
    for suffix, form in NUMBER_FORMS.items():
        try:
            wanted = Decimal(query[field + suffix])
        except (KeyError, InvalidOperation):
            continue
        if wanted.is_finite():
            yield form(wanted)


def date_tests(query: dict[str, str], field: str) -> Iterator[Test]:
    """The tests a date field's parameters ask for; an empty date of a record never matches."""
    for suffix, form in DATE_FORMS.items():
        value = query.get(field + suffix, "")
        if DATE.match(value):
            yield _filled(form(value))


def _filled(test: Test) -> Test:
    return lambda have: bool(have) and test(have)


def modified_since(query: dict[str, str], *, refuse_z: bool) -> datetime | None:
    """``last_modified_time`` with a numeric offset; a ``Z`` or a lost ``+`` is not understood (FACTS 4.2, 4.6).

    With ``refuse_z`` a value that ends in ``Z`` raises 400/2 instead of being ignored.
    """
    value = query.get("last_modified_time", "")
    if refuse_z and value.endswith("Z"):
        raise bad_enum("last_modified_time")
    if not MOMENT.match(value):
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return None


def on_any(test: Test, value: Any) -> bool:
    """Apply a test to a value, or to each of several (the lines of a document)."""
    return any(test(one) for one in value) if isinstance(value, list) else test(value)
