"""Receivables: who owes how much and how late, read from the mirror without a call."""

from bookbridge.features.receivables import api
from bookbridge.registry import Feature

FEATURE = Feature(name="receivables", router=api.router)
