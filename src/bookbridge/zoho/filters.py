"""Zoho's families of list filters (FACTS 4.5)."""


def texts(*names: str) -> frozenset[str]:
    """Filters on texts: equal, ``_startswith``, ``_contains``."""
    return frozenset(name + end for name in names for end in ("", "_startswith", "_contains"))


def dates(*names: str) -> frozenset[str]:
    """Filters on dates: equal, ``_start``, ``_end``, ``_before``, ``_after``."""
    return frozenset(name + end for name in names for end in ("", "_start", "_end", "_before", "_after"))


def amounts(*names: str) -> frozenset[str]:
    """Filters on amounts: equal, ``_less_than``, ``_less_equals``, ``_greater_than``, ``_greater_equals``."""
    ends = ("", "_less_than", "_less_equals", "_greater_than", "_greater_equals")
    return frozenset(name + end for name in names for end in ends)
