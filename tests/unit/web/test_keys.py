"""API keys are recognisable, unguessable and never stored."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bookbridge.kernel.ids import RandomIds
from bookbridge.store import keys, tables
from bookbridge.store.db import Database

NOW = datetime(2026, 1, 31, tzinfo=UTC)


def test_a_key_is_recognised_by_its_shape_and_checksum() -> None:
    """A scanner finds a key without a database, and a mistyped one is not taken for a key."""
    key_id, text = keys.new_text(RandomIds(), environment="live")
    assert keys.PATTERN.fullmatch(text.reveal())
    assert keys.id_of(text.reveal()) == key_id
    wrong = text.reveal()[:-1] + ("0" if text.reveal()[-1] != "0" else "1")
    assert keys.id_of(wrong) is None


def test_a_key_has_256_random_bits() -> None:
    """Two keys share nothing, and the secret part has room for 256 bits."""
    first, second = (keys.new_text(RandomIds(), environment="live")[1].reveal() for _ in range(2))
    assert first.split("_")[3] != second.split("_")[3]
    assert len(first.split("_")[3]) * 5 >= 256


@given(st.text(max_size=120))
def test_no_other_text_is_taken_for_a_key(text: str) -> None:
    """Whatever a stranger sends, it is refused without a database."""
    assert keys.id_of(text) is None


def test_only_a_hash_is_stored(sqlite_database: Database) -> None:
    """A dump of the table holds nothing that opens anything."""
    with sqlite_database.transaction() as tx:
        _made, text = keys.create(tx, ids=RandomIds(), now=NOW, name="shop", scopes=["orders:read"])
        row = str(tx.execute(sa.select(tables.api_keys)).all())
    assert text.reveal().split("_")[3] not in row
    assert keys.digest(text.reveal()) in row


@pytest.mark.parametrize("broken", ["revoked", "expired", "other secret"])
def test_a_key_that_is_no_longer_good_is_not_found(sqlite_database: Database, broken: str) -> None:
    """Revoked, expired and wrong keys are all simply unknown."""
    now = NOW
    with sqlite_database.transaction() as tx:
        made, text = keys.create(tx, ids=RandomIds(), now=NOW, name="shop", scopes=["*"], valid_days=10)
        assert keys.find(tx, text.reveal(), now=NOW) is not None
        if broken == "revoked":
            assert keys.revoke(tx, made.id, now=NOW)
        if broken == "expired":
            now = NOW + timedelta(days=10)
        given_text = text.reveal()
        if broken == "other secret":
            other = keys.new_text(RandomIds(), environment="live")[1].reveal().split("_")
            body = "_".join(["bb", "live", made.id, other[3]])
            given_text = f"{body}_{keys._checksum(body)}"
            assert keys.id_of(given_text) == made.id
        assert keys.find(tx, given_text, now=now) is None
