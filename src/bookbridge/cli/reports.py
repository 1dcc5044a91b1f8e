"""Reports on the command line: the financial summaries of the API, as a table or a file."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bookbridge.cli.files import save
from bookbridge.cli.orders import organization_of
from bookbridge.cli.output import Common, app_of, as_json, common, emit_rows
from bookbridge.kernel.errors import InvalidInputError

if TYPE_CHECKING:
    from bookbridge.features.reports.actions import Answer


@click.command()
@click.argument("name", required=False)
@click.option("--from", "begin", default="", metavar="DATE", help="The first day.")
@click.option("--to", "end", default="", metavar="DATE", help="The last day, included (default: today).")
@click.option("--group-by", default="", metavar="WORD", help="What a row stands for: month, none, currency, ...")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv", "xlsx"]),
    help="Default: by the name of the file, else a table.",
)  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file; - is stdout.")
@common
def report(
    common: Common, name: str | None, begin: str, end: str, group_by: str, form: str | None, output: Path | None
) -> None:
    """Print the report NAME of the mirrored books, or write it to a file; without NAME list the reports.

    Amounts are in the organization's currency; draft, void and deleted documents are left out.
    """
    from bookbridge.features.reports import REPORTS, actions
    from bookbridge.store.audit import OPERATOR

    if name is None:
        rows = [{"name": each.name, "title": each.title, "meaning": each.meaning} for each in REPORTS]
        emit_rows(common, rows, columns=("name", "title", "meaning"), empty="")
        return
    given = {"from": begin, "to": end, "group_by": group_by}
    form = form or _form_of(common, output)
    with app_of(common) as app:
        organization = organization_of(app, common)
        if form in ("table", "json"):
            answer = actions.ask(app.services, organization, name, given)
            if output is not None:
                raise InvalidInputError("A file is CSV or XLSX.", field="--format", remedy="Add --format csv or xlsx.")
            click.echo(as_json(actions.as_json(answer))) if form == "json" else _table(answer)
            return
        file = actions.download(app.services, organization, name, given, format=form, actor=OPERATOR)
        save(common, file, output)


def _form_of(common: Common, output: Path | None) -> str:
    if output is not None and output.suffix in (".csv", ".xlsx"):
        return output.suffix[1:]
    return "json" if common.json else "table"


def _table(answer: "Answer") -> None:
    from rich.console import Console
    from rich.table import Table

    from bookbridge.features.reports.actions import shown

    asked, found = answer.asked, answer.table
    table = Table(box=None, pad_edge=False, header_style="bold", show_footer=True, footer_style="bold")
    for number, column in enumerate(found.columns):
        total = _clean(shown(found.totals[number], asked.currency)) if found.totals[number] is not None else ""
        table.add_column(column.title, total, justify="right" if column.is_number else "left", overflow="fold")
    for row in found.rows:
        table.add_row(*(_clean(shown(cell, asked.currency)) for cell in row))
    console = Console(file=sys.stdout, markup=False, highlight=False)
    console.print(f"{answer.report.title}, {asked.first} to {asked.last}, amounts in {asked.currency}")
    console.print(table)
    for note in found.notes:
        console.print(note, soft_wrap=True)


def _clean(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)
