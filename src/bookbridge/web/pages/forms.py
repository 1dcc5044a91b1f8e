"""Small url-encoded forms, read without the framework's parsers (SEC-072)."""

from urllib.parse import parse_qsl

from fastapi import Request

from bookbridge.kernel.errors import InvalidInputError

MOST_BYTES, MOST_FIELDS = 64 * 1024, 50


async def form_of(request: Request) -> dict[str, str]:
    """FastAPI dependency: the fields of a url-encoded form.

    Raises:
        InvalidInputError: too large, too many fields, or a NUL character, which no database takes.
    """
    raw = await request.body()
    if len(raw) > MOST_BYTES:
        raise InvalidInputError("The form is too large.")
    try:
        pairs = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise InvalidInputError("The form has too many fields.") from error
    if any("\x00" in value for _name, value in pairs):
        raise InvalidInputError("The form holds a NUL character; remove it.")
    return dict(pairs)
