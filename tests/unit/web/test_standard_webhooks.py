"""Signatures of Standard Webhooks: exactly what was signed, by whom it was signed, when it was signed."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from bookbridge.inbox.sources import standard
from bookbridge.kernel.secret import Secret

NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
SECRET = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
BODY = b'{"type":"order.created","data":{"order_id":"1001","total":10.50}}'
SIGNED = standard.sign(BODY, secret=SECRET, event_id="msg_1", at=NOW)


def test_the_published_vector_is_accepted() -> None:
    """The example of the specification's reference libraries verifies."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    at = datetime.fromtimestamp(1614265330, UTC)
    standard.verify(headers, b'{"test": 2432232314}', secret=SECRET, now=at)


@given(st.binary(max_size=300).filter(lambda raw: _is_text(raw)), st.integers(0, 2**31))
def test_the_reference_library_signs_as_we_verify(body: bytes, seconds: int) -> None:
    """Another implementation's signature over any text body is accepted, and ours is the same."""
    at = datetime.fromtimestamp(seconds, UTC)
    signature = Webhook(SECRET.reveal()).sign("msg_1", at, body.decode())
    ours = standard.sign(body, secret=SECRET, event_id="msg_1", at=at)
    assert ours["webhook-signature"] == signature
    standard.verify(ours, body, secret=SECRET, now=at)


@given(st.integers(0, len(BODY) * 8 - 1))
def test_one_flipped_bit_of_the_body_is_refused(bit: int) -> None:
    """No bit of the signed body can change."""
    changed = bytearray(BODY)
    changed[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(standard.SignatureError):
        standard.verify(SIGNED, bytes(changed), secret=SECRET, now=NOW)


@given(st.integers(0, 255))
def test_one_flipped_bit_of_the_signature_is_refused(bit: int) -> None:
    """No bit of the signature can change."""
    raw = bytearray(base64.b64decode(SIGNED["webhook-signature"][3:]))
    raw[bit // 8] ^= 1 << (bit % 8)
    headers = {**SIGNED, "webhook-signature": "v1," + base64.b64encode(raw).decode()}
    with pytest.raises(standard.SignatureError):
        standard.verify(headers, BODY, secret=SECRET, now=NOW)


def test_the_same_json_written_differently_is_refused() -> None:
    """The bytes are signed, not their meaning."""
    again = json.dumps(json.loads(BODY)).encode()
    with pytest.raises(standard.SignatureError):
        standard.verify(SIGNED, again, secret=SECRET, now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-id": "msg_2"},
        {"webhook-id": ""},
        {"webhook-id": "msg 1"},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "1e9"},
        {"webhook-signature": ""},
        {"webhook-signature": SIGNED["webhook-signature"].replace("v1,", "v2,")},
        {"webhook-signature": SIGNED["webhook-signature"][3:]},
        {"webhook-signature": SIGNED["webhook-signature"] + "="},
        {"webhook-signature": SIGNED["webhook-signature"][:-4] + "\n" + SIGNED["webhook-signature"][-4:]},
    ],
)
def test_a_changed_header_is_refused(changes: dict[str, str]) -> None:
    """Id, time and signature belong together, in their strict form."""
    with pytest.raises(standard.SignatureError):
        standard.verify({**SIGNED, **changes}, BODY, secret=SECRET, now=NOW)


@pytest.mark.parametrize(("seconds", "is_good"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_old_and_future_events_are_refused(seconds: int, is_good: bool) -> None:
    """An event is good for 300 s before and after its time."""
    now = NOW + timedelta(seconds=seconds)
    if is_good:
        standard.verify(SIGNED, BODY, secret=SECRET, now=now)
    else:
        with pytest.raises(standard.SignatureError):
            standard.verify(SIGNED, BODY, secret=SECRET, now=now)


def test_one_good_signature_among_several_is_enough() -> None:
    """While a secret is rotated the sender signs with both."""
    other = standard.sign(BODY, secret=Secret("whsec_" + "A" * 32), event_id="msg_1", at=NOW)
    both = {**SIGNED, "webhook-signature": f"{other['webhook-signature']} {SIGNED['webhook-signature']}"}
    standard.verify(both, BODY, secret=SECRET, now=NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_%%%"])
def test_a_short_or_empty_secret_verifies_nothing(secret: str) -> None:
    """Anyone could sign with an empty key; it is never accepted."""
    with pytest.raises(standard.SignatureError):
        standard.verify(SIGNED, BODY, secret=Secret(secret), now=NOW)


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
