"""Encryption at rest: AES-256-GCM envelopes whose wrapping key never enters the database.

Two forms share one format of wrapped data keys. ``Sealer.seal`` gives an envelope that carries its own wrapped data
key. A *sealed box* (``Sealer.box``) keeps one data key apart from what it seals, as a grant does: destroying the
wrapped data key destroys everything sealed with it. The context (table, column, row, version) is authenticated but
not stored, so ciphertexts cannot change places.

An envelope: ``BB1`` | key id (8) | nonce (12) | wrapped data key (48) | nonce (12) | ciphertext and tag.
A wrapped data key alone: ``BBK`` | key id (8) | nonce (12) | wrapped data key (48). In a box: ``BB2`` | nonce | text.
"""

import base64
import binascii
import hashlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bookbridge.kernel.errors import BookbridgeError, ConfigurationError
from bookbridge.kernel.secret import Secret
from bookbridge.store import tables
from bookbridge.store.db import Database

__all__ = ["KeyRing", "SealedBox", "Sealer", "Secret", "UnreadableSecretError", "load_keys", "new_key_text"]

KEY_FILE = "encryption.key"
MAKE_KEY = "python3 -c 'import base64,os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
"""The command that makes an encryption key on any machine with Python."""

_ENVELOPE, _WRAPPED, _BOXED = b"BB1", b"BBK", b"BB2"
_ID, _NONCE, _KEY, _TAG = 8, 12, 32, 16
_HEAD = 3 + _ID + _NONCE + _KEY + _TAG
_CANARY = "encryption_canary"


class UnreadableSecretError(BookbridgeError):
    """A stored secret cannot be decrypted: another key, another row's ciphertext, or damage."""


@dataclass(frozen=True)
class KeyRing:
    """The wrapping keys at hand, by key id; the first given one wraps what is new."""

    keys: dict[bytes, bytes]
    active: bytes

    @classmethod
    def of(cls, keys: Sequence[bytes], /) -> "KeyRing":
        """A ring of 32-byte keys, the active one first.

        Raises:
            ConfigurationError: no key, or one that is not 32 bytes long.
        """
        if not keys or any(len(key) != _KEY for key in keys):
            raise ConfigurationError(f"An encryption key is 32 random bytes in base64; make one with: {MAKE_KEY}")
        return cls({key_id(key): key for key in keys}, key_id(keys[0]))

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(each.hex() for each in self.keys)})"


def key_id(key: bytes, /) -> bytes:
    """Eight bytes that name a wrapping key without telling anything about it."""
    return hashlib.sha256(b"bookbridge wrapping key\0" + key).digest()[:_ID]


class SealedBox:
    """Seals with one data key that is kept, wrapped, apart from the ciphertexts."""

    def __init__(self, data_key: bytes, /) -> None:
        self._gcm = AESGCM(data_key)

    def seal(self, plain: bytes | str, /, *, context: str) -> bytes:
        """The ciphertext of ``plain``, which opens only with the same context."""
        nonce = _nonce()
        return _BOXED + nonce + self._gcm.encrypt(nonce, _bytes(plain), _BOXED + context.encode())

    def open(self, sealed: bytes, /, *, context: str) -> bytes:
        """The plain bytes.

        Raises:
            UnreadableSecretError: another key, context or format.
        """
        return _decrypt(self._gcm, bytes(sealed), start=3, magic=_BOXED, associated=_BOXED + context.encode())


