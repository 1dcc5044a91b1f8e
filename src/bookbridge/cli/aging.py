"""Aging on the command line: who owes how much, and how late."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from bookbridge.cli.orders import organization_of
from bookbridge.cli.output import Common, app_of, as_json, common

if TYPE_CHECKING:
    from rich.console import Console

    from bookbridge.kernel.money import Money
    from bookbridge.mirror.queries.aging import Aging, Spread

WORDS = {"due_date": "by due date", "invoice_date": "by invoice date"}


@click.command()
@click.option("--as-of", "as_of", default="", metavar="DATE", help="The day (default: today where the books are).")
@click.option("--by", type=click.Choice(["due_date", "invoice_date"]), default="due_date", show_default=True,
              help="Count days from this date.")  # fmt: skip
@click.option("--currency", default="", metavar="CODE", help="Only this currency (default: all, in the base currency).")
@common
def aging(common: Common, as_of: str, by: str, currency: str) -> None:
    """Show open invoices by age, the ten customers that owe most, and credits nobody used.

    Reads the local copy of the books and makes no call; `bookbridge sync` brings it up to date.
    """
    from bookbridge.features.receivables import actions

    with app_of(common) as app:
        organization = organization_of(app, common)
        found = actions.get_aging(app.services, organization, as_of=as_of, by=by, currency=currency)
    if common.json:
        click.echo(as_json(actions.as_json(found)))
    else:
        _print(found)


def _print(found: "Aging") -> None:
    from rich.console import Console

    console = Console(file=sys.stdout, markup=False, highlight=False)
    question = found.asked
    unit = question.currency or question.scale.base
    console.print(
        f"{question.organization.name}: open invoices as of {question.as_of}, {WORDS[question.by]}, in {unit}"
    )
    if not found.spread.count:
        console.print("Nothing was owed.")
    else:
        _summary(console, found)
        if len(found.by_currency) > 1:
            _table(console, "currency", [(each.currency, each.spread) for each in found.by_currency])
        console.print()
        _table(console, "top customers", [(each.name, each.spread) for each in found.customers])
    console.print()
    _credits(console, found)
    if found.synced_at is not None:
        console.print(
            f"In step with Zoho at {found.synced_at:%Y-%m-%d %H:%M} UTC; `bookbridge sync` brings it up to date."
        )


def _summary(console: "Console", found: "Aging") -> None:
    rows = [(each.name, f"{each.count:,}", _figure(each.total)) for each in found.spread.buckets]
    rows.append(("total", f"{found.spread.count:,}", _figure(found.spread.total)))
    _rows(console, ("days late", "invoices", "amount"), rows, has_total=True)
    console.print()


def _table(console: "Console", title: str, rows: Sequence[tuple[str, "Spread"]]) -> None:
    names = [bucket.name for bucket in rows[0][1].buckets] if rows else []
    cells = [
        (name, f"{spread.count:,}", *(_figure(each.total) for each in spread.buckets), _figure(spread.total))
        for name, spread in rows
    ]
    _rows(console, (title, "invoices", *names, "total"), cells)


def _rows(
    console: "Console", columns: Sequence[str], rows: Sequence[Sequence[str]], *, has_total: bool = False
) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left", no_wrap=place > 0, overflow="fold")
    for place, row in enumerate(rows):
        style = "bold" if has_total and place == len(rows) - 1 else ""
        table.add_row(*map(_clean, row), style=style)
    console.print(table)


def _credits(console: "Console", found: "Aging") -> None:
    if not found.credits:
        console.print("No unapplied credits.")
        return
    words = {"creditnote": "credit notes", "payment": "payments"}
    parts = [f"{words[each.kind]} {_figure(each.total)} {each.currency} ({each.count:,})" for each in found.credits]
    total = f"{_figure(found.credits_total)} {found.credits_total.currency}"
    console.print(f"Unapplied credits, not taken off above: {total}: {', '.join(parts)}.")


def _figure(money: "Money") -> str:
    return f"{money.amount:,}"


def _clean(value: Any) -> str:
    """Control characters of strangers cannot reach the terminal."""
    return "".join(each if each.isprintable() else "?" for each in str(value))
