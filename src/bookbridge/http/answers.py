"""JSON answers in which every ``Decimal`` keeps its digits."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from bookbridge.kernel.secret import REDACTED, Secret


def encode(value: Any, /) -> bytes:
    """The JSON text of ``value``: ``Decimal`` as a number with all its digits, times as RFC 3339.

    A ``Money`` is written by its ``amount``, which the caller takes: the encoder would write its fields.

    Raises:
        TypeError: a value has no JSON form.
    """
    return _ENCODER.encode(value)


class JsonAnswer(Response):
    """An ``application/json`` answer written by ``encode``."""

    media_type = "application/json"

    def __init__(self, content: Any, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(content, status_code=status_code, headers=headers)

    def render(self, content: Any) -> bytes:
        """The bytes of the body."""
        return encode(content)


def _other(value: Any) -> Any:
    if isinstance(value, Secret):
        return REDACTED
    raise TypeError(f"{type(value).__name__} has no JSON form")


_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=_other)
