"""Files on records: checks of type and size, storing, and giving back the very bytes (FACTS 4.10)."""

from bookbridge.sandbox.books.display import time_formatted
from bookbridge.sandbox.books.records import new_id, stamp
from bookbridge.sandbox.books.values import Record, invalid
from bookbridge.sandbox.call import Call, Reply, Upload, ZohoFault

IMAGES = ("gif", "png", "jpeg", "jpg", "bmp", "pdf")
RECEIPTS = (*IMAGES, "xls", "xlsx", "doc", "docx")
MAX_BYTES = 10 * 1024 * 1024
TYPES = {
    "gif": "image/gif", "png": "image/png", "jpeg": "image/jpeg", "jpg": "image/jpeg", "bmp": "image/bmp",
    "pdf": "application/pdf", "xls": "application/vnd.ms-excel", "doc": "application/msword",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}  # fmt: skip


def _kind(upload: Upload) -> str:
    return upload.filename.rsplit(".", 1)[-1].lower() if "." in upload.filename else ""


def taken_from(call: Call, field: str, allowed: tuple[str, ...]) -> list[Upload]:
    """The files of a multipart body under ``field`` (``attachment``, ``attachment1`` ...), else whatever came.

    Raises 4 without a file, for a type outside ``allowed``, and for one over ten megabytes.
    """
    named = [upload for name, upload in call.files.items() if name.startswith(field)]
    found = named or list(call.files.values())
    if not found:
        raise invalid(field)
    for upload in found:
        if _kind(upload) not in allowed or len(upload.data) > MAX_BYTES:
            raise invalid(field)
    return found


def document(call: Call, upload: Upload) -> Record:
    """A stored file as a document of a record; ``_data`` are its bytes."""
    kind = _kind(upload)
    now = stamp(call.now)
    return {
        "document_id": new_id(call),
        "file_name": upload.filename,
        "file_type": kind,
        "document_type": kind,
        "file_size": len(upload.data),
        "file_size_formatted": f"{len(upload.data) / 1024:.1f} KB",
        "attachment_order": 1,
        "can_show_in_portal": False,
        "can_send_in_mail": False,
        "source": "api",
        "uploaded_on": now,
        "uploaded_on_date_formatted": time_formatted(call.org, now),
        "_data": upload.data,
    }


def shown(stored: Record) -> Record:
    """The wire record of a document."""
    return {key: value for key, value in stored.items() if not key.startswith("_")}


def given(stored: Record | None) -> Reply:
    """A stored file's bytes; raises 404/1002 without one."""
    if stored is None:
        raise ZohoFault(404, 1002, "Attachment does not exist.")
    headers = {"Content-Disposition": f'attachment; filename="{_header_safe(stored["file_name"])}"'}
    content_type = TYPES.get(stored["file_type"], "application/octet-stream")
    return Reply(stored["_data"], headers=headers, content_type=content_type)


def _header_safe(name: str) -> str:
    return "".join(letter if " " <= letter <= "~" and letter not in '"\\' else "_" for letter in name)
