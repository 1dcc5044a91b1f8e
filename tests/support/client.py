"""The Zoho client as a user makes it, against a sandbox, and faults planned for it."""

import dataclasses

from bookbridge.sandbox.regions import CLIENT_ID, CLIENT_SECRET, refresh_token
from bookbridge.zoho import Books
from bookbridge.zoho.retry import RetryPolicy
from tests.support.sandbox import Zoho


def connect(zoho: Zoho, *, organization_id: str = "", timeout_s: float = 10.0) -> Books:
    """A client of the sandbox's region us; of its first organization unless another is named. It hardly pauses."""
    books = Books.connect(
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        refresh_token=refresh_token("us"),
        region="us",
        organization_id=organization_id or zoho.organization_id,
        sandbox_url=zoho.server.url,
        timeout_s=timeout_s,
    )
    return Books(dataclasses.replace(books.session, retry=RetryPolicy(time_scale=0.001)))


def fault(zoho: Zoho, kind: str, *, times: int | None = 1, scale: float = 1.0, **more: object) -> None:
    """Plan one rule of faults."""
    zoho.control("faults", {"rules": [{"kind": kind, "times": times, **more}], "scale": scale})
