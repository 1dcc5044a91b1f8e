"""Passwords of administrators: which are good enough, and their Argon2id hashes (SEC-010).

The parameters are the second recommendation of RFC 9106, section 4 (64 MiB, three passes, four lanes); they are above
the minimum of OWASP's Password Storage Cheat Sheet (19 MiB, two passes, one lane). Argon2 is imported when the first
password is hashed: most commands never need it.
"""

import base64
import gzip
import itertools
import secrets
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bookbridge.kernel.errors import InvalidInputError
from bookbridge.kernel.secret import Secret

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, ADVISED, LONGEST = 12, 15, 128
MOST_ADDED = 5
"""A common password with this many more characters before or behind it is still one."""
LIST = Path(__file__).parent / "common-passwords.txt.gz"
_FEWEST_DIFFERENT = 5
_DISGUISES = str.maketrans("@4831!05$7", "aabeliosst")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one hash costs: memory, passes over it, and lanes that may run side by side."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4


COST = Cost()


def hashed(password: Secret, /) -> str:
    """The Argon2id hash of a password, with its parameters and a salt of its own."""
    return _hasher(COST).hash(_same_text(password))


def is_right(password: Secret, stored: str, /) -> bool:
    """Whether ``stored`` is a hash of the password; costs one hash, whatever the answer."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher(COST).verify(stored, _same_text(password))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str, /) -> bool:
    """Whether a hash was made with other parameters than those of today."""
    return _hasher(COST).check_needs_rehash(stored)


def of_nobody() -> str:
    """A hash that no password has, for names that do not exist: checking it costs as much as checking a real one."""
    salt, digest = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={COST.memory_kib},t={COST.passes},p={COST.lanes}${salt}${digest}"


def require_good(password: Secret, /, *, names: Collection[str] = ()) -> None:
    """Refuse a password that is easy to guess; ``names`` are words an attacker tries first.

    Raises:
        InvalidInputError: too short, too long, common, or made of almost nothing.
    """
    text = _same_text(password)
    if len(text) < SHORTEST:
        raise _refused(f"The password is too short: it has {len(text)} characters.", f"Use at least {SHORTEST}")
    if len(text) > LONGEST:
        raise _refused("The password is too long.", f"Use at most {LONGEST} characters")
    if any(each in "\x00\ufffd" or "\ud800" <= each <= "\udfff" for each in text):
        raise _refused("The password has a character that cannot be stored.", "Type it again")
    if len(set(text)) < _FEWEST_DIFFERENT or _is_repeated(text) or _is_row(text):
        raise _refused("The password is a row or a repetition of a few characters.", f"Use {ADVISED} or more")
    if is_common(text, names=names):
        raise _refused("The password is one of those that are tried first.", "Use several words of your own")


def is_common(text: str, /, *, names: Collection[str] = ()) -> bool:
    """Whether it is in the list, or a word of the list or one of ``names`` with a little before or behind it."""
    words = {name.casefold() for name in names if len(name) > 3} | {"bookbridge", "zohobooks"}
    plain = text.casefold()
    return any(
        core in words or core in _common() for form in (plain, plain.translate(_DISGUISES)) for core in _cores(form)
    )


def _cores(text: str) -> Iterator[str]:
    """``text`` without up to ``MOST_ADDED`` characters at its ends."""
    for cut in range(MOST_ADDED + 1):
        for front in range(cut + 1):
            yield text[front : len(text) - (cut - front)]


def _is_repeated(text: str) -> bool:
    """Whether it is something short again and again."""
    return text in (text + text)[1:-1] and (text + text).find(text, 1) < SHORTEST


def _is_row(text: str) -> bool:
    """Whether each character follows the one before it, upwards or downwards, as in an alphabet."""
    steps = {ord(after) - ord(before) for before, after in itertools.pairwise(text)}
    return steps <= {1, -9} or steps <= {-1, 9}


def _refused(sentence: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(sentence, field="password", remedy=f"{remedy}; a sentence you can remember is best.")


def _same_text(password: Secret) -> str:
    """The password with each character in one form, however the keyboard composed it; nothing else is changed."""
    return unicodedata.normalize("NFC", password.reveal())


@cache
def _common() -> frozenset[str]:
    return frozenset(gzip.decompress(LIST.read_bytes()).decode("ascii").split())


@cache
def _hasher(cost: Cost) -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher(memory_cost=cost.memory_kib, time_cost=cost.passes, parallelism=cost.lanes)
