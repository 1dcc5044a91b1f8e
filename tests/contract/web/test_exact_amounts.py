"""The contract of DESIGN D5: no amount is changed between a request and an answer."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support import web
from tests.support.web import Site

AMOUNT = "12345678901234567.89"


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[Site]:
    """An application with a connected organization and nothing behind it."""
    made = web.build(sqlite_url, tmp_path / "home")
    made.connect()
    with made.client:
        yield made
    made.app.close()


def test_a_long_amount_survives_the_whole_way(site: Site) -> None:
    """Order in, stored, read back, answered: the digits are those that were sent."""
    raw = f'{{"customerEmail":"ann@example.com","order_id":"1","items":[{{"name":"Tea","price":{AMOUNT}}}]}}'
    sent = site.client.post("/api/invoices/from-order?wait=0", content=raw, headers=site.key())
    assert sent.status_code == 202, sent.text
    order_id = json.loads(sent.content)["order"]["id"]
    shown = site.client.get(f"/api/orders/{order_id}", headers=site.key())
    items = json.loads(shown.content, parse_float=Decimal)["body"]["items"]
    assert items[0]["price"] == Decimal(AMOUNT)
    assert f'"price":{AMOUNT}'.encode() in shown.content


@pytest.mark.parametrize("text", [f'"{AMOUNT}"', "true", "null", "NaN", "1e400", "[]", '""'])
def test_what_is_no_number_is_refused_with_its_path(site: Site, text: str) -> None:
    """An amount sent as text or anything else names the field that is wrong."""
    raw = f'{{"customerEmail":"ann@example.com","items":[{{"name":"Tea","price":{text}}}]}}'
    answer = site.client.post("/api/invoices/from-order?wait=0", content=raw, headers=site.key())
    assert answer.status_code == 400, answer.text
    if text != "NaN":
        assert answer.json()["field"] == "items[0].price"
