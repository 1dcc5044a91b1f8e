"""Customers and vendors: found, or created once."""

from bookbridge.features.contacts.workflow import EnsureContact
from bookbridge.registry import Feature, routes_in

FEATURE = Feature(name="contacts", effects=(EnsureContact(),), router=routes_in(f"{__name__}.api"))
