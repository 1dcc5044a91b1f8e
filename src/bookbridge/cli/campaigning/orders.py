"""The orders of a campaign: real ones from a CSV file of the online-retail format, or generated from a seed."""

import csv
import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random
from typing import Any

CURRENCY = "GBP"
SOURCE = "campaign"
_PENNY = Decimal("0.01")


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignOrder:
    """One order as the generator knows it: ``body`` goes to Bookbridge, the rest stays with the checker.

    ``total`` is in pounds sterling.
    """

    order_id: str
    contact_name: str
    total: Decimal
    body: dict[str, Any]


def load(path: str, /, *, count: int, seed: int) -> list[CampaignOrder]:
    """``count`` orders (0: all) of a file, or generated ones where ``path`` is empty.

    Raises:
        ValueError: the file has another format.
        OSError: the file cannot be read.
    """
    if not path:
        return generated(count or 1000, seed=seed)
    found: list[CampaignOrder] = []
    for order in read_online_retail(Path(path)):
        found.append(order)
        if len(found) == count:
            break
    return found


def generated(count: int, /, *, seed: int) -> list[CampaignOrder]:
    """Orders of one to eight lines for a quarter as many customers, the same for the same seed."""
    random = Random(f"orders:{seed}")
    return [_generated(number, max(1, count // 4), random) for number in range(1, count + 1)]


def _generated(number: int, customers: int, random: Random) -> CampaignOrder:
    items = [
        {
            "name": f"Article {random.randrange(500)}",
            "price": Decimal(random.randrange(1, 20_000)).scaleb(-2),
            "quantity": random.randrange(1, 13),
        }
        for _ in range(random.randrange(1, 9))
    ]
    customer = str(random.randrange(customers) + 1)
    return _order(f"G{number:06d}", f"Customer {customer}", customer, items, "2026-03-02T10:00:00+00:00")


def read_online_retail(path: Path, /) -> Iterator[CampaignOrder]:
    """The sales of a file of the online-retail format: no cancellations, no documents that come to nothing.

    A document with a line the API refuses (a negative price or quantity) is left out as well; one whose rows are
    scattered over the file is one order.
    """
    documents: dict[str, list[Mapping[str, str]]] = {}
    for row in _rows(path):
        documents.setdefault(row["InvoiceNo"], []).append(row)
    for rows in documents.values():
        yield from _sale(rows)


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        reader = csv.DictReader(file)
        needed = {"InvoiceNo", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"}
        if not needed <= set(reader.fieldnames or ()):
            raise ValueError(f"{path.name} is not of the online-retail format")
        yield from reader


def _sale(rows: Sequence[Mapping[str, str]]) -> Iterator[CampaignOrder]:
    first = rows[0]
    number = first["InvoiceNo"]
    items = [
        {
            "name": (row["Description"].strip() or row["StockCode"])[:100],
            "price": Decimal(row["UnitPrice"]),
            "quantity": int(row["Quantity"]),
        }
        for row in rows
    ]
    if number.startswith("C") or any(item["quantity"] <= 0 or item["price"] < 0 for item in items):  # type: ignore[operator]
        return
    country = first["Country"].strip()
    customer = first["CustomerID"].strip()
    name = f"Customer {customer}" if customer else f"Walk-in {country}"
    order = _order(number, name, customer or f"walk-in {country}", items, f"{first['InvoiceDate']}+00:00")
    if order.total > 0:
        yield order


def _order(
    order_id: str, contact_name: str, customer_id: str, items: Sequence[Mapping[str, Any]], ordered_at: str
) -> CampaignOrder:
    total = sum((_line_total(item) for item in items), Decimal(0))
    body = {
        "source": SOURCE,
        "order_id": order_id,
        "ordered_at": ordered_at,
        "customer_id": customer_id,
        "customer_name": contact_name,
        "currency": CURRENCY,
        "items": [dict(item) for item in items],
        "total": total,
    }
    return CampaignOrder(order_id=order_id, contact_name=contact_name, total=total, body=body)


def _line_total(item: Mapping[str, Any]) -> Decimal:
    exact: Decimal = item["price"] * item["quantity"]
    return exact.quantize(_PENNY, rounding=ROUND_HALF_UP)
