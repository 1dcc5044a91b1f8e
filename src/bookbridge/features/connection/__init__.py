"""Connecting Zoho Books: the web flow, the state of the connection, and what is wrong with it."""

from bookbridge.features.connection import api
from bookbridge.registry import Feature

FEATURE = Feature(name="connection", router=api.router)
