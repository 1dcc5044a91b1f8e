"""Signatures of the Standard Webhooks specification (https://www.standardwebhooks.com), over the raw bytes.

Signed content is ``<webhook-id>.<webhook-timestamp>.<raw body>``, the signature HMAC-SHA256 in base64 with the prefix
``v1,``; several signatures may stand in one header, separated by spaces, while a secret is rotated.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from bookbridge.kernel.errors import BookbridgeError
from bookbridge.kernel.secret import Secret

TOLERANCE_S = 300
MIN_SECRET_BYTES = 24
MAX_SIGNATURES = 10
_ID = re.compile(r"[\x21-\x7e]{1,256}")
_SECONDS = re.compile(r"[0-9]{1,12}")


class SignatureError(BookbridgeError):
    """The signature of the event is not valid."""


def verify(headers: Mapping[str, str], raw: bytes, /, *, secret: Secret, now: datetime) -> None:
    """Accept an event whose signature, id and time are right; ``headers`` has lower-case names.

    Raises:
        SignatureError: a header is missing or malformed, the time is more than 300 s away, or no signature matches.
    """
    event_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not _ID.fullmatch(event_id) or not _SECONDS.fullmatch(stamp):
        raise SignatureError
    if abs(now.timestamp() - int(stamp)) > TOLERANCE_S:
        raise SignatureError
    expected = _mac(secret, event_id, stamp, raw)
    given = headers.get("webhook-signature", "").split(" ")
    matches = [hmac.compare_digest(expected, each) for each in map(_decoded, given[:MAX_SIGNATURES])]
    if not any(matches):
        raise SignatureError


def sign(raw: bytes, /, *, secret: Secret, event_id: str, at: datetime) -> dict[str, str]:
    """The three headers of an event, as a sender makes them."""
    stamp = str(int(at.timestamp()))
    signature = base64.b64encode(_mac(secret, event_id, stamp, raw)).decode()
    return {"webhook-id": event_id, "webhook-timestamp": stamp, "webhook-signature": f"v1,{signature}"}


def _mac(secret: Secret, event_id: str, stamp: str, raw: bytes) -> bytes:
    signed = event_id.encode() + b"." + stamp.encode() + b"." + raw
    return hmac.new(_key(secret), signed, hashlib.sha256).digest()


def _key(secret: Secret) -> bytes:
    try:
        key = base64.b64decode(secret.reveal().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureError from error
    if len(key) < MIN_SECRET_BYTES:
        raise SignatureError
    return key


def _decoded(signature: str) -> bytes:
    """The bytes of one ``v1,<base64>``; empty, which matches nothing, for anything else."""
    version, _, text = signature.partition(",")
    if version != "v1":
        return b""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if base64.b64encode(raw).decode() == text else b""
