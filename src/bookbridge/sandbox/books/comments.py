"""History and comments of a record (FACTS 4.10): system rows for what happened, internal rows for what was written."""

from bookbridge.sandbox.books.display import ago, date_formatted, short_time
from bookbridge.sandbox.books.records import NAMES, commit, new_id, stamp
from bookbridge.sandbox.books.users import current
from bookbridge.sandbox.books.values import Record, invalid, text
from bookbridge.sandbox.call import Call, ZohoFault

WORDS = {"customerpayments": "customer_payment", "vendorpayments": "vendor_payment"}


def note(call: Call, record: Record, description: str, *, system: bool = True) -> Record:
    """Add a row to the history of a record; returns it."""
    row = {
        "comment_id": new_id(call),
        "description": description,
        "comment_type": "system" if system else "internal",
        "operation_type": "Added",
        "_at": stamp(call.now),
    }
    record.setdefault("_comments", []).append(row)
    return row


def shown(call: Call, resource: str, record: Record, row: Record) -> Record:
    """The wire row of a comment."""
    user = current(call)
    id_field = NAMES[resource][1]
    return {
        "comment_id": row["comment_id"],
        id_field: record[id_field],
        "description": row["description"],
        "commented_by_id": user["user_id"],
        "commented_by": user["name"],
        "comment_type": row["comment_type"],
        "operation_type": row["operation_type"],
        "date": row["_at"][:10],
        "date_formatted": date_formatted(call.org, row["_at"]),
        "date_description": ago(row["_at"], call.now),
        "time": short_time(row["_at"]),
        "transaction_id": record[id_field],
        "transaction_type": WORDS.get(resource, resource.rstrip("s")),
        "is_entity_deleted": False,
    }


def all_shown(call: Call, resource: str, record: Record) -> list[Record]:
    """The history of a record, newest first."""
    return [shown(call, resource, record, row) for row in reversed(record.get("_comments", []))]


def write(call: Call, resource: str, record: Record) -> Record:
    """Add the comment of a body; returns its wire row."""
    description = text(call.body, "description", 2000)
    if not description:
        raise invalid("description")
    row = note(call, record, description, system=False)
    commit(call, resource, record, row["comment_id"])
    return shown(call, resource, record, row)


def _own(call: Call, record: Record) -> Record:
    for row in record.get("_comments", []):
        if row["comment_id"] == call.ids["comment_id"]:
            found: Record = row
            return found
    raise ZohoFault(404, 1002, "Comment does not exist.")


def change(call: Call, resource: str, record: Record) -> Record:
    """Replace the text of a comment; returns its wire row."""
    row = _own(call, record)
    row["description"] = text(call.body, "description", 2000) or row["description"]
    commit(call, resource, record, row["comment_id"])
    return shown(call, resource, record, row)


def erase(call: Call, resource: str, record: Record) -> None:
    """Delete a comment."""
    row = _own(call, record)
    record["_comments"].remove(row)
    commit(call, resource, record, row["comment_id"])
