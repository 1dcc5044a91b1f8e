"""Customers and vendors: found, or created once."""

from bookbridge.features.contacts import api
from bookbridge.features.contacts.workflow import EnsureContact
from bookbridge.registry import Feature

FEATURE = Feature(name="contacts", effects=(EnsureContact(),), router=api.router)
