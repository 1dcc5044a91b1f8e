"""Texts and amounts as files write them; what a spreadsheet would take for a formula becomes plain text (SEC-090)."""

import re

from bookbridge.kernel.money import Money

FORMULA = re.compile("[\\s\x00\ufeff\u200b-\u200f\u2060]*[=+\\-@\uff1d\uff0b\uff0d\uff20\t\r\n\x00]")
"""How a cell begins that is run as a formula: ``= + - @``, their full-width forms, also behind blanks and invisible
characters; tab, line ends and NUL, which some spreadsheets drop before they look."""

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters XML cannot hold, and spreadsheets show as nothing."""


def plain(text: str, /) -> str:
    """The text as a cell may hold it: never a formula (an apostrophe before it), no unwritable characters."""
    if text.isalnum():  # most are
        return text
    if FORMULA.match(text):
        text = f"'{text}"
    return _UNWRITABLE.sub("\ufffd", text)


def digits(money: Money, /) -> str:
    """An amount in major units with the decimals of its currency: ``-12.50``, ``12345`` for yen."""
    if not money.exponent:
        return str(money.minor)
    text = str(abs(money.minor)).rjust(money.exponent + 1, "0")
    sign = "-" if money.minor < 0 else ""
    return f"{sign}{text[: -money.exponent]}.{text[-money.exponent :]}"
