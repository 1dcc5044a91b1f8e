"""The fault plan: which calls go wrong, how, and what has fired (RELIABILITY 4.3, 4.5)."""

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

KINDS = frozenset(
    {
        "request_lost",
        "error_before",
        "error_after",
        "answer_lost",
        "late_commit",
        "limit_44",
        "limit_45",
        "limit_1070",
        "cut_json",
        "html_200",
        "code_nonzero_200",
        "other_answer",
        "slow_bytes",
        "list_lag",
        "expired_token",
        "revoked_token",
        "token_error_5xx",
        "token_access_denied",
        "latency",
    }
)
_TOKEN_KINDS = {"token_error_5xx", "token_access_denied"}
_MATCH_KEYS = {"method", "path", "org", "nth", "after_seq", "target"}
_RULE_KEYS = {"match", "kind", "rate", "times", "params"}
_TRACE_LENGTH = 100_000
PROFILES = Path(__file__).parent / "profiles"


@dataclass
class Rule:
    """One line of the plan.

    It fires on the ``nth`` matching call; else with probability ``rate``; else on each matching call. ``times`` bounds
    how often. ``target`` is ``books`` (the API) or ``accounts`` (token endpoints). ``path`` is a regular expression
    searched in the path below ``/books/v3`` (or the accounts path).
    """

    kind: str
    rate: float | None = None
    times: int | None = None
    target: str = "books"
    method: str = ""
    path: str = ""
    org: str = ""
    nth: int | None = None
    after_seq: int = 0
    params: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    fired: int = 0

    def matches(self, event: "Event") -> bool:
        """Tell whether the rule speaks of this call."""
        return (
            self.target == event.target
            and self.method in ("", event.method)
            and self.org in ("", event.org)
            and event.seq > self.after_seq
            and (not self.path or re.search(self.path, event.path) is not None)
        )

    @property
    def spent(self) -> bool:
        """Tell whether the rule has fired as often as it may."""
        return self.times is not None and self.fired >= self.times

    def as_dict(self) -> dict[str, Any]:
        """Give the rule in the form it is written in, with how often it matched and fired."""
        match = {"target": self.target, "method": self.method, "path": self.path, "org": self.org}
        match = {name: value for name, value in match.items() if value}
        extra = {"nth": self.nth, "after_seq": self.after_seq or None}
        return {
            "kind": self.kind,
            "match": {**match, **{name: value for name, value in extra.items() if value is not None}},
            "rate": self.rate,
            "times": self.times,
            "params": self.params,
            "seen": self.seen,
            "fired": self.fired,
        }


@dataclass(frozen=True)
class Event:
    """What a rule is asked about: one call as it arrived."""

    seq: int
    target: str
    method: str
    path: str
    org: str


