"""Statuses of invoices as lists filter by them and show them: some are stored, some follow from the day."""

from typing import Any

import sqlalchemy as sa

from bookbridge.store import tables

INVOICES = tables.mirror_invoices
OVERDUE = "overdue"
STATUSES = (
    "draft", "sent", "viewed", "overdue", "partially_paid", "unpaid", "paid", "void", "pending_approval", "approved",
    "rejected",
)  # fmt: skip
"""What lists filter by; overdue, sent, viewed and partially paid are computed, unpaid is everything open."""


def shown(stored: str, /, *, is_open: bool, is_late: bool, is_part: bool) -> str:
    """The status as Zoho would show it: of an open invoice it follows from the day (FACTS 5.4)."""
    if not is_open:
        return stored
    if is_late:
        return OVERDUE
    if is_part:
        return "partially_paid"
    return "viewed" if stored == "viewed" else "sent"


def now(status: str, day: str, /) -> list[sa.ColumnElement[bool]]:
    """The statuses that follow from the day as conditions; the others as they are stored."""
    columns = INVOICES.c
    if not status:
        return []
    if status == "unpaid":
        return [columns.is_open]
    if status == OVERDUE:
        return [columns.is_open, columns.due_on < day]
    if status == "partially_paid":
        return [columns.is_open, columns.balance_minor < columns.total_minor]
    if status in ("sent", "viewed"):
        viewed = columns.status == "viewed" if status == "viewed" else columns.status != "viewed"
        return [columns.is_open, columns.due_on >= day, columns.balance_minor == columns.total_minor, viewed]
    return [columns.status == status]


def then(status: str, balance: sa.ColumnElement[Any], day: str, /) -> list[sa.ColumnElement[bool]]:
    """What was open on a day has only the statuses that follow from it."""
    if status == OVERDUE:
        return [INVOICES.c.due_on < day]
    if status == "partially_paid":
        return [balance < INVOICES.c.total_minor]
    if status == "sent":
        return [INVOICES.c.due_on >= day, balance == INVOICES.c.total_minor]
    return [] if status in ("", "unpaid") else [sa.false()]
