"""Connecting Zoho Books: the web flow, the state of the connection, and what is wrong with it."""

from bookbridge.registry import Feature, routes_in

FEATURE = Feature(name="connection", router=routes_in(f"{__name__}.api"))
