"""A text nobody should see: its printed form is redacted."""

import hmac
from typing import Any, NoReturn

REDACTED = "[redacted]"


class Secret:
    """A secret text; only ``reveal()`` gives it, so printing, logging and formatting cannot leak it.

    It is not a ``str`` on purpose: a form encoder or a format string that turns it into text gets ``[redacted]``
    and the mistake shows at once.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str, /) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself; call it only where it is used."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({REDACTED})"

    def __str__(self) -> str:
        return REDACTED

    def __format__(self, spec: str) -> str:
        return REDACTED

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


def reveal(value: "Secret | str | None", /) -> str:
    """The text of a secret or of a plain text; empty for ``None``."""
    return value.reveal() if isinstance(value, Secret) else value or ""


def redacted(values: dict[str, Any], /) -> dict[str, Any]:
    """The same mapping with every ``Secret`` replaced by its redacted form, for printing."""
    return {name: REDACTED if isinstance(value, Secret) else value for name, value in values.items()}