class Sealer:
    """Seals secrets for the database; made once from the wrapping keys."""

    def __init__(self, ring: KeyRing, /) -> None:
        self._ring = ring

    @property
    def active_key_id(self) -> str:
        """The id of the key that wraps what is new, in hexadecimal."""
        return self._ring.active.hex()

    def seal(self, plain: bytes | str, /, *, context: str) -> bytes:
        """A self-contained envelope of ``plain``; ``context`` names its place (``bb_sources.secret:ep_1``)."""
        data_key = os.urandom(_KEY)
        nonce = _nonce()
        body = AESGCM(data_key).encrypt(nonce, _bytes(plain), _ENVELOPE + context.encode())
        return _ENVELOPE + self._wrap(data_key) + nonce + body

    def open(self, sealed: bytes, /, *, context: str) -> bytes:
        """The plain bytes of an envelope.

        Raises:
            UnreadableSecretError: wrong context or key, or damaged.
        """
        raw = bytes(sealed)
        gcm = AESGCM(self._unwrap(raw, magic=_ENVELOPE))
        return _decrypt(gcm, raw, start=_HEAD, magic=_ENVELOPE, associated=_ENVELOPE + context.encode())

    def new_box(self) -> tuple[bytes, SealedBox]:
        """A fresh data key, wrapped for storing, and the box that seals with it."""
        data_key = os.urandom(_KEY)
        return _WRAPPED + self._wrap(data_key), SealedBox(data_key)

    def box(self, wrapped: bytes | None, /) -> SealedBox:
        """The box of a stored wrapped data key.

        Raises:
            UnreadableSecretError: the data key was destroyed, or another wrapping key made it.
        """
        if not wrapped:
            raise UnreadableSecretError("The data key of this connection was destroyed; connect again.")
        return SealedBox(self._unwrap(bytes(wrapped), magic=_WRAPPED))

    def rewrap(self, sealed: bytes, /) -> bytes:
        """The same envelope or wrapped data key under the active wrapping key; the ciphertext stays."""
        raw = bytes(sealed)
        magic = raw[:3]
        if magic not in (_ENVELOPE, _WRAPPED):
            raise UnreadableSecretError
        return magic + self._wrap(self._unwrap(raw, magic=magic)) + raw[_HEAD:]

    def check(self, db: Database, /) -> None:
        """Make sure that these keys are the ones this database is sealed with; a new database is marked.

        Raises:
            ConfigurationError: the key that sealed the database is missing.
        """
        stored = sa.select(tables.meta.c.value).where(tables.meta.c.name == _CANARY)
        with db.read() as tx:
            value = tx.execute(stored).scalar()
        if value is None:
            with db.transaction() as tx:
                db.insert_new(tx, tables.meta, {"name": _CANARY, "value": self._canary()})
                value = tx.execute(stored).scalar_one()
        try:
            self.open(base64.b64decode(value), context=_CANARY)
        except UnreadableSecretError as error:
            wanted = base64.b64decode(value)[3 : 3 + _ID].hex()
            raise ConfigurationError(
                f"This database is sealed with encryption key {wanted}, which is not among those given: set "
                "BOOKBRIDGE_ENCRYPTION_KEY to that key, or to NEW,OLD while rotating."
            ) from error

    def rotate(self, db: Database, /) -> int:
        """Wrap every stored data key anew with the active key, row by row while others work; how many changed."""
        changed = 0
        for table, column in _sealed_columns():
            for key in _stale_rows(db, table, column, self._ring.active):
                changed += self._rewrap_row(db, table, column, key)
        with db.transaction() as tx:
            tx.execute(sa.update(tables.meta).where(tables.meta.c.name == _CANARY).values(value=self._canary()))
        return changed

    def _rewrap_row(self, db: Database, table: sa.Table, column: sa.Column[bytes], key: sa.Row[tuple[object]]) -> int:
        where = sa.and_(*(part == value for part, value in zip(table.primary_key, key, strict=True)))
        with db.transaction() as tx:
            old = tx.execute(sa.select(column).where(where)).scalar()
            if old is None:
                return 0
            same = sa.and_(where, column == old)
            return tx.execute(sa.update(table).where(same).values({column.name: self.rewrap(old)})).rowcount

    def _canary(self) -> str:
        return base64.b64encode(self.seal("bookbridge", context=_CANARY)).decode()

    def _wrap(self, data_key: bytes) -> bytes:
        name = self._ring.active
        nonce = _nonce()
        return name + nonce + AESGCM(self._ring.keys[name]).encrypt(nonce, data_key, b"data key" + name)

    def _unwrap(self, raw: bytes, *, magic: bytes) -> bytes:
        name = raw[3 : 3 + _ID]
        key = self._ring.keys.get(name)
        if raw[:3] != magic or len(raw) < _HEAD or key is None:
            raise UnreadableSecretError
        return _decrypt(AESGCM(key), raw[:_HEAD], start=3 + _ID, magic=magic, associated=b"data key" + name)


