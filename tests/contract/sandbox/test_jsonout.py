"""Numbers in answers are plain: no exponent, no zeros at the end, no minus before nothing (FACTS 4.7)."""

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bookbridge.sandbox.jsonout import dumps

NUMBERS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9),
    st.builds(lambda digits, power: Decimal(digits).scaleb(power), st.integers(-999, 999), st.integers(-8, 8)),
    st.sampled_from([Decimal("-0"), Decimal("-0.00"), Decimal("0E-7"), Decimal("1E+3"), Decimal("-0.50")]),
)


def expected(number: Decimal) -> str:
    """The digits of a number, from its parts."""
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)).rjust(1 - exponent, "0") + "0" * max(0, exponent)
    whole, part = (text[:exponent], text[exponent:].rstrip("0")) if exponent < 0 else (text, "")
    value = (whole.lstrip("0") or "0") + (f".{part}" if part else "")
    return f"-{value}" if sign and value != "0" else value


@given(st.lists(NUMBERS, min_size=1, max_size=5), st.text(max_size=8))
def test_every_number_is_written_plain_wherever_it_stands(numbers: list[Decimal], text: str) -> None:
    """In an object, in an array, last or alone, beside texts that look like numbers."""
    body = {"text": f"-0.{text}E-5", "rows": [{"amount": each} for each in numbers], "all": numbers, "last": numbers[0]}
    read = json.loads(dumps(body), parse_float=str, parse_int=str)
    wanted = [expected(each) for each in numbers]
    assert [row["amount"] for row in read["rows"]] == read["all"] == wanted
    assert read["last"] == wanted[0] == dumps(numbers[0]).decode()
    assert read["text"] == body["text"]
