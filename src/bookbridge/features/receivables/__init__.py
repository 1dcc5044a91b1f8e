"""Receivables: who owes how much and how late, read from the mirror without a call."""

from bookbridge.registry import Feature, routes_in

FEATURE = Feature(name="receivables", router=routes_in(f"{__name__}.api"))
