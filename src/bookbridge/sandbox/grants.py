"""Codes and tokens: who holds which, how long they live, and when the accounts server drops them (FACTS 1.4, 1.6)."""

import base64
import hashlib
from collections import Counter, deque
from dataclasses import dataclass

from bookbridge.sandbox.clock import SandboxClock
from bookbridge.sandbox.ids import SandboxIds
from bookbridge.sandbox.switches import Switches

FULL_ACCESS = ("ZohoBooks.fullaccess.all",)


@dataclass(frozen=True)
class Holder:
    """Whom a token speaks for: a client, in a data centre, with scopes; ``organization_id`` only where limited to one.

    The user is the one person who lives in that data centre.
    """

    client_id: str
    region: str
    scopes: tuple[str, ...]
    organization_id: str = ""


@dataclass
class Code:
    """A one-time grant code; ``redirect_uri`` is empty for a self client's code."""

    text: str
    holder: Holder
    expires_at: float
    redirect_uri: str = ""
    offline: bool = True
    challenge: str = ""
    challenge_method: str = ""

    def verifies(self, verifier: str) -> bool:
        """Tell whether the PKCE verifier fits; without a challenge everything does."""
        if not self.challenge:
            return True
        if self.challenge_method.upper() != "S256":
            return verifier == self.challenge
        digest = hashlib.sha256(verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.challenge.rstrip("=")


@dataclass
class RefreshToken:
    """A refresh token; it lives until revoked or evicted."""

    text: str
    holder: Holder


@dataclass
class AccessToken:
    """An access token; ``source`` is its refresh token, or a name for grants that have none."""

    text: str
    holder: Holder
    source: str
    expires_at: float


class Throttled(Exception):
    """Too many tokens or codes were asked for in the window."""


class Grants:
    """Every code and token of all regions, with the counters of what happened."""

    def __init__(self, *, clock: SandboxClock, ids: SandboxIds, switches: Switches) -> None:
        self._clock, self._ids, self._switches = clock, ids, switches
        self.codes: dict[str, Code] = {}
        self.refresh: dict[str, RefreshToken] = {}
        self.access: dict[str, AccessToken] = {}
        self.consented: set[tuple[str, str, frozenset[str]]] = set()
        self.counts: Counter[str] = Counter()
        self._windows: dict[str, deque[float]] = {}

    def new_text(self) -> str:
        """Make a text in the form of codes and tokens: ``1000.<32 hex>.<32 hex>``."""
        return f"1000.{self._ids.hex(32)}.{self._ids.hex(32)}"

    def add_code(self, code: Code) -> Code:
        """Keep a grant code."""
        self.codes[code.text] = code
        self.counts["codes"] += 1
        return code

    def take_code(self, text: str, *, client_id: str, region: str) -> Code | None:
        """Look a code up; None when unknown, of another client or region, or past its time (which forgets it)."""
        code = self.codes.get(text)
        if code is None or code.holder.client_id != client_id or code.holder.region != region:
            return None
        if self._clock.seconds() >= code.expires_at:
            del self.codes[text]
            return None
        return code

    def throttle(self, subject: str) -> None:
        """Count one attempt of a subject; raises Throttled above the allowed number in the window.

        Refused attempts count too, so that asking again prolongs the refusal.
        """
        if not self._throttle_is_on():
            return
        allowed = self._switches.tokens_per_window
        attempts = self._windows.setdefault(subject, deque(maxlen=allowed))
        now = self._clock.seconds()
        full = len(attempts) == allowed and now - attempts[0] < self._switches.token_window_s
        attempts.append(now)
        if full:
            self.counts["throttled"] += 1
            raise Throttled

    def forget_attempts(self) -> None:
        """Empty the throttle's windows."""
        self._windows.clear()

    def add_refresh(self, holder: Holder, text: str = "") -> RefreshToken:
        """Make a refresh token; above the cap of the user and client the oldest is deleted with its access tokens."""
        rivals = [
            token.text
            for token in self.refresh.values()
            if token.holder.client_id == holder.client_id and token.holder.region == holder.region
        ]
        surplus = len(rivals) + 1 - self._switches.refresh_token_cap
        for victim in rivals[: max(surplus, 0)]:
            self.drop_refresh(victim)
            self.counts["refresh_tokens_evicted"] += 1
        token = RefreshToken(text=text or self.new_text(), holder=holder)
        self.refresh[token.text] = token
        self.counts["refresh_tokens"] += 1
        return token

    def add_access(self, holder: Holder, *, source: str, text: str = "") -> AccessToken:
        """Make an access token; above the cap of its source the oldest living one dies."""
        now = self._clock.seconds()
        self._forget_expired(now)
        living = [token.text for token in self.access.values() if token.source == source]
        surplus = len(living) + 1 - self._switches.access_token_cap
        for victim in living[: max(surplus, 0)]:
            del self.access[victim]
            self.counts["access_tokens_evicted"] += 1
        lifetime_s = self._switches.access_token_s
        token = AccessToken(text=text or self.new_text(), holder=holder, source=source, expires_at=now + lifetime_s)
        self.access[token.text] = token
        self.counts["access_tokens"] += 1
        return token

    def living(self, text: str) -> AccessToken | None:
        """Give an access token that is known and not expired."""
        token = self.access.get(text)
        if token is None or self._clock.seconds() >= token.expires_at:
            return None
        return token

    def drop_refresh(self, text: str) -> bool:
        """Delete a refresh token and its access tokens; False when there is none."""
        if self.refresh.pop(text, None) is None:
            return False
        for token in [token.text for token in self.access.values() if token.source == text]:
            del self.access[token]
        return True

    def drop(self, text: str) -> bool:
        """Revoke a refresh or access token; False when unknown."""
        return self.drop_refresh(text) or self.access.pop(text, None) is not None

    def _forget_expired(self, now: float) -> None:
        for text in [token.text for token in self.access.values() if token.expires_at <= now]:
            del self.access[text]

    def _throttle_is_on(self) -> bool:
        choice = self._switches.token_throttle
        return choice == "on" or (choice == "auto" and self._switches.limits != "off")
