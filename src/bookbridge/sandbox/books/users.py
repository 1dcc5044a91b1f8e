"""Users of an organization (FACTS 5.11): list, own user, one user."""

from bookbridge.sandbox.books.lists import Listing, answer
from bookbridge.sandbox.books.records import get
from bookbridge.sandbox.books.values import Record
from bookbridge.sandbox.call import Call, Reply, Route


def row(call: Call, user: Record) -> Record:
    """The wire row of the list."""
    return {
        "user_id": user["user_id"],
        "role_id": user["role_id"],
        "name": user["name"],
        "email": user["email"],
        "user_role": user["user_role"],
        "status": user["status"],
        "is_current_user": user["is_current_user"],
        "photo_url": "",
        "is_customer_segmented": False,
        "is_vendor_segmented": False,
        "user_type": user["user_type"],
    }


def detail(user: Record) -> Record:
    """The wire record of one user."""
    return {
        "user_id": user["user_id"],
        "name": user["name"],
        "email_ids": [{"email": user["email"], "is_selected": True}],
        "status": user["status"],
        "user_role": user["user_role"],
        "user_type": user["user_type"],
        "role_id": user["role_id"],
        "cost_rate": "",
        "photo_url": "",
        "is_employee": False,
        "created_time": user["created_time"],
        "custom_fields": [],
    }


def _status(word: str, user: Record) -> bool:
    return word == "all" or str(user["status"]).casefold() == word


LISTING = Listing(
    resource="users",
    key="users",
    report_name="Users",
    row=row,
    sort_column="name",
    sort_order="A",
    sorts=("name", "email", "user_role", "status"),
    filter_by={
        f"Status.{word}": lambda call, user, word=word: _status(word.lower(), user)  # type: ignore[misc]
        for word in ("All", "Active", "Inactive", "Invited", "Deleted")
    },
)


def current(call: Call) -> Record:
    """The user who owns the tokens of this sandbox."""
    return next(user for user in call.org.table("users").values() if user["is_current_user"])


def listed(call: Call) -> Reply:
    """``GET /users``."""
    return answer(LISTING, call)


def me(call: Call) -> Reply:
    """``GET /users/me``."""
    return Reply({"user": detail(current(call))})


def got(call: Call) -> Reply:
    """``GET /users/{id}``."""
    return Reply({"user": detail(get(call, "users", call.ids["user_id"]))})


ROUTES = (
    Route("GET", "/users", "settings.READ", listed),
    Route("GET", "/users/me", "settings.READ", me),
    Route("GET", "/users/{user_id}", "settings.READ", got),
)
