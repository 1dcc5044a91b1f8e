"""Everything the sandbox remembers: organizations, their records, and the log of what was committed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from threading import RLock
from typing import Any
from zoneinfo import ZoneInfo

from bookbridge.sandbox.call import Call
from bookbridge.sandbox.clock import SandboxClock
from bookbridge.sandbox.ids import SandboxIds
from bookbridge.sandbox.switches import Switches

_EMPTY_HASH = hashlib.sha256(b"").hexdigest()


@dataclass
class Org:
    """One organization: its wire row, its settings and its records.

    ``tables`` maps a resource word to id -> record (the internal full record; money as Decimal; missing as ``""``).
    ``found`` holds what lists found, until something changes; ``touched`` the documents written since the last commit.
    ``custom_fields`` maps a module to definitions ``{customfield_id, api_name, label, data_type, is_unique}``.
    """

    organization_id: str
    region: str
    info: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    custom_fields: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    found: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    touched: dict[tuple[str, str], bool] = field(default_factory=dict, repr=False, compare=False)

    def table(self, resource: str) -> dict[str, dict[str, Any]]:
        """Give the records of a resource by id, an empty table on first use."""
        return self.tables.setdefault(resource, {})

    @property
    def zone(self) -> ZoneInfo:
        """Give the organization's time zone (UTC until it has one)."""
        return ZoneInfo(self.info.get("time_zone") or "UTC")


@dataclass(frozen=True, slots=True)
class Commit:
    """One change of a record, by the API or by a person; ``total`` in the record's currency, None without one.

    ``facts`` are what the money documents that it touched say afterwards (``books.facts``).
    """

    seq: int
    at: str
    method: str
    path: str
    resource: str
    id: str
    key: str
    body_hash: str
    total: Decimal | None
    by: str
    organization_id: str
    number: str
    facts: tuple[dict[str, Any], ...] = ()


class World:
    """The state all regions of one sandbox share; handlers run one at a time under ``lock``.

    ``changes`` counts every change of a record.
    ``list_lag`` is asked once for each new record and gives the seconds it stays hidden from lists (0: none).
    """

    def __init__(self, *, clock: SandboxClock | None = None, switches: Switches | None = None, seed: int = 0) -> None:
        self.lock = RLock()
        self.clock = clock or SandboxClock()
        self.switches = switches or Switches()
        self.ids = SandboxIds(seed=seed)
        self.orgs: dict[str, Org] = {}
        self.commits: list[Commit] = []
        self.changes = 0
        self.list_lag: Callable[[], float] = lambda: 0.0
        self._hidden_until: dict[tuple[str, str, str], float] = {}
        self._highest_before: dict[str, int] = {}

    def add_org(self, *, organization_id: str, region: str, info: dict[str, Any]) -> Org:
        """Add an empty organization; its ``info`` is the start of its wire row."""
        org = Org(organization_id=organization_id, region=region, info=info)
        self.orgs[organization_id] = org
        return org

    def org_now(self, org: Org) -> datetime:
        """Give the sandbox's time in the organization's zone."""
        return self.clock.now().astimezone(org.zone)

    def stamp(self, org: Org) -> str:
        """Give the time as Zoho writes it: ``2026-06-09T13:16:45-0400`` (FACTS 4.2)."""
        text = self.org_now(org).isoformat(timespec="seconds")
        return text[:-3] + text[-2:]

    def before_call(self, org: Org) -> None:
        """Remember which records exist, so that a commit can tell a new one; the server calls it before a handler."""
        self._highest_before[org.organization_id] = self.ids.highest(org)
        org.touched.clear()

    def commit(
        self,
        call: Call,
        *,
        resource: str,
        record_id: str,
        key: str = "",
        total: Decimal | None = None,
        number: str = "",
        facts: tuple[dict[str, Any], ...] = (),
    ) -> None:
        """Append one change to the commit log; handlers call it exactly once per change.

        ``key`` is the record's unique custom field, else its number or reference. A new record may become hidden
        from lists for a while, when the fault plan says so. What the sandbox creates for itself is no change.
        """
        self.changes += 1
        if call.by == "sandbox":
            return
        self.commits.append(
            Commit(
                seq=len(self.commits) + 1,
                at=self.clock.now().isoformat(timespec="milliseconds"),
                method=call.method,
                path=call.path,
                resource=resource,
                id=record_id,
                key=key or number,
                body_hash=call.body_hash or _EMPTY_HASH,
                total=total,
                by=call.by,
                organization_id=call.org.organization_id,
                number=number,
                facts=facts,
            )
        )
        if call.by == "api" and self._is_new(call.org, record_id):
            lag_s = self.list_lag()
            if lag_s > 0:
                place = (call.org.organization_id, resource, record_id)
                self._hidden_until[place] = self.clock.seconds() + lag_s

    @property
    def hides_records(self) -> bool:
        """Tell whether any record may still be hidden from lists."""
        return bool(self._hidden_until)

    def visible(self, org: Org, resource: str, record_id: str) -> bool:
        """Tell whether lists and searches show the record already; reading it by id always works."""
        if not self._hidden_until:
            return True
        place = (org.organization_id, resource, record_id)
        until = self._hidden_until.get(place)
        if until is None:
            return True
        if self.clock.seconds() < until:
            return False
        del self._hidden_until[place]
        return True

    def _is_new(self, org: Org, record_id: str) -> bool:
        before = self._highest_before.get(org.organization_id)
        return before is not None and record_id.isdigit() and int(record_id) >= before
