"""The limits of time of the whole program, in one value that can be scaled down for tests and campaigns."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Seconds, unless the name says otherwise; RELIABILITY 1.3 explains how they hang together.

    ``call_timeout_s`` (T) is shorter than ``lease_s`` (L), which is shorter than ``quarantine_s`` (Q).
    """

    scale: float = 1.0
    call_timeout_s: float = 30.0
    lease_s: float = 45.0
    quarantine_s: float = 150.0
    budget_wait_s: float = 10.0
    retry_pause_s: float = 2.0
    give_up_s: float = 24 * 3600.0
    max_attempts: int = 12
    breaker_after: int = 5
    breaker_probe_s: float = 15.0
    sweep_every_s: float = 15.0
    heartbeat_every_s: float = 5.0
    dead_after_s: float = 30.0
    token_call_s: float = 10.0
    refresh_lease_s: float = 20.0
    revoked_after_s: float = 30.0

    @classmethod
    def scaled(cls, scale: float, /) -> "Limits":
        """All times multiplied by ``scale`` (0.1 in campaigns); counts stay."""
        if not 0 < scale <= 10:
            raise ValueError("the time scale must be above 0 and at most 10")
        plain = cls()
        times = {name: getattr(plain, name) * scale for name in plain.__slots__ if name.endswith("_s")}
        return cls(scale=scale, **times)
