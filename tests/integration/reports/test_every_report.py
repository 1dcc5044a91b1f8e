"""Whatever stands in REPORTS comes as JSON, CSV, XLSX, command, page, snapshot and reference: nothing else to write."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from bookbridge.cli import reports as command
from bookbridge.cli.main import execute
from bookbridge.features.reports import REPORTS, actions
from bookbridge.features.reports.frame import Kind, Report
from bookbridge.kernel.money import Money
from tests.support.web import Site

DOCS = Path(__file__).parents[3] / "docs" / "reference" / "reports.md"
SNAPSHOTS = Path(__file__).parent / "snapshots"
TIME = {"from": "2026-01-01", "to": "2026-03-31"}
EVERY = pytest.mark.parametrize("report", REPORTS, ids=lambda each: each.name)


def ask(site: Site, report: Report, **params: str) -> actions.Answer:
    """The answer of a report over the whole time."""
    services = site.app.services
    return actions.ask(services, services.zoho.connected()[0], report.name, {**TIME, **params})


def groupings(report: Report) -> tuple[str, ...]:
    """Every way to group it."""
    return report.param("group_by").choices


@EVERY
def test_every_report_has_a_file_of_its_name_and_its_page_in_the_reference(report: Report) -> None:
    """A newcomer finds it by its name."""
    module = report.run.__module__
    assert module == f"bookbridge.features.reports.{report.name.replace('-', '_')}"
    told = DOCS.read_text(encoding="utf-8").partition(f"### {report.name}\n")[2].partition("\n### ")[0]
    for each in (*report.params, *report.columns):
        assert f"| `{each.name}` |" in told and each.meaning in told


@EVERY
def test_every_grouping_adds_up_to_the_same_totals(site: Site, report: Report) -> None:
    """Rows are cells of the declared kinds, their sum is the total, and no grouping loses or doubles an amount."""
    seen: dict[str, set[Any]] = {}
    for group_by in groupings(report):
        table = ask(site, report, group_by=group_by).table
        assert table.columns == report.columns_for(group_by) and table.as_of is not None
        for number, column in enumerate(table.columns):
            cells = [row[number] for row in table.rows]
            if column.kind is Kind.MONEY:
                assert all(isinstance(each, Money) for each in cells)
            if column.name.endswith("_original"):
                assert table.totals[number] is None
            elif column.adds_up and column.name != "entries":
                seen.setdefault(column.name, set()).add(table.totals[number])
                if column.kind is Kind.MONEY and column.name != "outstanding":
                    assert sum(each.minor for each in cells) == table.totals[number].minor  # type: ignore
    assert seen and all(len(found) == 1 for found in seen.values()), seen


@EVERY
def test_every_report_comes_in_every_format(site: Site, key: dict[str, str], report: Report) -> None:
    """JSON, CSV and XLSX say the same, row by row and to the last digit."""
    for group_by in ("none", "currency"):
        params = {**TIME, "group_by": group_by}
        table = ask(site, report, group_by=group_by).table
        found = site.client.get(f"/api/reports/{report.name}", params=params, headers=key).json()
        assert len(found["rows"]) == len(table.rows) and found["notes"] == list(table.notes)

        answer = site.client.get(f"/api/reports/{report.name}", params={**params, "format": "csv"}, headers=key)
        assert answer.headers["content-disposition"].endswith(f'"{report.name}_2026-01-01_2026-03-31.csv"')
        lines = list(csv.reader(io.StringIO(answer.text, newline="")))
        assert lines[0] == [each.name for each in table.columns]
        assert len(lines) == 1 + len(table.rows) + (table.totals[0] == "Total") + len(table.notes)
        assert all(len(line) == len(table.columns) for line in lines)

        answer = site.client.get(f"/api/reports/{report.name}", params={**params, "format": "xlsx"}, headers=key)
        sheet = load_workbook(io.BytesIO(answer.content)).active
        assert sheet.freeze_panes == "A2" and sheet["A1"].font.b
        for line, row, cells in zip(lines[1:], table.rows, sheet.iter_rows(min_row=2), strict=False):
            for text, value, cell in zip(line, row, cells, strict=False):
                assert cell.data_type != "f"
                if isinstance(value, Money):
                    assert text == str(value.amount) and f"{cell.value:.{value.exponent}f}" == text
                else:
                    assert text == ("" if cell.value is None else str(cell.value))


@EVERY
def test_every_report_is_a_page(site: Site, report: Report) -> None:
    """A page has the form filled in, as many texts as columns, and addresses of the files; a mistake is a sentence."""
    services = site.app.services
    organization = services.zoho.connected()[0]
    page = actions.page(services, organization, report.name, TIME)
    assert [each.name for each in page.fields] == [each.name for each in report.params]
    assert page.fields[0].value == "2026-01-01" and page.rows and not page.problem
    assert all(len(row) == len(page.columns) for row in (*page.rows, page.totals))
    assert set(page.downloads) == {"csv", "xlsx"}
    wrong = actions.page(services, organization, report.name, {"group_by": "colour"})
    assert wrong.problem and not wrong.rows and wrong.fields


@EVERY
def test_every_report_is_as_it_was(site: Site, report: Report) -> None:
    """The snapshot: the same books give the same report, on both databases. Delete the file to have it made anew."""
    parts = []
    for group_by in [each for each in ("none", "month", "week", "currency") if each in groupings(report)]:
        answer = ask(site, report, group_by=group_by)
        written = b"".join(actions.FORMATS["csv"].write(actions.sheet_of(answer))).decode()
        parts.append(f"group_by={group_by}\n{written}".replace("\r\n", "\n"))
    found, path = "\n".join(parts), SNAPSHOTS / f"{report.name}.txt"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(found, encoding="utf-8")
        pytest.fail(f"{path.name} was missing and is written now: read it and commit it")
    assert found == path.read_text(encoding="utf-8")


def test_no_snapshot_is_left_over() -> None:
    """A report that is gone takes its snapshot along."""
    assert {each.stem for each in SNAPSHOTS.iterdir()} == {each.name for each in REPORTS}


def test_every_report_is_a_command(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command prints the table with its totals and notes, and writes files that only their owner reads."""
    monkeypatch.setenv("BOOKBRIDGE_HOME", str(site.app.settings.home))
    monkeypatch.setattr(command, "app_of", lambda _common: site.open())
    for report in REPORTS:
        assert execute(["report", report.name, "--from", "2026-01-01", "--to", "2026-03-31"]) == 0
        told = capsys.readouterr().out
        assert f"{report.title}, 2026-01-01 to 2026-03-31" in told
    target = tmp_path / "summary.xlsx"
    assert execute(["report", "summary", "--output", str(target)]) == 0
    assert target.stat().st_mode & 0o777 == 0o600 and load_workbook(target).active is not None
    assert [each.name for each in tmp_path.iterdir()] == ["summary.xlsx"]
    capsys.readouterr()
    assert execute(["report", "summary", "--json"]) == 0
    assert capsys.readouterr().out.startswith('{"report":"summary"')
    assert execute(["report"]) == 0
    told = capsys.readouterr().out
    assert all(each.name in told for each in REPORTS)
    assert execute(["report", "nothing"]) == 1 and execute(["report", "summary", "--from", "soon"]) == 2
