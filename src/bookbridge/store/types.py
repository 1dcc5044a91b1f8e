"""Column types that keep what they are given on both databases."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from bookbridge.kernel.clock import from_millis, to_millis


class UtcMillis(TypeDecorator[datetime]):
    """An aware datetime, kept as whole milliseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """Milliseconds; refuses a naive datetime."""
        return None if value is None else to_millis(value)

    def process_result_value(self, value: Any, dialect: Any) -> datetime | None:
        """An aware UTC datetime."""
        return None if value is None else from_millis(int(value))


class JsonText(TypeDecorator[Any]):
    """A JSON value kept as text; numbers with a point come back as ``Decimal``."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        """Compact JSON text."""
        return None if value is None else dump(value)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """The decoded value."""
        return None if value is None else json.loads(value, parse_float=Decimal)


def dump(value: Any, /) -> str:
    """Compact JSON text that keeps every digit of a ``Decimal`` (written as a JSON number)."""
    return _ENCODER.encode(value).decode()


_ENCODER = msgspec.json.Encoder(decimal_format="number", order="sorted")
