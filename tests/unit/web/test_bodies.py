"""Request bodies keep every digit and name the field that is wrong."""

from decimal import Decimal

import pytest

from bookbridge.http import Amount, Body, Count, Day, InvalidBodyError, Moment, body_of
from bookbridge.http.answers import encode
from bookbridge.kernel.errors import InvalidInputError


class Line(Body):
    """A line."""

    name: str
    price: Amount
    quantity: Amount = Decimal(1)


class Doc(Body):
    """A document."""

    items: list[Line]
    terms: Count = 30
    day: Day | None = None
    at: Moment | None = None
    send: bool = False


READ = body_of(Doc, missing="items are required")


def test_a_long_amount_comes_out_as_it_came_in() -> None:
    """No digit is lost between the bytes of a request and the bytes of an answer."""
    doc = READ.parse(b'{"items":[{"name":"a","price":12345678901234567.89}]}')
    assert doc.items[0].price == Decimal("12345678901234567.89")
    assert encode({"total": doc.items[0].price}) == b'{"total":12345678901234567.89}'


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        (b'{"items":[{"name":"a","price":"1.00"}]}', "items[0].price", "must be a number, not text"),
        (b'{"items":[{"name":"a","price":true}]}', "items[0].price", "must be a number"),
        (b'{"items":[{"name":"a","price":1e400}]}', "items[0].price", "more digits"),
        (b'{"items":[{"name":"a","price":1e-400}]}', "items[0].price", "more digits"),
        (b'{"items":[{"name":1,"price":1}]}', "items[0].name", "must be a text"),
        (b'{"items":[{"name":"a"}]}', "items[0].price", "is required"),
        (b'{"items":[],"bogus":1}', "bogus", "is not a field"),
        (b'{"items":[],"terms":"30"}', "terms", "must be a number, not text"),
        (b'{"items":[],"terms":1.5}', "terms", "whole number"),
        (b'{"items":[],"day":"2026-02-30"}', "day", "must be a date"),
        (b'{"items":[],"at":"2026-02-03T10:00:00"}', "at", "time with its zone"),
        (b'{"items":[],"send":"true"}', "send", "must be true or false"),
        (b'{"items":{}}', "items", "must be a list"),
        (b"[]", "", "must be an object"),
    ],
)
def test_the_offending_field_is_named(text: bytes, field: str, words: str) -> None:
    """A refused body names the path of the field and says what to send."""
    with pytest.raises(InvalidBodyError) as caught:
        READ.parse(text)
    assert caught.value.field == field
    assert words in str(caught.value)


@pytest.mark.parametrize("text", [b"", b"{}"])
def test_the_published_sentence_is_used_for_missing_fields(text: bytes) -> None:
    """Where a sentence is published for missing fields, exactly that one is answered."""
    with pytest.raises(InvalidInputError, match=r"^items are required$"):
        READ.parse(text)


def test_whole_numbers_and_times_are_read() -> None:
    """Counts accept 3.0, days and moments are typed."""
    doc = READ.parse(b'{"items":[],"terms":3.0,"day":"2026-01-31","at":"2026-01-31T09:30:00Z"}')
    assert (doc.terms, str(doc.day)) == (3, "2026-01-31")
    assert doc.at is not None and doc.at.utcoffset() is not None
