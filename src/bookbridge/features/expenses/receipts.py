"""Receipts of expenses: pictures and PDFs, passed on to Zoho and given back, never stored or read here (SEC-080)."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from bookbridge.features.expenses.actions import read
from bookbridge.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from bookbridge.registry import Services
from bookbridge.store import audit
from bookbridge.store.organizations import Organization
from bookbridge.zoho.books.expenses import Receipt

MAX_BYTES = 10 * 1024 * 1024
"""The largest receipt that is taken; a larger body ends at the edge (SEC-070)."""
_LONGEST_NAME = 100
_UNSAFE = re.compile(r"[^A-Za-z0-9._ -]+")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: the ends its name may have, its media type, and how its bytes begin."""

    suffixes: tuple[str, ...]
    media_type: str
    begins: tuple[bytes, ...]


KINDS = (
    Kind(("pdf",), "application/pdf", (b"%PDF-",)),
    Kind(("jpg", "jpeg"), "image/jpeg", (b"\xff\xd8\xff",)),
    Kind(("png",), "image/png", (b"\x89PNG\r\n\x1a\n",)),
    Kind(("gif",), "image/gif", (b"GIF87a", b"GIF89a")),
    Kind(("bmp",), "image/bmp", (b"BM",)),
)
"""What a receipt may be. Zoho would also take office files; those can carry programs and are refused here."""


def attach(
    services: Services,
    organization: Organization,
    expense_id: str,
    content: bytes,
    /,
    *,
    filename: str = "",
    replaces: bool = False,
    actor: str,
) -> dict[str, Any]:
    """Attach a receipt to an expense; the same receipt again changes nothing, so sending it again is always safe.

    Of two different ones that are sent at the same moment, the later one stays.

    Raises:
        InvalidInputError: it is empty, too large, or none of ``KINDS``, or its name says another kind.
        ConflictError: the expense has another receipt and ``replaces`` is not set.
        RecordNotFoundError: there is no such expense.
    """
    receipt = checked(content, filename)
    expense = read(services, organization, expense_id)
    books = services.zoho.books(organization.organization_id)
    there = str(expense.get("expense_receipt_name") or "")
    told = {"expense_id": expense_id, "filename": receipt.filename, "bytes": len(content), "is_new": True}
    if there and books.expenses.receipt(expense_id) == content:
        return {**told, "filename": there, "is_new": False}
    if there and not replaces:
        raise ConflictError(
            f"The expense already has the receipt {_safe(there)}; fetch it first, then put another in its place with "
            "replace=true, or --replace on the command line."
        )
    with services.db.transaction() as tx:
        audit.record(
            tx, at=services.db.now(tx), actor=actor, action="expense.receipt", subject_id=expense_id,
            organization_id=organization.organization_id,
            detail={"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "replaces": bool(there)},
        )  # fmt: skip
    books.expenses.attach_receipt(expense_id, receipt)
    return told


def fetch(services: Services, organization: Organization, expense_id: str, /) -> Receipt:
    """The receipt of an expense, under a name that is safe to save.

    Raises:
        NotFoundError: the expense has none.
        RecordNotFoundError: there is no such expense.
    """
    name = str(read(services, organization, expense_id).get("expense_receipt_name") or "")
    if not name:
        raise NotFoundError("The expense has no receipt; PUT /api/expenses/{expense_id}/receipt attaches one.")
    content = services.zoho.books(organization.organization_id).expenses.receipt(expense_id)
    kind = _kind_of(content)
    return Receipt(
        filename=_safe(name), content=content, content_type=kind.media_type if kind else "application/octet-stream"
    )


def checked(content: bytes, filename: str = "", /) -> Receipt:
    """A receipt with its kind told by its bytes; ``receipt.pdf`` and the like where it has no name.

    Raises:
        InvalidInputError: as ``attach``.
    """
    if not content:
        raise InvalidInputError("The receipt is empty.", field="body", remedy="Send the bytes of the file as the body.")
    if len(content) > MAX_BYTES:
        raise InvalidInputError("The receipt is larger than 10 MiB.", field="body", remedy="Send a smaller file.")
    kind = _kind_of(content)
    if kind is None:
        raise InvalidInputError(
            "The receipt is neither a PDF nor a JPEG, PNG, GIF or BMP picture.",
            field="body",
            remedy="Send the file itself as the body, without a form around it.",
        )
    name = _safe(filename) or f"receipt.{kind.suffixes[0]}"
    if name.rpartition(".")[2].lower() not in kind.suffixes:
        raise InvalidInputError(
            f"{name} is a file of type {kind.media_type}.",
            field="filename",
            remedy=f"End its name with .{kind.suffixes[0]}.",
        )
    return Receipt(filename=name, content=content, content_type=kind.media_type)


def _kind_of(content: bytes) -> Kind | None:
    return next((kind for kind in KINDS if content.startswith(kind.begins)), None)


def _safe(name: str) -> str:
    """The last part of a name, without anything that a header or a file system could misread."""
    last = re.split(r"[/\\]", name)[-1]
    kept = _UNSAFE.sub("_", last).strip(". ")
    stem, dot, suffix = kept.rpartition(".")
    return (f"{stem[: _LONGEST_NAME - 10]}.{suffix[:9]}" if dot else kept[:_LONGEST_NAME]).strip()
