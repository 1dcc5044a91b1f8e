"""What a campaign feeds follows from its seed alone."""

import gzip
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from bookbridge.cli.campaigning import deliveries, orders
from bookbridge.cli.campaigning.run import fault_plan
from bookbridge.kernel.errors import ConfigurationError
from bookbridge.sandbox.faults import FaultPlan

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
ROWS = """
536365,85123A,LANTERN,6,2010-12-01T08:26:00,2.55,17850,United Kingdom
536365,71053,TEA SET,2,2010-12-01T08:26:00,0.001,17850,United Kingdom
C536379,D,Discount,-1,2010-12-01T09:41:00,27.50,14527,United Kingdom
536414,22139,,56,2010-12-01T11:52:00,0,,United Kingdom
536544,21773,ROSE,1,2010-12-01T14:32:00,2.51,,United Kingdom
"""


def test_the_same_seed_gives_the_same_orders_and_deliveries() -> None:
    """A failing run can be run again."""
    assert orders.generated(50, seed=3) == orders.generated(50, seed=3)
    assert orders.generated(50, seed=3) != orders.generated(50, seed=4)
    assert deliveries.plan(500, seed=3) == deliveries.plan(500, seed=3)


def test_every_order_is_delivered_and_many_more_than_once() -> None:
    """Thirty per cent come twice, ten three times, two ten times at once, by both doors."""
    copies = Counter(Counter(each.order for each in deliveries.plan(5000, seed=1)).values())
    assert sum(copies.values()) == 5000
    assert 1350 < copies[2] < 1650
    assert 420 < copies[3] < 580
    assert 60 < copies[10] < 140
    assert {each.door for each in deliveries.plan(50, seed=1)} == set(deliveries.DOORS)


@pytest.mark.parametrize("name", ["orders.csv", "orders.csv.gz"])
def test_sales_of_a_real_file_are_read(tmp_path: Path, name: str) -> None:
    """Cancellations and documents that come to nothing are left out; a customer without id walks in."""
    path = tmp_path / name
    text = HEADER + ROWS
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    found = orders.load(str(path), count=0, seed=1)
    assert [(each.order_id, each.total, each.contact_name) for each in found] == [
        ("536365", Decimal("15.30"), "Customer 17850"),
        ("536544", Decimal("2.51"), "Walk-in United Kingdom"),
    ]


def test_a_document_whose_rows_are_scattered_is_one_order(tmp_path: Path) -> None:
    """The real file has such documents; read as two, the second would rightly be refused as changed."""
    path = tmp_path / "scattered.csv"
    rows = [f"{number},A1,THING,1,2011-02-01T11:19:00,{price},17850,United Kingdom" for number, price in SCATTERED]
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")

    found = {each.order_id: each.total for each in orders.load(str(path), count=0, seed=1)}

    assert found == {"542806": Decimal("3.00"), "542807": Decimal("5.00")}


SCATTERED = (("542806", "1.00"), ("542807", "5.00"), ("542806", "2.00"))


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    """With a sentence, not with a traceback."""
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="online-retail"):
        orders.load(str(path), count=0, seed=1)


@pytest.mark.parametrize("name", ["F1", "L3"])
def test_fault_profiles_are_scaled_and_seeded(name: str) -> None:
    """The plan that reaches the sandbox is one it understands."""
    import tomllib

    plan = FaultPlan()
    plan.load(tomllib.loads(fault_plan(name, scale=0.1, seed=5).decode()))
    assert (plan.scale, plan.seed) == (0.1, 5)
    assert plan.rules


def test_an_unknown_fault_plan_is_refused() -> None:
    """The sentence names the profiles."""
    with pytest.raises(ConfigurationError, match="F1"):
        fault_plan("nothing", scale=1.0, seed=1)