def stale_count(db: Database, sealer: Sealer, /) -> int:
    """How many stored data keys are not yet wrapped by the active key; 0 means that older keys may go."""
    active = bytes.fromhex(sealer.active_key_id)
    return sum(len(list(_stale_rows(db, table, column, active))) for table, column in _sealed_columns())


def new_key_text() -> str:
    """A new wrapping key as the text of ``BOOKBRIDGE_ENCRYPTION_KEY``."""
    return base64.urlsafe_b64encode(os.urandom(_KEY)).decode()


def load_keys(configured: Secret | None, /, *, home: Path, may_create: bool) -> KeyRing:
    """The wrapping keys from the configuration or, without any, from the key file in ``home``.

    ``may_create`` (loopback only) makes the file when it is missing, readable by its owner alone.

    Raises:
        ConfigurationError: no key, one that cannot be read, or a key file that others can read.
    """
    if configured:
        return KeyRing.of(_parse(configured.reveal(), where="BOOKBRIDGE_ENCRYPTION_KEY"))
    path = home / KEY_FILE
    if not path.exists():
        if not may_create:
            raise ConfigurationError(f"BOOKBRIDGE_ENCRYPTION_KEY is missing; make one with: {MAKE_KEY}")
        _create_key_file(path)
    _require_private(path)
    return KeyRing.of(_parse(path.read_text("ascii"), where=str(path)))


def _create_key_file(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(new_key_text() + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # fails when another process was first: its key is the one
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _require_private(path: Path) -> None:
    found = path.stat()
    if found.st_uid != os.geteuid():
        raise ConfigurationError(f"The key file {path} belongs to another user; chown it to the user who runs this.")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise ConfigurationError(f"The key file {path} can be read by others; run: chmod 600 {path}")


def _parse(text: str, *, where: str) -> list[bytes]:
    keys = []
    for part in re.split(r"[,\s]+", text.strip()):
        try:
            keys.append(base64.urlsafe_b64decode(part.replace("+", "-").replace("/", "_")))
        except (binascii.Error, ValueError) as error:
            raise ConfigurationError(f"{where} is not base64; make a key with: {MAKE_KEY}") from error
    if any(len(key) != _KEY for key in keys):
        raise ConfigurationError(f"{where} must hold keys of 32 bytes in base64; make one with: {MAKE_KEY}")
    return keys


def _sealed_columns() -> Iterator[tuple[sa.Table, sa.Column[bytes]]]:
    for table in tables.metadata.sorted_tables:
        for column in table.columns:
            if column.info.get("sealed"):
                yield table, column


def _stale_rows(db: Database, table: sa.Table, column: sa.Column[bytes], active: bytes) -> list[sa.Row[tuple[object]]]:
    with db.read() as tx:
        rows = tx.execute(sa.select(*table.primary_key, column).where(column.is_not(None))).all()
    return [row[:-1] for row in rows if bytes(row[-1])[3 : 3 + _ID] != active]  # type: ignore[misc]


def _decrypt(gcm: AESGCM, raw: bytes, *, start: int, magic: bytes, associated: bytes) -> bytes:
    if raw[:3] != magic:
        raise UnreadableSecretError
    try:
        return gcm.decrypt(raw[start : start + _NONCE], raw[start + _NONCE :], associated)
    except (InvalidTag, ValueError) as error:
        raise UnreadableSecretError from error


def _nonce() -> bytes:
    return os.urandom(_NONCE)


def _bytes(plain: bytes | str) -> bytes:
    return plain.encode() if isinstance(plain, str) else plain
