"""Orders on the command line: import a file, list, show, retry, discard."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bookbridge.cli.output import Common, app_of, as_json, common, emit, emit_rows
from bookbridge.kernel.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from bookbridge.bootstrap import App
    from bookbridge.store.organizations import Organization

DIFFERENCES = 3
STATES = ("received", "working", "unknown", "done", "review", "failed", "discarded")


@click.group()
def orders() -> None:
    """Import, list, show, retry and discard orders."""


@orders.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["csv", "jsonl", "online-retail"]), help="Default: by the name.")
@click.option("--source", default="", metavar="NAME", help="The selling system; with the order's number its identity.")
@click.option("--map", "names", multiple=True, metavar="OURS=THEIRS", help="How the file calls a column of ours.")
@click.option("--currency", default="", metavar="CODE", help="Of orders that name none (default: the organization's).")
@click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
@click.option("--no-wait", is_flag=True, help="Return when the orders are stored; `serve` makes the invoices.")
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE", help="Write everything as JSON to a file.")
@common
def import_file(common: Common, file: Path, report: Path | None, dry_run: bool, **options: Any) -> int:
    """Make every order of FILE exactly one invoice; importing it again makes none.

    FILE is CSV with one line item a row, grouped by order_id, or JSON lines with one order each, .gz or not.
    The CSV columns are order_id, ordered_at, customer_id, customer_email, customer_name, country, sku, name,
    quantity, price and currency.

    Exit code 3: rows are wrong, or orders wait for a person.
    """
    from rich.console import Console

    from bookbridge.cli.importing.display import Display
    from bookbridge.cli.importing.files import OrderFile
    from bookbridge.cli.importing.run import Import, Wishes

    given = OrderFile(file, form=options["form"] or "", names=_names(options["names"]))
    wishes = Wishes(
        source=_source(options["source"]), currency=_currency(options["currency"]), waits=not options["no_wait"]
    )
    with app_of(common) as app:
        job = Import(app, organization_of(app, common), given, wishes, Display(quiet=common.json))
        summary = job.dry_run() if dry_run else job.run()
    if report is not None:
        report.write_text(as_json(summary.as_json()) + "\n", encoding="utf-8")
    if common.json:
        click.echo(as_json(summary.as_json()))
    else:
        summary.show(Console(highlight=False, markup=False))
    return DIFFERENCES if summary.leaves_work else 0


@orders.command(name="list")
@click.option("--state", type=click.Choice(STATES), help="Only orders in this state.")
@click.option("--source", default="", help="Only orders of this selling system.")
@click.option("--search", default="", metavar="TEXT", help="Part of a number, a customer or a reason.")
@click.option("--page", default=1, type=click.IntRange(min=1), show_default=True)
@click.option("--per-page", default=25, type=click.IntRange(1, 200), show_default=True)
@common
def list_orders(common: Common, state: str | None, source: str, search: str, page: int, per_page: int) -> None:
    """List orders, the latest first."""
    from bookbridge.features.billing import store_queries

    with app_of(common) as app, app.services.db.read() as tx:
        found = store_queries.list_orders(
            tx,
            organization_ids=[common.org] if common.org else [],
            state=state or "",
            source=source,
            search=search,
            page=page,
            per_page=per_page,
        )
    rows = [_listed(row) for row in found.rows]
    columns = ("order_id", "state", "customer", "total", "invoice_number", "received_at", "reason")
    emit_rows(common, rows, columns=columns, empty="No orders; import a file with `bookbridge orders import FILE`.")
    if found.has_more and not common.json:
        click.echo(f"Page {found.page} of {-(-found.total // found.per_page)}; go on with --page {found.page + 1}.")


@orders.command()
@click.argument("order")
@common
def show(common: Common, order: str) -> None:
    """Show the life of ORDER (our id, or the selling system's number): state, sends, Zoho's ids, totals."""
    from bookbridge.cli import order_text
    from bookbridge.features.billing import store_queries

    with app_of(common) as app, app.services.db.read() as tx:
        life = store_queries.order_life(tx, _order_pk(app, common, order))
    assert life is not None
    emit(common, {"order": life.order, "effects": life.effects, "body": life.body}, text=order_text.life(life))


@orders.command()
@click.argument("order")
@common
def retry(common: Common, order: str) -> None:
    """Try a failed ORDER or one in review again; what was sent before is looked up first."""
    from bookbridge.features.billing import actions, store
    from bookbridge.store.audit import OPERATOR

    with app_of(common) as app:
        row = actions.retry(app.services, _order_pk(app, common, order))
        actions.note(app.services, row, action="order.retried", actor=OPERATOR)
    emit(common, store.summary(row), text=f"Order {row.order_id} is {row.state}{_goes_on(row.state)}.")


@orders.command()
@click.argument("order")
@click.option("--reason", default="", help="Why, for the record.")
@common
def discard(common: Common, order: str, reason: str) -> None:
    """Give up an ORDER that has no invoice."""
    from bookbridge.features.billing import actions, store
    from bookbridge.store.audit import OPERATOR

    with app_of(common) as app:
        row = actions.discard(app.services, _order_pk(app, common, order), reason=reason)
        actions.note(app.services, row, action="order.discarded", actor=OPERATOR)
    emit(common, store.summary(row), text=f"Order {row.order_id} is discarded.")


def organization_of(app: "App", options: Common, /) -> "Organization":
    """The organization of a command: the named one, else the default.

    Raises:
        NotConnectedError: it is not connected, or several are and none is the default.
    """
    return app.services.zoho.organization(options.org) if options.org else app.services.zoho.default_organization()


def _goes_on(state: str) -> str:
    return "; a running `bookbridge serve` goes on with it" if state in STATES[:3] else ""


def _names(given: tuple[str, ...]) -> dict[str, str]:
    names = {}
    for each in given:
        ours, equals, theirs = each.partition("=")
        if not equals or not ours.strip() or not theirs.strip():
            raise click.UsageError(f"--map {each}: write it as OURS=THEIRS, for example --map order_id=Number.")
        names[ours.strip()] = theirs.strip()
    return names


def _source(given: str) -> str:
    if given and not (len(given) <= 64 and re.fullmatch(r"[A-Za-z0-9._-]+", given)):
        raise click.UsageError("--source: use letters, digits, points, hyphens and underscores, at most 64.")
    return given


def _currency(given: str) -> str:
    if given and not re.fullmatch(r"[A-Za-z]{3}", given):
        raise click.UsageError("--currency: write its three letters, such as GBP.")
    return given.upper()


def _listed(row: Any) -> dict[str, Any]:
    names = ("id", "organization_id", "source", "order_id", "channel", "state", "customer", "invoice_id")
    values = {name: getattr(row, name) for name in (*names, "invoice_number", "ordered_at", "received_at", "reason")}
    return {**values, "total": row.total, "invoice_total": row.invoice_total, "currency": row.currency}


def _order_pk(app: "App", options: Common, order: str) -> str:
    """Our id of an order that may be named by the selling system's number."""
    if order.startswith("ord_"):
        return order
    from bookbridge.features.billing import store_queries

    with app.services.db.read() as tx:
        ids = [options.org] if options.org else []
        rows = store_queries.list_orders(tx, organization_ids=ids, search=order, per_page=200).rows
    found = [row for row in rows if row.order_id == order]
    if len(found) == 1:
        return found[0].id
    if not found:
        raise NotFoundError(f"There is no order {order}; list them with `bookbridge orders list`.")
    many = ", ".join(f"{row.id} ({row.source}, organization {row.organization_id})" for row in found)
    raise InvalidInputError(f"Several orders are called {order}: {many}.", remedy="Name one by its id.")
