"""Identifiers and chance of the sandbox, all from one seed."""

from functools import cache
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bookbridge.sandbox.state import Org

_FIRST_RECORD = 103001
_STEP = 2


class SandboxIds:
    """Record ids that grow per organization, and seeded hexadecimal text for tokens and cookies.

    Zoho's ids are texts of 15-19 digits whose first part belongs to the organization (FACTS 4.7).
    """

    def __init__(self, *, seed: int = 0) -> None:
        self.random = Random(seed)
        self._next: dict[str, int] = {}

    def record_id(self, org: "Org") -> str:
        """Make the next 18-digit record id of an organization."""
        number = self._next.get(org.organization_id, _FIRST_RECORD)
        self._next[org.organization_id] = number + _STEP
        return f"{_prefix(org.organization_id):06d}{number:012d}"

    def highest(self, org: "Org") -> int:
        """Give the number below which every record id of the organization lies that was made until now."""
        number = self._next.get(org.organization_id, _FIRST_RECORD)
        return int(f"{_prefix(org.organization_id):06d}{number:012d}")

    def hex(self, length: int) -> str:
        """Make ``length`` lower-case hexadecimal digits."""
        return f"{self.random.getrandbits(4 * length):0{length}x}"


@cache
def _prefix(organization_id: str) -> int:
    """Derive the six digits an organization's record ids begin with (never a leading zero)."""
    digits = int("".join(c for c in organization_id if c.isdigit()) or "0")
    return 100_000 + (160_815 + digits) % 900_000
