"""Zoho's call limits with their headers: a minute, a day, calls in flight, and the abuse guard (FACTS 2)."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bookbridge.sandbox.call import ZohoFault
from bookbridge.sandbox.clock import SandboxClock
from bookbridge.sandbox.state import Org
from bookbridge.sandbox.switches import Switches

DAY_LIMITS = {"free": 1000, "standard": 2000, "professional": 5000, "premium": 10000, "elite": 10000, "ultimate": 10000}
_UNLIMITED_DAY = 100_000_000
_MINUTE_S = 60

MESSAGES_44 = {
    "account": "For security reasons your account has been blocked as you have exceeded the maximum number of "
    "requests per minute that can originate from one account.",
    "organization": "For security reasons your organization has been blocked as it have exceeded the maximum number of "
    "requests per minute that can originate from an organization.",
}
MESSAGE_1070 = "You have reached the maximum number of in process requests allowed. Kindly try again after some time."
MESSAGE_43 = (
    "For security reasons you have been blocked for some time as you have exceeded the maximum number of requests "
    "per minute."
)


@dataclass
class Meter:
    """What one organization used: the calls of the last minute, today's calls, calls in flight (``org`` None: user)."""

    minute: deque[float] = field(default_factory=deque)
    blocked_until: float = 0.0
    day: str = ""
    used_today: int = 0
    in_flight: int = 0


class Limits:
    """Counts calls per organization and refuses those above the limits of its plan."""

    def __init__(self, *, clock: SandboxClock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._meters: dict[str, Meter] = {}

    @property
    def on(self) -> bool:
        """Tell whether calls are limited at all; they are counted always."""
        return self._switches.limits != "off"

    def meter(self, org: Org) -> Meter:
        """Give an organization's meter, turned to today."""
        meter = self._meters.setdefault(org.organization_id, Meter())
        today = self._local_now(org).date().isoformat()
        if meter.day != today:
            meter.day, meter.used_today = today, 0
        return meter

    def take(self, org: Org) -> None:
        """Count one call; raises ZohoFault 429 with 44, 45 or 1070."""
        meter = self.meter(org)
        refusal = self._refusal(org, meter) if self.on else None
        if refusal is None or self._switches.refused_calls_count:
            meter.used_today += 1
        if refusal is not None:
            raise refusal

    def take_user(self, user: str) -> None:
        """Count one call without organization; raises ZohoFault 429/43 far above any honest use."""
        if not self.on:
            return
        meter = self._meters.setdefault(f"user/{user}", Meter())
        now = self._clock.seconds()
        self._forget_old(meter, now)
        if now < meter.blocked_until:
            raise ZohoFault(429, 43, MESSAGE_43)
        meter.minute.append(now)
        if len(meter.minute) > self._switches.abuse_limit:
            meter.blocked_until = now + 3600
            raise ZohoFault(429, 43, MESSAGE_43)

    def headers(self, org: Org, *, spent: bool = False) -> list[tuple[str, str]]:
        """Give the ``X-Rate-Limit-*`` headers; ``spent`` shows a day without remainder, as beside code 45."""
        meter = self.meter(org)
        limit = self.day_limit(org)
        remaining = 0 if spent else max(limit - meter.used_today, 0)
        return [
            ("x-rate-limit-limit", str(limit)),
            ("x-rate-limit-remaining", str(remaining)),
            ("x-rate-limit-reset", str(self._seconds_to_midnight(org))),
        ]

    def day_limit(self, org: Org) -> int:
        """Give the day's allowance: the organization's own ``daily_limit``, else its plan's."""
        if not self.on:
            return _UNLIMITED_DAY
        own = org.settings.get("daily_limit")
        return int(own) if own else DAY_LIMITS[self._plan(org)]

    def concurrency(self, org: Org) -> int:
        """Give the number of calls that may be in flight."""
        return 5 if self._plan(org) == "free" else 10

    def refusal_44(self) -> ZohoFault:
        """Give the refusal of the minute limit."""
        return ZohoFault(429, 44, MESSAGES_44.get(self._switches.message_44, MESSAGES_44["account"]))

    def refusal_45(self, org: Org) -> ZohoFault:
        """Give the refusal of the day limit."""
        text = "The API call for this organization has exceeded the maximum call rate limit of"
        return ZohoFault(self._switches.day_limit_status, 45, f"{text} {self.day_limit(org)}.")

    def usage(self) -> dict[str, dict[str, object]]:
        """Give what each organization used, for the control plane."""
        return {
            name: {
                "used_today": meter.used_today,
                "day": meter.day,
                "last_minute": len(meter.minute),
                "in_flight": meter.in_flight,
                "blocked_s": max(0, round(meter.blocked_until - self._clock.seconds())),
            }
            for name, meter in self._meters.items()
        }

    def clear(self) -> None:
        """Forget every count; calls in flight no longer matter."""
        self._meters.clear()

    def _refusal(self, org: Org, meter: Meter) -> ZohoFault | None:
        now = self._clock.seconds()
        if meter.used_today >= self.day_limit(org):
            return self.refusal_45(org)
        if now < meter.blocked_until:
            return self.refusal_44()
        if meter.in_flight >= self.concurrency(org):
            return ZohoFault(429, 1070, MESSAGE_1070)
        self._forget_old(meter, now)
        if len(meter.minute) >= self._switches.minute_limit:
            meter.blocked_until = now + self._switches.minute_block_s
            meter.minute.clear()
            return self.refusal_44()
        meter.minute.append(now)
        return None

    def _forget_old(self, meter: Meter, now: float) -> None:
        """Drop what has left the window; a clock set back empties it."""
        start = now - _MINUTE_S
        if self._switches.minute_window == "fixed":
            start = now - now % _MINUTE_S - 0.000001
        if meter.minute and meter.minute[-1] > now:
            meter.minute.clear()
            meter.blocked_until = 0.0
        while meter.minute and meter.minute[0] <= start:
            meter.minute.popleft()

    def _plan(self, org: Org) -> str:
        plan = str(org.settings.get("plan") or org.info.get("plan_name", "")).lower()
        return plan if plan in DAY_LIMITS else "professional"

    def _local_now(self, org: Org) -> datetime:
        return self._clock.now().astimezone(org.zone)

    def _seconds_to_midnight(self, org: Org) -> int:
        now = self._local_now(org)
        midnight = datetime(now.year, now.month, now.day, tzinfo=org.zone) + timedelta(days=1)
        return max(1, int(midnight.timestamp() - now.timestamp()))
