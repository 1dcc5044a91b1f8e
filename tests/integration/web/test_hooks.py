"""Signed events: stored once before they are acknowledged, whoever sends them and however often."""

import json
from typing import Any

import pytest

from bookbridge.inbox.sources import standard
from bookbridge.kernel.clock import FixedClock
from bookbridge.kernel.secret import Secret
from bookbridge.store import endpoints
from tests.support.web import Site

ORDER = {
    "order_id": "1001",
    "customerEmail": "ann@example.com",
    "customerName": "Ann",
    "items": [{"name": "Tea", "price": 12345678901234567.0, "quantity": 1}],
    "currency": "USD",
}
RAW = json.dumps({"type": "order.created", "timestamp": "2026-01-31T09:30:00Z", "data": ORDER}).encode()


class Sender:
    """A shop with an endpoint."""

    def __init__(self, site: Site, organization_id: str = "10000001") -> None:
        services = site.app.services
        with services.db.transaction() as tx:
            self.endpoint, self.secret = endpoints.create(
                tx,
                ids=services.ids,
                sealer=services.sealer,
                now=services.clock.now(),
                kind="orders",
                organization_id=organization_id,
                source="shop",
            )
        self.site = site

    def send(
        self, raw: bytes = RAW, *, event_id: str = "msg_1", secret: Secret | None = None, body: bytes = b""
    ) -> Any:
        """Post an event; ``body`` replaces what was signed."""
        now = self.site.app.services.clock.now()
        headers = standard.sign(raw, secret=secret or self.secret, event_id=event_id, at=now)
        return self.site.client.post(f"/hooks/orders/{self.endpoint.endpoint}", content=body or raw, headers=headers)


@pytest.fixture
def sender(site: Site) -> Sender:
    """A shop whose endpoint belongs to a connected organization."""
    site.connect()
    return Sender(site)


def _orders(site: Site) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = site.client.get("/api/orders", headers=site.key("orders:read")).json()["orders"]
    return rows


def test_a_signed_order_is_stored_before_it_is_acknowledged(sender: Sender) -> None:
    """202 means that the order is there, with the endpoint's source and organization."""
    raw = RAW.replace(b"1.2345678901234568e+16", b"12345678901234567.89")
    answer = sender.send(raw)
    assert (answer.status_code, answer.json()["outcome"]) == (202, "new")
    (row,) = _orders(sender.site)
    assert (row["order_id"], row["source"], row["organization_id"]) == ("1001", "shop", "10000001")
    shown = sender.site.client.get(f"/api/orders/{row['id']}", headers=sender.site.key("orders:read"))
    assert b"12345678901234567.89" in shown.content


@pytest.mark.parametrize("after_s", [60, 86_400, 60 * 86_400])
def test_a_replay_with_fresh_headers_makes_nothing_new(sender: Sender, clock: FixedClock, after_s: int) -> None:
    """What makes an event the same is signed content, never a header."""
    sender.send()
    clock.advance(after_s)
    again = sender.send(event_id=f"msg_{after_s}")
    assert (again.status_code, again.json()["outcome"]) == (202, "same")
    assert len(_orders(sender.site)) == 1


def test_unknown_endpoints_and_wrong_signatures_look_the_same(sender: Sender) -> None:
    """Nobody can find out which endpoints exist."""
    wrong = sender.send(secret=Secret("whsec_" + "A" * 44))
    changed = sender.send(body=RAW.replace(b"Ann", b"Eve"))
    unsigned = sender.site.client.post(f"/hooks/orders/{sender.endpoint.endpoint}", content=RAW)
    unknown = sender.site.client.post("/hooks/orders/ep_nothing", content=RAW)
    other_kind = sender.site.client.post(f"/hooks/stripe/{sender.endpoint.endpoint}", content=RAW)
    answers = [wrong, changed, unsigned, unknown, other_kind]
    assert {each.status_code for each in answers} == {401}
    assert len({each.content for each in answers}) == 1
    assert _orders(sender.site) == []


def test_a_removed_endpoint_accepts_nothing(sender: Sender, clock: FixedClock) -> None:
    """Removing takes effect with the next event, and the secret is gone."""
    with sender.site.app.services.db.transaction() as tx:
        assert endpoints.remove(tx, sender.endpoint.endpoint, now=clock.now())
    assert sender.send().status_code == 401
    with sender.site.app.services.db.read() as tx:
        assert endpoints.list_all(tx)[0].sealed_secret == b""


def test_the_secret_is_stored_encrypted(sender: Sender) -> None:
    """A dump of the table signs nothing; 32 random bytes."""
    with sender.site.app.services.db.read() as tx:
        (row,) = endpoints.list_all(tx)
    assert sender.secret.reveal().encode() not in row.sealed_secret
    assert len(sender.secret.reveal()) == len("whsec_") + 44


def test_a_body_cannot_choose_another_organization(sender: Sender) -> None:
    """The organization is the endpoint's, whatever a validly signed body says."""
    sender.site.connect("10000002", name="Other")
    raw = json.dumps({"type": "order.created", "data": {**ORDER, "organization_id": "10000002"}}).encode()
    assert sender.send(raw).status_code == 400
    assert _orders(sender.site) == []


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({**ORDER, "order_id": ""}, "data.order_id"),
        ({**ORDER, "items": [{"name": "Tea", "price": "1.00"}]}, "items[0].price"),
        ({**ORDER, "bogus": 1}, "bogus"),
    ],
)
def test_a_signed_event_that_is_no_order_is_explained(sender: Sender, data: dict[str, Any], field: str) -> None:
    """The sender is told which field is wrong."""
    answer = sender.send(json.dumps({"type": "order.created", "data": data}).encode())
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_other_types_of_events_are_acknowledged_and_ignored(sender: Sender) -> None:
    """A sender that also tells other things is not made to repeat them."""
    answer = sender.send(json.dumps({"type": "order.shipped", "data": {}}).encode())
    assert (answer.status_code, answer.json()) == (202, {"outcome": "ignored"})


def test_changed_content_goes_to_review(sender: Sender) -> None:
    """The same order with other content is shown to a person, not booked."""
    sender.send()
    changed = json.dumps({"type": "order.created", "data": {**ORDER, "customerName": "Eve"}}).encode()
    assert sender.send(changed, event_id="msg_2").json()["outcome"] == "changed"
    assert [row["state"] for row in _orders(sender.site)] == ["review"]
