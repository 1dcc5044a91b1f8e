"""Which passwords are good enough, and how they are kept (SEC-010)."""

import re

import pytest

from bookbridge.kernel.errors import InvalidInputError
from bookbridge.kernel.secret import Secret
from bookbridge.store import passwords
from bookbridge.store.passwords import Cost

GOOD = (
    "lantern over quiet water",
    "  spaces at both ends ",
    "пароль из шести слов",
    "🦊🍃🏔️🚲🎻🪁🧭🫖🪴🧵🪡🧶",
    "x7#kQ9!vLp2$",
    "a1b2c3d4e5 f6g7 h8",
)


def test_the_parameters_are_those_that_were_chosen() -> None:
    """Argon2id with 64 MiB, three passes and four lanes (RFC 9106, section 4), a salt of its own each time."""
    assert Cost() == passwords.COST == Cost(memory_kib=65_536, passes=3, lanes=4)
    first, second = passwords.hashed(Secret(GOOD[0])), passwords.hashed(Secret(GOOD[0]))
    assert re.match(r"\$argon2id\$v=19\$m=65536,t=3,p=4\$", first) and first != second
    assert passwords.of_nobody().split("$")[:4] == first.split("$")[:4]


@pytest.fixture
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", Cost(memory_kib=64, passes=1, lanes=1))


@pytest.mark.usefixtures("_cheap")
def test_a_hash_knows_its_password_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every character counts, however long; composed and decomposed letters are the same; garbage is never right."""
    stored = passwords.hashed(Secret("e\u0301cole de la riviere" + "x" * 100))
    assert passwords.is_right(Secret("\u00e9cole de la riviere" + "x" * 100), stored)
    for wrong in ("\u00c9cole de la riviere" + "x" * 100, "\u00e9cole de la riviere" + "x" * 99, ""):
        assert not passwords.is_right(Secret(wrong), stored)
    for garbage in ("", "$argon2id$", "x" * 90, passwords.of_nobody()):
        assert not passwords.is_right(Secret(GOOD[0]), garbage)
    assert not passwords.is_outdated(stored)
    monkeypatch.setattr(passwords, "COST", Cost(memory_kib=128, passes=1, lanes=1))
    assert passwords.is_outdated(stored) and passwords.is_right(Secret("\u00e9cole de la riviere" + "x" * 100), stored)


@pytest.mark.parametrize("text", GOOD)
def test_any_characters_are_welcome(text: str) -> None:
    """No rule about kinds of characters; spaces and letters of every script count."""
    passwords.require_good(Secret(text), names=["ann"])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "short"),
        ("elevenchars", "short"),
        ("x y" * 43, "long"),
        ("aaaaaaaaaaaaaaaa", "few characters"),
        ("abcabcabcabcabc", "few characters"),
        ("abcdefghijklmnop", "few characters"),
        ("987654321098765", "few characters"),
        ("qwerty123456", "tried first"),
        ("Administrator", "tried first"),
        ("password2026!", "tried first"),
        ("P@ssw0rd!2026", "tried first"),
        ("12Password!!!", "tried first"),
        ("annabelle-1234", "tried first"),
        ("BookBridge2026", "tried first"),
        ("1qaz2wsx3edc!", "tried first"),
        ("twelve chars\x00", "cannot be stored"),
        ("half a letter \udc80", "cannot be stored"),
    ],
)
def test_passwords_that_are_tried_first_are_refused(text: str, why: str) -> None:
    """Too short, too long, a row, a repetition, a common one or the own name with a little around it."""
    with pytest.raises(InvalidInputError, match=why) as told:
        passwords.require_good(Secret(text), names=["annabelle"])
    assert told.value.field == "password" and told.value.remedy
    assert not text or text not in str(told.value)


def test_the_list_is_there() -> None:
    """It holds what people choose most, of the lengths that could pass with five characters more."""
    words = passwords._common()
    assert len(words) > 25_000 and min(map(len, words)) == passwords.SHORTEST - passwords.MOST_ADDED
    assert {"password", "1qaz2wsx3edc", "iloveyou", "football"} <= words