class FaultPlan:
    """The rules in force, drawn from one seeded source, and the trace of what fired."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.scale = 1.0
        self.seed = 0
        self.counts: Counter[str] = Counter()
        self.trace: deque[dict[str, Any]] = deque(maxlen=_TRACE_LENGTH)
        self.pending_late = 0
        self._random = Random(0)

    def load(self, data: dict[str, Any]) -> None:
        """Replace the plan (``append`` true: add to it); raises ValueError for what it does not understand.

        ``{"rules": [...], "seed": 1, "scale": 0.1, "append": false}``; ``profile`` is read by the caller.
        """
        unknown = set(data) - {"rules", "seed", "scale", "append", "profile"}
        if unknown:
            raise ValueError(f"unknown key {sorted(unknown)[0]}")
        rules = [parse_rule(rule) for rule in data.get("rules", [])]
        if not data.get("append"):
            self.clear()
            self.counts.clear()
            self.trace.clear()
        self.rules.extend(rules)
        self.scale = float(data.get("scale", self.scale))
        if "seed" in data or not data.get("append"):
            self.seed = int(data.get("seed", 0))
            self._random = Random(self.seed)

    def clear(self) -> None:
        """Take all rules away; counts and trace stay until the next plan."""
        self.rules = []
        self.scale = 1.0

    def choose(self, event: Event) -> Rule | None:
        """Pick the one rule that fires on a call, and count it as fired.

        Rules with a rate share one draw, so that each fires exactly as often as it says.
        """
        fixed: Rule | None = None
        drawn: list[Rule] = []
        for rule in self.rules:
            if rule.kind in ("list_lag", "latency") or not rule.matches(event):
                continue
            rule.seen += 1
            if rule.spent:
                continue
            if rule.rate is not None and rule.nth is None:
                drawn.append(rule)
            elif fixed is None and rule.nth in (None, rule.seen):
                fixed = rule
        chosen = fixed or self._draw(drawn)
        if chosen is not None:
            chosen.fired += 1
        return chosen

    def latency_s(self, event: Event) -> float:
        """Give the extra waiting time of a call in real seconds, from rules of kind ``latency`` (``params.ms``)."""
        total_s = 0.0
        for rule in self.rules:
            if rule.kind == "latency" and rule.matches(event) and not rule.spent and self._happens(rule):
                rule.fired += 1
                self.record(rule, event)
                total_s += float(rule.params.get("ms", 100)) / 1000 * self.scale
        return total_s

    def list_lag_s(self) -> float:
        """Give how long a new record stays out of lists, in seconds of the sandbox's clock; 0 for most."""
        for rule in self.rules:
            if rule.kind == "list_lag" and not rule.spent and self._happens(rule):
                rule.fired += 1
                self.counts["list_lag"] += 1
                return self._random.expovariate(1 / float(rule.params.get("mean_s", 6.0))) * self.scale
        return 0.0

    def late_s(self, rule: Rule) -> float:
        """Give how long after its sending a late commit happens, in real seconds."""
        low, high = float(rule.params.get("min_s", 5.0)), float(rule.params.get("max_s", 85.0))
        return self._random.uniform(low, high) * self.scale

    def record(self, rule: Rule, event: Event) -> None:
        """Write down that a fault took effect."""
        self.counts[rule.kind] += 1
        self.trace.append({"seq": event.seq, "kind": rule.kind, "method": event.method, "path": event.path})

    def withdraw(self, rule: Rule) -> None:
        """Take back a chosen rule whose call was refused before it could take effect."""
        rule.fired -= 1

    def as_dict(self) -> dict[str, Any]:
        """Give plan, counts by kind, trace, and the number of late commits still to come."""
        return {
            "seed": self.seed,
            "scale": self.scale,
            "rules": [rule.as_dict() for rule in self.rules],
            "counts": dict(self.counts),
            "pending_late": self.pending_late,
            "trace": list(self.trace),
        }

    def _happens(self, rule: Rule) -> bool:
        rule.seen += 1
        return rule.rate is None or self._random.random() < rule.rate

    def _draw(self, rules: list[Rule]) -> Rule | None:
        if not rules:
            return None
        point = self._random.random()
        for rule in rules:
            point -= rule.rate or 0.0
            if point < 0:
                return rule
        return None


def parse_rule(data: dict[str, Any]) -> Rule:
    """Read one rule; raises ValueError with the reason."""
    match = data.get("match", {})
    unknown = sorted((set(data) - _RULE_KEYS) | (set(match) - _MATCH_KEYS))
    if unknown:
        raise ValueError(f"unknown key {unknown[0]} in a rule")
    kind = data.get("kind")
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind}; known are {', '.join(sorted(KINDS))}")
    try:
        re.compile(match.get("path", ""))
    except re.error as error:
        raise ValueError(f"path is not a regular expression: {error}") from None
    return Rule(
        kind=kind,
        rate=_plain(data.get("rate")),
        times=data.get("times"),
        target=match.get("target", "accounts" if kind in _TOKEN_KINDS else "books"),
        method=str(match.get("method", "")).upper(),
        path=match.get("path", ""),
        org=str(match.get("org", "")),
        nth=match.get("nth"),
        after_seq=int(match.get("after_seq", 0)),
        params={name: _plain(value) for name, value in data.get("params", {}).items()},
    )


def _plain(value: Any) -> Any:
    """Rates and seconds as floats, whether they came as TOML or as JSON (whose numbers are read exactly)."""
    return float(value) if isinstance(value, Decimal) else value
