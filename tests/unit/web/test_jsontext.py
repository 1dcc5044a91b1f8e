"""JSON of strangers: what cannot be stored, told or computed with is refused before anything works on it (SEC-071)."""

from decimal import Decimal

import pytest

from bookbridge.kernel import jsontext
from bookbridge.kernel.errors import InvalidInputError


@pytest.mark.parametrize(
    "raw",
    [
        b"1e99999999999999999999999",
        b"-1e-99999999999999999999999",
        b"1e999999999",
        b"1e-999999999",
        b"1e1001",
        b"9" * 5000,
        b"9" * 1001,
        b"0." + b"1" * 1_000_000,
        b"NaN",
        b"Infinity",
        b"-Infinity",
    ],
)
def test_a_number_that_costs_more_than_it_says_is_refused(raw: bytes) -> None:
    """A few bytes cannot become a number of millions of digits, whatever field they stand in."""
    with pytest.raises(InvalidInputError):
        jsontext.decode(b'{"anything": [' + raw + b"]}")


@pytest.mark.parametrize("raw", [b"1e400", b"12345678901234567.89", b"-0", b"0.000000000001", b"1E+2"])
def test_other_numbers_keep_their_digits(raw: bytes) -> None:
    """What is merely unusual is left to the field's own rule."""
    assert Decimal(jsontext.decode(raw)) == Decimal(raw.decode())


@pytest.mark.parametrize(
    "raw",
    [
        b'"\\ud800"',
        b'"\\uDFFF\\uD800"',
        b'{"\\ud800": 1}',
        b'{"\\ud800": 1, "\\ud800": 2}',
        b'"\xed\xa0\x80"',
        b'"\\u0000"',
        b'{"a\\u0000": 1}',
        b'[[["x\\u0000y"]]]',
        '{"a": 1}'.encode("utf-16"),
        b'"\xff"',
    ],
)
def test_text_that_no_database_takes_is_refused(raw: bytes) -> None:
    """Half characters, NUL and other encodings: the refusal itself must be writable as UTF-8."""
    with pytest.raises(InvalidInputError) as refused:
        jsontext.decode(raw)
    told = f"{refused.value}{refused.value.field}{refused.value.remedy}"
    assert told.encode("utf-8")


def test_whole_characters_pass() -> None:
    """Every character of Unicode may be sent, escaped or not, with or without a byte order mark."""
    assert jsontext.decode('\ufeff{"näme": "\\ud83c\\udfee 灯 \\\\u0000"}'.encode()) == {"näme": "🏮 灯 \\u0000"}


@pytest.mark.parametrize(
    "raw", [b"[" * 33 + b"]" * 33, b"[" * 1_000_000, b'{"a":' * 200_000, b'{"a":[' * 20 + b"]}" * 20]
)
def test_depth_is_limited(raw: bytes) -> None:
    """More than 32 levels are refused, closed or not."""
    with pytest.raises(InvalidInputError):
        jsontext.decode(raw)


def test_a_name_may_stand_once() -> None:
    """Two readers could take different values of a doubled name."""
    with pytest.raises(InvalidInputError, match="twice"):
        jsontext.decode(b'{"a": {"total": 1, "total": 100}}')
