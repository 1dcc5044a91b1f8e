"""Identifiers: random ones for rows and requests, derived ones for the books."""

import base64
import hashlib
import os
import secrets
import threading
from typing import Protocol

_BYTES, _AT_ONCE = 15, 64


class IdSource(Protocol):
    """Where new random identifiers come from."""

    def new(self, prefix: str, /) -> str:
        """A new unguessable id such as ``ord_7mqk...`` (at least 96 random bits)."""
        ...


class RandomIds:
    """Identifiers from the operating system's random source.

    It is asked for many at once: each time it is asked, a thread gives the interpreter away, and with others at work
    it waits milliseconds to get it back. A forked process asks anew.
    """

    def __init__(self) -> None:
        self._mine = threading.local()

    def new(self, prefix: str, /) -> str:
        """``prefix``, an underscore and 120 random bits in lower-case base32."""
        return f"{prefix}_{base64.b32encode(self._bytes()).decode().lower()}"

    def _bytes(self) -> bytes:
        mine = self._mine
        if getattr(mine, "process", None) != os.getpid() or not mine.drawn:
            mine.process = os.getpid()
            block = secrets.token_bytes(_BYTES * _AT_ONCE)
            mine.drawn = [block[start : start + _BYTES] for start in range(0, len(block), _BYTES)]
        drawn: bytes = mine.drawn.pop()
        return drawn


class CountingIds:
    """Repeatable identifiers for tests."""

    def __init__(self) -> None:
        self._next = 0

    def new(self, prefix: str, /) -> str:
        """``prefix`` and a running number."""
        self._next += 1
        return f"{prefix}_{self._next:012d}"


def token(bits: int = 256, /) -> str:
    """An unguessable URL-safe text of at least ``bits`` random bits."""
    return secrets.token_urlsafe((bits + 7) // 8)


def derived_key(*parts: str) -> str:
    """80 bits derived from an identity, 16 characters of upper-case base32.

    The same parts give the same key on every machine and after every restore, and parts cannot run
    into each other: each is hashed with its length.
    """
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8")
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return base64.b32encode(digest.digest()[:10]).decode()


def fraction() -> float:
    """A random number from 0 up to 1, to spread repetitions; never for anything secret or exact."""
    return secrets.randbelow(1_000_000) / 1_000_000
