"""Tables as files: the mirrored records and the orders, for spreadsheets and other programs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import click

from bookbridge.cli.files import save
from bookbridge.cli.orders import organization_of
from bookbridge.cli.output import Common, app_of, common, emit_rows

FORMATS = ("csv", "xlsx", "jsonl")


@click.command()
@click.argument("table", required=False)
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: by the name of the file, else csv.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Default: TABLE_DAY; - is stdout.")
@click.option("--from", "begin", default="", metavar="DATE", help="Only records dated on or after.")
@click.option("--to", "end", default="", metavar="DATE", help="Only records dated on or before.")
@click.option("--with-deleted", is_flag=True, help="Records that were deleted in Zoho, too.")
@common
def export(
    common: Common,
    table: str | None,
    form: str | None,
    output: Path | None,
    begin: str,
    end: str,
    with_deleted: bool,
) -> None:
    """Write TABLE to a file; without TABLE list the tables that can be.

    Amounts are in major units beside their currency, dates are days of the organization's calendar.
    """
    from bookbridge.features.reports import actions, exports
    from bookbridge.store.audit import OPERATOR

    if table is None:
        rows = [{"table": each.name, "holds": each.meaning, "dated": _dated(each)} for each in exports.TABLES]
        emit_rows(common, rows, columns=("table", "holds", "dated"), empty="")
        return
    listed = exports.find(table)
    with app_of(common) as app:
        services = app.services
        wanted = exports.Wanted(
            listed=listed,
            organization=organization_of(app, common),
            first=_day(begin, "from"),
            last=_day(end, "to"),
            with_deleted=with_deleted,
        )
        wanted.check()
        with _progress(table, lambda: exports.count(services.db, wanted), quiet=common.json) as told:
            file = actions.export(services, wanted, format=form or _by_name(output), actor=OPERATOR, told=told)
            save(common, file, output)


def _dated(listed: Any) -> str:
    return listed.on.name if listed.on is not None else ""


def _day(text: str, field: str) -> date | None:
    from bookbridge.features.reports import policy

    return policy.day(text, field=field) if text else None


def _by_name(output: Path | None) -> str:
    suffix = output.suffix[1:] if output is not None else ""
    return suffix if suffix in FORMATS else "csv"


@contextmanager
def _progress(table: str, count: Callable[[], int], *, quiet: bool) -> Iterator[Callable[[int], None] | None]:
    """A bar on stderr where that is a terminal; rows are counted only for it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False, markup=False, quiet=quiet)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (TextColumn(table), BarColumn(bar_width=30), MofNCompleteColumn(), TimeRemainingColumn(compact=True))
    with Progress(*columns, console=console, refresh_per_second=5) as progress:
        task = progress.add_task(table, total=count())
        yield lambda written: progress.update(task, completed=written)
