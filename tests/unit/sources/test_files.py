"""Files of orders on disk: kinds, compression, and what is said when they cannot be read."""

import gzip
from pathlib import Path

import pytest

from bookbridge.cli.importing.files import OrderFile
from bookbridge.kernel.errors import InvalidInputError
from bookbridge.kernel.orders import Party

TABLE = "order_id,customer_id,customer_email,name,price\n1,7,,Tea,1\n1,7,,Cup,1\n2,,Ann@Example.com,Tea,1\n1,7,,Pot,1\n"


@pytest.mark.parametrize("name", ["orders.csv", "orders.CSV", "orders.csv.gz"])
def test_an_overview_counts_orders_and_customers(name: str, tmp_path: Path) -> None:
    """Compressed or not, with or without the mark spreadsheets put in front."""
    path = tmp_path / name
    raw = ("\ufeff" + TABLE).encode()
    path.write_bytes(gzip.compress(raw) if name.endswith("gz") else raw)
    seen = OrderFile(path).overview()
    assert (seen.orders, seen.scattered) == (2, 1)
    assert seen.parties == {Party(customer_id="7"), Party(email="ann@example.com")}


def test_an_overview_of_json_lines(tmp_path: Path) -> None:
    """Lines are counted even where they will be refused."""
    path = tmp_path / "orders.jsonl"
    path.write_text('{"customerEmail": "A@b.example"}\n\nnonsense\n', encoding="utf-8")
    seen = OrderFile(path).overview()
    assert (seen.orders, seen.parties) == (2, {Party(email="a@b.example")})


def test_files_that_cannot_be_read_are_explained(tmp_path: Path) -> None:
    """Unknown kinds, missing files, folders, and data that is not what the name says."""
    with pytest.raises(InvalidInputError, match="not known"):
        OrderFile(tmp_path / "orders.xlsx")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        OrderFile(tmp_path / "orders.csv").overview()
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InvalidInputError, match="cannot be read"):
        OrderFile(tmp_path / "folder.csv").overview()
    (tmp_path / "plain.csv.gz").write_text(TABLE, encoding="utf-8")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        OrderFile(tmp_path / "plain.csv.gz").overview()
    (tmp_path / "wide.csv").write_text(TABLE + "3,7,," + "x" * 200_000 + ",1\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="not a table"):
        OrderFile(tmp_path / "wide.csv").overview()
    with pytest.raises(InvalidInputError, match="map"):
        OrderFile(tmp_path / "orders.jsonl", names={"order_id": "x"})
