"""The list of invoices from the mirror, in the shape that Zoho's list has (FACTS 4.3, 5.4): no call."""

from collections.abc import Mapping
from typing import Any

from bookbridge.kernel.errors import InvalidInputError
from bookbridge.mirror.queries.asking import asked
from bookbridge.mirror.queries.freshness import is_mirrored, require_mirrored
from bookbridge.mirror.queries.invoices import InvoiceFilter, InvoicePage, InvoiceRow
from bookbridge.mirror.queries.invoices import list_invoices as find
from bookbridge.registry import Services
from bookbridge.store.organizations import Organization

FILTERS = (
    "status", "page", "per_page", "customer_id", "date_start", "date_end", "due_date_start", "due_date_end",
    "search_text", "sort_column", "sort_order",
)  # fmt: skip
"""What the mirror's list takes; Zoho's has more."""
PER_PAGE, MOST_PAGES = 200, 1_000_000
ONLY_IN_DETAIL = frozenset({
    "line_items", "taxes", "notes", "terms", "custom_body", "custom_subject", "contact_persons", "payment_options",
    "contact", "contact_persons_associated", "sub_statuses", "approvers_list", "salesorders",
})  # fmt: skip
"""What a record read by id has and a row of Zoho's list has not."""


def can_list(services: Services, organization: Organization, params: Mapping[str, str], /) -> bool:
    """Whether the invoices are mirrored and every filter is one the mirror knows."""
    if not set(params) <= set(FILTERS) or params.get("sort_column", "date") not in _SORTS:
        return False
    with services.db.read() as tx:
        return is_mirrored(tx, organization.organization_id)


def list_invoices(services: Services, organization: Organization, params: Mapping[str, str], /) -> dict[str, Any]:
    """One page of the mirrored invoices, the latest first unless told otherwise.

    Raises:
        InvalidInputError: a filter the mirror does not know, or a value that there is not.
        NotMirroredError: nothing is mirrored yet.
    """
    for name in params:
        if name not in FILTERS:
            remedy = f"Send source=zoho, or use {', '.join(FILTERS)}."
            raise InvalidInputError(f"{name} is not a filter of the mirror.", field=name, remedy=remedy)
    wanted = _wanted(params)
    with services.db.read() as tx:
        synced_at = require_mirrored(tx, organization.organization_id)
        page = find(tx, asked(tx, organization, services.clock.now()), wanted)
    context = {
        "page": page.page,
        "per_page": page.per_page,
        "has_more_page": page.has_more,
        "report_name": "Invoices",
        "applied_filter": "Status.All",
        "sort_column": params.get("sort_column", "date"),
        "sort_order": "A" if wanted.is_ascending else "D",
        "total": page.total,
        "source": "mirror",
        "synced_at": synced_at,
    }
    return {"invoices": _rows(page), "page_context": context}


def _wanted(params: Mapping[str, str]) -> InvoiceFilter:
    sort, order = params.get("sort_column", "date"), params.get("sort_order", "D")
    if order not in ("A", "D"):
        raise InvalidInputError("sort_order is A or D.", field="sort_order", remedy="Send A or D.")
    if sort not in _SORTS:
        remedy = f"Send source=zoho, or one of {', '.join(_SORTS)}."
        raise InvalidInputError("The mirror does not sort by that.", field="sort_column", remedy=remedy)
    return InvoiceFilter(
        status="" if params.get("status") == "all" else params.get("status", ""),
        customer_id=params.get("customer_id", ""),
        date_start=params.get("date_start", ""),
        date_end=params.get("date_end", ""),
        due_start=params.get("due_date_start", ""),
        due_end=params.get("due_date_end", ""),
        search=params.get("search_text", ""),
        sort=sort,
        is_ascending=order == "A",
        page=_whole(params, "page", 1, MOST_PAGES),
        per_page=_whole(params, "per_page", PER_PAGE, PER_PAGE),
    )


def _whole(params: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = params.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= most:
        raise InvalidInputError(f"{name} is a number from 1 to {most}.", field=name, remedy="Send such a number.")
    return int(text)


def _rows(page: InvoicePage) -> list[dict[str, Any]]:
    return [_row(row, payload) for row, payload in zip(page.rows, page.payloads, strict=True)]


def _row(row: InvoiceRow, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Zoho's row as it came, with the status of today."""
    kept = {name: value for name, value in payload.items() if name not in ONLY_IN_DETAIL}
    return {**kept, "invoice_id": row.invoice_id, "status": row.status, "balance": row.balance.amount}


_SORTS = ("date", "due_date", "invoice_number", "customer_name", "total", "balance")
