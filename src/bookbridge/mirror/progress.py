"""What a sync has done so far, for whoever watches: safe to change from several threads."""

import threading
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(kw_only=True, slots=True)
class Done:
    """One entity: ``state`` is waiting, reading, done, failed or skipped; ``of`` the pages it will take, if known."""

    entity: str
    state: str = "waiting"
    rows: int = 0
    changed: int = 0
    deleted: int = 0
    pages: int = 0
    of: int = 0
    error: str = ""


@dataclass(kw_only=True)
class Progress:
    """All entities of a sync, its calls, and details still to be read."""

    entities: dict[str, Done] = field(default_factory=dict)
    calls: int = 0
    details: int = 0
    _mutex: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def start(self, entity: str, /, *, of: int = 0, state: str = "reading") -> None:
        """An entity is being read."""
        with self._mutex:
            done = self.entities.setdefault(entity, Done(entity=entity))
            done.state, done.of = state, max(done.of, of)

    def add(self, entity: str, /, **amounts: int) -> None:
        """Count rows, changed and deleted records, and pages."""
        with self._mutex:
            done = self.entities.setdefault(entity, Done(entity=entity))
            for name, amount in amounts.items():
                setattr(done, name, getattr(done, name) + amount)
            done.of = max(done.of, done.pages)

    def end(self, entity: str, /, *, error: str = "", state: str = "") -> None:
        """An entity is done, or failed with a sentence."""
        with self._mutex:
            done = self.entities.setdefault(entity, Done(entity=entity))
            done.state, done.error = state or ("failed" if error else "done"), error

    def shown(self) -> dict[str, Any]:
        """A snapshot as plain values."""
        with self._mutex:
            return {
                "entities": [asdict(each) for each in self.entities.values()],
                "calls": self.calls,
                "details": self.details,
            }
