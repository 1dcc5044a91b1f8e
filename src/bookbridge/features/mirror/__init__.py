"""The copy of the books: how fresh it is, and syncs on demand."""

from bookbridge.features.mirror import api
from bookbridge.registry import Feature

FEATURE = Feature(name="mirror", router=api.router)
