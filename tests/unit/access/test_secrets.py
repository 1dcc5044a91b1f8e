"""Encryption at rest: envelopes, contexts, keys and their file."""

import base64
import pickle
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bookbridge.kernel.errors import ConfigurationError
from bookbridge.kernel.secret import Secret
from bookbridge.store import tables
from bookbridge.store.db import Database
from bookbridge.store.secrets import KeyRing, Sealer, UnreadableSecretError, load_keys, new_key_text, stale_count

OLD, NEW = b"o" * 32, b"n" * 32
SEALER = Sealer(KeyRing.of([OLD]))


@given(plain=st.binary(max_size=2000), context=st.text(max_size=50))
def test_what_is_sealed_opens(plain: bytes, context: str) -> None:
    """Every text comes back, with the same context only."""
    sealed = SEALER.seal(plain, context=context)
    assert SEALER.open(sealed, context=context) == plain
    with pytest.raises(UnreadableSecretError):
        SEALER.open(sealed, context=context + "x")


def test_every_flipped_byte_is_noticed() -> None:
    """No byte of an envelope can change unnoticed, nor can it be cut."""
    sealed = SEALER.seal("secret", context="c")
    for place in range(len(sealed)):
        broken = bytearray(sealed)
        broken[place] ^= 1
        with pytest.raises(UnreadableSecretError):
            SEALER.open(bytes(broken), context="c")
        with pytest.raises(UnreadableSecretError):
            SEALER.open(sealed[:place], context="c")


def test_nonces_and_envelopes_never_repeat() -> None:
    """The same text twice is two different envelopes: 20,000 times."""
    box = SEALER.new_box()[1]
    sealed = {box.seal("same", context="c") for _ in range(20_000)}
    assert len({each[3:15] for each in sealed}) == 20_000


def test_box_dies_with_its_key() -> None:
    """What a box sealed opens with its wrapped key only; destroyed is destroyed."""
    wrapped, box = SEALER.new_box()
    sealed = box.seal("x", context="c")
    assert SEALER.box(wrapped).open(sealed, context="c") == b"x"
    with pytest.raises(UnreadableSecretError):
        SEALER.new_box()[1].open(sealed, context="c")
    with pytest.raises(UnreadableSecretError, match="destroyed"):
        SEALER.box(None)


def test_another_key_opens_nothing() -> None:
    """Without the wrapping key there is nothing to read."""
    with pytest.raises(UnreadableSecretError):
        Sealer(KeyRing.of([NEW])).open(SEALER.seal("x", context="c"), context="c")


def test_rotation_keeps_everything_readable(sqlite_database: Database) -> None:
    """NEW,OLD reads all; after ``rotate`` NEW alone does, and the old key id is gone from the rows."""
    db = sqlite_database
    SEALER.check(db)
    values = {"endpoint": "e", "kind": "orders", "organization_id": "1", "source": "s", "created_at": db._clock.now()}
    with db.transaction() as tx:
        tx.execute(sa.insert(tables.sources).values(secret=SEALER.seal("whsec", context="c"), **values))
    both = Sealer(KeyRing.of([NEW, OLD]))
    both.check(db)
    assert stale_count(db, both) == 1
    assert both.rotate(db) == 1
    assert (stale_count(db, both), both.rotate(db)) == (0, 0)
    only = Sealer(KeyRing.of([NEW]))
    only.check(db)
    with db.read() as tx:
        assert only.open(tx.execute(sa.select(tables.sources.c.secret)).scalar_one(), context="c") == b"whsec"


def test_wrong_key_fails_at_start(sqlite_database: Database) -> None:
    """The sentence names the key id that is missing."""
    SEALER.check(sqlite_database)
    with pytest.raises(ConfigurationError, match=SEALER.active_key_id):
        Sealer(KeyRing.of([NEW])).check(sqlite_database)


def test_key_file_is_made_private_and_kept(tmp_path: Path) -> None:
    """On loopback a key file is made once, mode 0600, and read again."""
    first = load_keys(None, home=tmp_path / "h", may_create=True)
    path = tmp_path / "h" / "encryption.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_keys(None, home=tmp_path / "h", may_create=False).active == first.active


def test_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """Start is refused with the command that mends it (SEC-036)."""
    load_keys(None, home=tmp_path, may_create=True)
    (tmp_path / "encryption.key").chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load_keys(None, home=tmp_path, may_create=True)


def test_no_key_file_is_made_in_public(tmp_path: Path) -> None:
    """Beyond loopback the operator gives the key."""
    with pytest.raises(ConfigurationError, match="BOOKBRIDGE_ENCRYPTION_KEY"):
        load_keys(None, home=tmp_path, may_create=False)


@pytest.mark.parametrize("text", ["short", "not base64 !!", base64.b64encode(b"x" * 31).decode(), ","])
def test_unusable_keys_are_refused(tmp_path: Path, text: str) -> None:
    """Anything but 32 bytes in base64 is refused, without repeating it."""
    with pytest.raises(ConfigurationError) as told:
        load_keys(Secret(text), home=tmp_path, may_create=True)
    assert text not in str(told.value) or text == ","


def test_several_keys_from_one_setting(tmp_path: Path) -> None:
    """Comma-separated, the first is active."""
    one, two = new_key_text(), new_key_text()
    ring = load_keys(Secret(f"{one},{two}"), home=tmp_path, may_create=False)
    assert len(ring.keys) == 2
    assert ring.keys[ring.active] == base64.urlsafe_b64decode(one)


def test_secret_type_shows_nothing() -> None:
    """Printing, formatting, copying into a message or pickling never gives the text."""
    secret = Secret("text-of-it")
    assert "text-of-it" not in f"{secret} {secret!r} {secret:>30} {[secret]} { ({'a': secret}) }"
    assert secret == Secret("text-of-it")
    assert secret != Secret("other")
    with pytest.raises(TypeError):
        pickle.dumps(secret)
