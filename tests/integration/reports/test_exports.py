"""Tables leave as files: a closed list, exact amounts, nothing secret, written down in the audit log."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from bookbridge.cli import export as command
from bookbridge.cli.main import execute
from bookbridge.features.reports import actions, exports
from bookbridge.features.reports.frame import Kind
from bookbridge.kernel.errors import InvalidInputError, NotFoundError
from bookbridge.store import tables
from tests.support import orders
from tests.support.web import Site

MIRRORED = {table for table in tables.metadata.sorted_tables if table.name.startswith("bb_mirror_")}
NOT_RECORDS = {"bb_mirror_state", "bb_mirror_wanted"}
SECRETS = ("secret", "token", "password", "hash", "csrf", "verifier", "cipher")
BOOKS = pytest.mark.parametrize("listed", exports.TABLES, ids=lambda each: each.name)


def wanted(site: Site, name: str, **changes: Any) -> exports.Wanted:
    """The rows of a table of the mirrored organization."""
    return exports.Wanted(
        listed=exports.find(name), organization=site.app.services.zoho.connected()[0], **changes
    )  # fmt: skip


def exported(site: Site, name: str, form: str = "jsonl", **changes: Any) -> bytes:
    """The file of a table."""
    given = wanted(site, name, **changes)
    return b"".join(actions.export(site.app.services, given, format=form, actor="test").pieces)


def lines(site: Site, name: str, **changes: Any) -> list[dict[str, Any]]:
    """Its rows as JSON."""
    content = exported(site, name, **changes).decode()
    return [json.loads(line, parse_float=Decimal, parse_int=Decimal) for line in content.splitlines()]


def test_the_list_is_closed() -> None:
    """Mirrored records and orders, whatever else the database has; a new mirrored table must be put on it."""
    assert {each.table for each in exports.TABLES} == {
        *(table for table in MIRRORED if table.name not in NOT_RECORDS), tables.orders,
    }  # fmt: skip
    for name in ("bb_grants", "api_keys", "bb_api_keys", "sessions", "admins", "audit", "bb_mirror_invoices", ""):
        with pytest.raises(NotFoundError):
            exports.find(name)


@BOOKS
def test_nothing_secret_is_a_column(listed: exports.Listed) -> None:
    """No hash, no secret, nothing sealed, no raw record."""
    names = [each.name for each in listed.columns]
    assert len(names) == len(set(names)) and not exports.WITHHELD & set(names)
    assert not [name for name in names if any(word in name for word in SECRETS)]
    assert not [column for column in listed.table.c if column.info.get("sealed")]


@BOOKS
def test_every_table_comes_in_every_format(site: Site, listed: exports.Listed) -> None:
    """CSV, XLSX and JSON lines have the same rows; amounts stand in major units beside their currency."""
    found = lines(site, listed.name)
    names = [each.name for each in listed.columns]
    told = list(csv.DictReader(io.StringIO(exported(site, listed.name, "csv").decode(), newline="")))
    sheet = load_workbook(io.BytesIO(exported(site, listed.name, "xlsx"))).active
    assert sheet.max_row == len(found) + 1 == len(told) + 1 == exports.count(*_asked(site, listed)) + 1
    assert [cell.value for cell in sheet[1]] == names
    for row, text in zip(found, told, strict=True):
        assert list(row) == list(text) == names
        for column in listed.columns:
            if column.kind is Kind.MONEY and row[column.name] is not None:
                assert text[column.name] == f"{row[column.name]:f}"


def _asked(site: Site, listed: exports.Listed) -> Any:
    return site.app.services.db, wanted(site, listed.name)


def test_amounts_are_exact_in_their_currency(site: Site) -> None:
    """Yen have no decimals; lines and refunds take the currency of their document."""
    rows = {row["invoice_id"]: row for row in lines(site, "invoices")}
    assert (rows["INV-3"]["total"], rows["INV-3"]["currency"]) == (Decimal(12345), "JPY")
    assert (rows["INV-3"]["base_total"], rows["INV-3"]["rate"]) == (Decimal("80.77"), Decimal("0.006543"))
    assert rows["INV-1"]["invoice_on"] == "2026-01-10" and rows["INV-1"]["seen_at"] == "2026-01-31T09:00:00Z"
    found = {(row["invoice_id"], row["position"]): row for row in lines(site, "invoice-lines")}
    line = found["INV-2", 0]
    assert (line["total"], line["currency"], line["quantity"]) == (Decimal("33.33"), "EUR", Decimal("1.25"))
    refunds = [row for row in lines(site, "allocations") if row["kind"] == "payment_refund"]
    assert [(row["amount"], row["currency"]) for row in refunds if row["document_id"] == "P-3"] == [
        (Decimal("3.33"), "EUR")
    ]


def test_deleted_records_stay_unless_asked_for(site: Site) -> None:
    """Tombstones come only with --with-deleted, and then say when."""
    assert "INV-92" not in {row["invoice_id"] for row in lines(site, "invoices")}
    found = {row["invoice_id"]: row["deleted_at"] for row in lines(site, "invoices", with_deleted=True)}
    assert found["INV-92"] and found["INV-1"] is None and "INV-94" not in found


def test_days_are_included_and_need_a_date(site: Site) -> None:
    """Both days count, in the organization's calendar; a table without dates says which have one."""
    among = {row["number"] for row in lines(site, "invoices", first=date(2026, 1, 31), last=date(2026, 3, 5))}
    assert {"INV-2", "INV-3"} <= among and "INV-1" not in among
    services = site.app.services
    with services.db.transaction() as tx:
        if not tx.scalar(sa.select(sa.func.count()).select_from(tables.orders)):
            for number, hour in enumerate((3, 4)):  # 23:00 on 9 March in New York, and midnight
                orders.write(tx, number, at=datetime(2026, 3, 10, hour, tzinfo=UTC))
    assert [row["id"] for row in lines(site, "orders", first=date(2026, 3, 10))] == ["ord_000001"]
    assert [row["id"] for row in lines(site, "orders", last=date(2026, 3, 9))] == ["ord_000000"]
    for name, days in (("contacts", {"first": date(2026, 1, 1)}), ("invoices", {"first": date.max, "last": date.min})):
        with pytest.raises(InvalidInputError) as caught:
            exported(site, name, **days)
        assert caught.value.field == "from" and caught.value.remedy


