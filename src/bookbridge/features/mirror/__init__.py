"""The copy of the books: how fresh it is, and syncs on demand."""

from bookbridge.registry import Feature, routes_in

FEATURE = Feature(name="mirror", router=routes_in(f"{__name__}.api"))
