"""Refusals whose code and text nobody could establish: both are switches (FACTS 3.3 and 11)."""

from typing import Any

from bookbridge.sandbox.call import ZohoFault


def refusal(world: Any, stem: str, status: int = 400) -> ZohoFault:
    """The refusal with the switches ``<stem>_code`` and ``<stem>_text``."""
    return ZohoFault(status, int(getattr(world.switches, f"{stem}_code")), str(getattr(world.switches, f"{stem}_text")))
