"""Request bodies: decoded from the raw bytes with exact numbers, then validated by a model.

pydantic's own JSON reader and FastAPI's default pass numbers through a float; here the bytes are decoded by
``kernel.jsontext`` first and the model sees ``Decimal`` values.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from bookbridge.kernel import jsontext
from bookbridge.kernel.errors import InvalidInputError

MAX_PROBLEMS = 20
_WIDEST, _FINEST = 17, -12
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Days and moments outside these years are mistakes; at the ends of the calendar arithmetic with them fails."""


class Body(BaseModel):
    """Base of every request body: unknown fields and guessed types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


class InvalidBodyError(InvalidInputError):
    """The body does not fit its model; ``errors`` lists each offending field, at most 20."""

    def __init__(self, message: str, *, field: str, remedy: str, errors: Sequence[dict[str, str]]) -> None:
        super().__init__(message, field=field, remedy=remedy)
        self.errors = tuple(errors)


def _number(value: Any) -> Any:
    """A JSON number as ``Decimal``: never text, never a boolean, within 18 digits before and 12 after the point."""
    if isinstance(value, str):
        raise PydanticCustomError("number_as_text", "must be a number, not text")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PydanticCustomError("not_a_number", "must be a number")
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    if number.adjusted() > _WIDEST or not isinstance(exponent, int) or exponent < _FINEST:
        raise PydanticCustomError("number_out_of_range", "has more digits than an amount can have")
    return number


def _count(value: Any) -> Any:
    number = _number(value)
    if number != number.to_integral_value():
        raise PydanticCustomError("not_whole", "must be a whole number")
    return int(number)


def _day(value: Any) -> Any:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise PydanticCustomError("not_a_day", "must be a date such as 2026-01-31")
    return day


def _moment(value: Any) -> Any:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise PydanticCustomError("not_a_moment", "must be a time with its zone, such as 2026-01-31T09:30:00Z")
    return moment


Amount = Annotated[Decimal, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
"""An exact JSON number; a number sent as text is refused."""

Count = Annotated[int, BeforeValidator(_count), WithJsonSchema({"type": "integer"})]
"""A whole number; ``3`` and ``3.0``, never ``"3"``."""

Day = Annotated[date, BeforeValidator(_day), PlainSerializer(str), WithJsonSchema({"type": "string", "format": "date"})]
"""A calendar day, ``YYYY-MM-DD``."""

Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
"""A point in time with its zone, RFC 3339."""

Model = TypeVar("Model", bound=BaseModel)


class body_of(Generic[Model]):
    """FastAPI dependency: the request body as ``model``.

    ``missing`` is the sentence to answer when a required field of the outermost object is absent (or the body is
    empty), where a published sentence exists; ``optional`` accepts an empty body as an empty object.

    Raises:
        InvalidInputError: not JSON, or an ``InvalidBodyError`` with the path of each offending field.
        TooLargeError: raised by the server's body limit while reading.
    """

    def __init__(self, model: type[Model], /, *, missing: str = "", optional: bool = False) -> None:
        self.model = model
        self.missing = missing
        self.optional = optional

    async def __call__(self, request: Request) -> Model:
        """Read and parse the body of ``request``."""
        return self.parse(await request.body())

    def parse(self, raw: bytes, /) -> Model:
        """The model of a JSON text."""
        if not raw.strip():
            if not self.optional:
                raise InvalidInputError(self.missing or "The body is empty.", remedy="Send one JSON object.")
            raw = b"{}"
        return self.validate(jsontext.decode(raw))

    def validate(self, value: Any, /) -> Model:
        """The model of an already decoded value."""
        try:
            return self.model.model_validate(value)
        except ValidationError as error:
            raise self._explain(error) from None

    def _explain(self, error: ValidationError) -> InvalidBodyError:
        found = error.errors(include_url=False, include_context=True, include_input=False)
        problems = [_problem(each) for each in found[:MAX_PROBLEMS]]
        first = problems[0]
        absent = any(each["type"] == "missing" and len(each["loc"]) == 1 for each in found)
        message = self.missing if absent and self.missing else first["message"]
        return InvalidBodyError(message, field=first["field"], remedy=first["remedy"], errors=problems)


def path_of(location: Sequence[int | str], /) -> str:
    """``items[2].price`` for ``("items", 2, "price")``."""
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


_REMEDIES = {
    "missing": "Add the field.",
    "extra_forbidden": "Remove the field; see the documentation for the names this route takes.",
    "number_as_text": "Send the number without quotes.",
    "not_a_number": "Send a JSON number.",
    "number_out_of_range": "Send at most 18 digits before and 12 after the decimal point.",
    "not_whole": "Send a whole number.",
    "string_type": "Send a text in quotes.",
    "bool_type": "Send true or false.",
    "list_type": "Send a list in square brackets.",
    "model_type": "Send an object in curly brackets.",
}


def _problem(error: Any) -> dict[str, str]:
    field, kind, said = path_of(error["loc"]), error["type"], error["msg"]
    name = field or "The body"
    if kind == "missing":
        sentence = f"{name} is required."
    elif kind == "extra_forbidden":
        sentence = f"{name} is not a field of this request."
    elif kind in _REMEDIES or kind.startswith("not_"):
        sentence = f"{name} {_plain(kind, said)}."
    else:
        sentence = f"{name}: {said.removeprefix('Value error, ').rstrip('.')}."
    return {"field": field, "message": sentence, "remedy": _REMEDIES.get(kind, "")}


def _plain(kind: str, said: str) -> str:
    return {
        "string_type": "must be a text",
        "bool_type": "must be true or false",
        "list_type": "must be a list",
        "model_type": "must be an object",
    }.get(kind, said)
