"""Invoices on the command line: listed from the mirror or Zoho, shown and fetched as PDF from Zoho."""

import sys
from pathlib import Path
from typing import Any

import click

from bookbridge.cli.orders import organization_of
from bookbridge.cli.output import Common, app_of, common, emit, emit_rows
from bookbridge.kernel.errors import InvalidInputError

COLUMNS = ("invoice_id", "invoice_number", "date", "due_date", "customer_name", "status", "total", "balance")


@click.group()
def invoices() -> None:
    """List and show invoices, and fetch their PDF."""


@invoices.command(name="list")
@click.option("--status", default="", help="draft, sent, overdue, paid, partially_paid, unpaid, void or viewed.")
@click.option("--customer", "customer_id", default="", metavar="ID", help="Only invoices of this contact.")
@click.option("--from", "date_start", default="", metavar="DATE", help="Dated on or after.")
@click.option("--to", "date_end", default="", metavar="DATE", help="Dated on or before.")
@click.option("--search", "search_text", default="", metavar="TEXT", help="Part of a number, reference or customer.")
@click.option("--source", type=click.Choice(["mirror", "zoho"]), help="Default: the mirror once invoices are mirrored.")
@click.option("--page", default=1, type=click.IntRange(min=1), show_default=True)
@click.option("--per-page", default=25, type=click.IntRange(1, 200), show_default=True)
@common
def list_invoices(common: Common, **filters: Any) -> None:
    """List invoices: from the mirror without a call, or as Zoho has them with one."""
    from bookbridge.features.billing import direct

    query = {name: str(value) for name, value in filters.items() if value}
    with app_of(common) as app:
        found = direct.list_invoices(app.services, organization_of(app, common), query)
    emit_rows(common, found["invoices"], columns=COLUMNS, empty="No invoices fit.")
    if found["page_context"].get("has_more_page") and not common.json:
        click.echo(f"There are more; go on with --page {filters['page'] + 1}.")


@invoices.command()
@click.argument("invoice_id")
@common
def show(common: Common, invoice_id: str) -> None:
    """Show one invoice with its lines."""
    from bookbridge.features.billing import direct

    with app_of(common) as app:
        invoice = direct.get_invoice(app.services, organization_of(app, common), invoice_id)["invoice"]
    emit(common, invoice, text=_text(invoice))


@invoices.command()
@click.argument("invoice_id")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where to write it (default: INVOICE_ID.pdf); - is stdout."
)
@common
def pdf(common: Common, invoice_id: str, out: Path | None) -> None:
    """Fetch the PDF of an invoice."""
    from bookbridge.features.billing import direct

    with app_of(common) as app:
        content = direct.pdf(app.services, organization_of(app, common), invoice_id)
    target = out or Path(f"{invoice_id}.pdf")
    if str(target) == "-":
        sys.stdout.buffer.write(content)
        return
    try:
        target.write_bytes(content)
    except OSError as error:
        raise InvalidInputError(
            f"{target} cannot be written: {error.strerror}.", remedy="Name another --out."
        ) from error
    emit(common, {"file": str(target), "bytes": len(content)}, text=f"Wrote {target} ({len(content):,} bytes).")


def _text(invoice: dict[str, Any]) -> str:
    head = ("invoice_number", "status", "customer_name", "date", "due_date", "reference_number", "total", "balance")
    rows = [f"{name.replace('_', ' '):17} {_clean(invoice.get(name, ''))}" for name in head]
    code = invoice.get("currency_code", "")
    lines = [
        f"  {_clean(line.get('quantity', ''))} x {_clean(line.get('name', ''))}  {_clean(line.get('rate', ''))} {code}"
        for line in invoice.get("line_items", [])
    ]
    return "\n".join([*rows, f"{'currency':17} {code}", "lines", *lines])


def _clean(value: Any) -> str:
    return "".join(each if each.isprintable() else "?" for each in str(value))
