"""Files with one order a line, each the body of ``POST /api/invoices/from-order``; ``order_id`` is required.

Without the order's own number a second import of the same file could not know what is there already.
"""

from collections.abc import Iterable, Iterator

from bookbridge.inbox.order_body import parse_body, to_order
from bookbridge.inbox.sources.entries import NOT_UTF8, SAVE_AS_UTF8, Entry, Found, Wrong, is_text
from bookbridge.kernel.errors import InvalidInputError


def entries(
    lines: Iterable[str], /, *, source: str = "", currency: str = "", organization_id: str = ""
) -> Iterator[Entry]:
    """Each order of the file, or what is wrong with its line.

    ``source`` overrides what the lines say; ``currency`` is that of lines that say none.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _entry(number, line, source, currency, organization_id)


def _entry(number: int, line: str, source: str, currency: str, organization_id: str) -> Entry:
    if not is_text(line):
        return Wrong(line=number, order_id="", field="", message=NOT_UTF8, remedy=SAVE_AS_UTF8)
    order_id = ""
    try:
        body = parse_body.parse(line.encode())
        order_id = body.order_id.strip()
        if not order_id:
            raise InvalidInputError("order_id is required.", field="order_id", remedy="Add the order's own number.")
        if body.organization_id not in ("", organization_id):
            remedy = f"Import it with --org {body.organization_id}, or leave organization_id out."
            raise InvalidInputError(
                "The order belongs to another organization.", field="organization_id", remedy=remedy
            )
        if currency and "currency" not in body.model_fields_set:
            body = body.model_copy(update={"currency": currency})
        return Found(line=number, order=to_order(body, order_id=order_id, source=source))
    except InvalidInputError as error:
        return Wrong.of(error, line=number, order_id=order_id)
