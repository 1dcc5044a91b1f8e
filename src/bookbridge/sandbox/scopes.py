"""Scopes of Zoho Books: which exist, and which a route needs (FACTS 1.8)."""

import re

_MODULES = frozenset(
    [
        "contacts",
        "settings",
        "estimates",
        "salesorders",
        "purchaseorders",
        "bills",
        "expenses",
        "vendorpayments",
        "customerpayments",
        "creditnotes",
        "invoices",
        "debitnotes",
        "projects",
        "banking",
        "accountants",
        "deliverychallans",
        "fixedasset",
        "custommodules",
        "fullaccess",
        "reports",
        "items",
        "users",
    ]
)
_OPERATIONS = frozenset({"create", "read", "update", "delete", "all"})
_OTHER_SERVICE = re.compile(r"[A-Za-z]+(\.[A-Za-z_]+)+")


def parse_scopes(text: str) -> tuple[str, ...]:
    """Split a comma- or space-separated list."""
    return tuple(part for part in re.split(r"[,\s]+", text) if part)


def known(scope: str) -> bool:
    """Tell whether a scope exists; scopes of Zoho's other services pass by their form."""
    parts = scope.lower().split(".")
    if parts[0] != "zohobooks":
        return _OTHER_SERVICE.fullmatch(scope) is not None
    return len(parts) == 3 and parts[1] in _MODULES and parts[2] in _OPERATIONS


def covers(granted: tuple[str, ...], needed: str) -> bool:
    """Tell whether granted scopes allow ``needed`` such as ``invoices.CREATE``; empty needs nothing."""
    if not needed:
        return True
    module, _, operation = needed.lower().partition(".")
    accepted = {"zohobooks.fullaccess.all", f"zohobooks.{module}.all", f"zohobooks.{module}.{operation}"}
    return any(scope.lower() in accepted for scope in granted)