def test_who_took_what_is_written_down_first(site: Site) -> None:
    """SEC-091: the audit log has the table before the first byte leaves, even if the reader goes away."""
    services = site.app.services
    actions.export(services, wanted(site, "contacts"), format="csv", actor="key:somebody")
    with services.db.read() as tx:
        row = tx.execute(sa.select(tables.audit).order_by(tables.audit.c.seq.desc()).limit(1)).one()
    assert (row.actor, row.action, row.subject_id) == ("key:somebody", "table.exported", "contacts")
    assert row.detail["format"] == "csv" and row.organization_id == "10000001"


def test_a_reader_that_goes_away_gives_the_connection_back(site: Site) -> None:
    """Nobody downloads to the end, and nothing stays open for it."""
    services = site.app.services
    pieces = actions.export(services, wanted(site, "invoices"), format="csv", actor="test").pieces
    assert next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    pool: Any = services.db._reads.pool
    assert pool.checkedout() == 0


def test_the_command_writes_private_whole_files(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The format follows the name of the file; a failed export leaves nothing behind under it."""
    monkeypatch.setenv("BOOKBRIDGE_HOME", str(site.app.settings.home))
    monkeypatch.setattr(command, "app_of", lambda _common: site.open())
    target = tmp_path / "invoices.xlsx"
    assert execute(["export", "invoices", "--output", str(target)]) == 0
    assert target.stat().st_mode & 0o777 == 0o600 and load_workbook(target).active.max_row > 3
    before = target.read_bytes()
    monkeypatch.setattr(exports, "rows", _breaking)
    assert execute(["export", "invoices", "--output", str(target)]) == 1
    assert target.read_bytes() == before and [each.name for each in tmp_path.iterdir()] == ["invoices.xlsx"]
    capsys.readouterr()
    assert execute(["export"]) == 0
    told = capsys.readouterr().out
    assert all(each.name in told for each in exports.TABLES)
    for arguments, code in (
        (["nothing"], 1), (["invoices", "--from", "soon"], 2), (["contacts", "--from", "2026-01-01"], 2),
        (["invoices", "--output", str(tmp_path / "none" / "x.csv")], 2), (["invoices", "--format", "pdf"], 2),
    ):  # fmt: skip
        assert execute(["export", *arguments]) == code
        assert "Traceback" not in capsys.readouterr().err


def _breaking(*_given: object) -> Any:
    yield ("x",) * len(exports.find("invoices").columns)
    raise RuntimeError("the database went away")
