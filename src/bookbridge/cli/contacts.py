"""Contacts on the command line: list, find or create one, load them all."""

import sys
from typing import TYPE_CHECKING, Any

import click

from bookbridge.cli.orders import organization_of
from bookbridge.cli.output import Common, app_of, common, emit, emit_rows
from bookbridge.kernel.errors import ConflictError

if TYPE_CHECKING:
    from bookbridge.bootstrap import App
    from bookbridge.features.contacts.actions import ContactBody
    from bookbridge.store.organizations import Organization

OK, FAILED = 0, 1
TRIES = 3
MOST_PAGES = 5000
COLUMNS = ("contact_id", "contact_name", "email", "contact_type", "status", "outstanding_receivable_amount")


@click.group()
def contacts() -> None:
    """List contacts, find or create one, load them all."""


@contacts.command(name="list")
@click.option("--type", "contact_type", default="customer", type=click.Choice(["customer", "vendor", "all"]))
@click.option("--search", "search_text", default="", metavar="TEXT", help="Part of the name or the notes.")
@click.option("--email", default="", metavar="ADDRESS", help="The primary person's address.")
@click.option("--page", default=1, type=click.IntRange(min=1), show_default=True)
@click.option("--per-page", default=25, type=click.IntRange(1, 200), show_default=True)
@common
def list_contacts(common: Common, **filters: Any) -> None:
    """List contacts as Zoho has them: one call."""
    from bookbridge.features.contacts import actions

    query = {name: str(value) for name, value in filters.items() if value}
    with app_of(common) as app:
        found = actions.list_page(app.services, organization_of(app, common), query)
    emit_rows(common, found["contacts"], columns=COLUMNS, empty="No contacts fit.")
    if found["page_context"].get("has_more_page") and not common.json:
        click.echo(f"There are more; go on with --page {filters['page'] + 1}.")


@contacts.command(name="find-or-create")
@click.argument("email")
@click.option("--name", default="", help="Used when the contact is created.")
@click.option("--company", "company_name", default="", metavar="NAME")
@click.option("--phone", default="")
@click.option("--country", default="")
@click.option("--currency", default="", metavar="CODE", help="Default: the organization's.")
@click.option("--type", "contact_type", default="customer", type=click.Choice(["customer", "vendor"]))
@click.option("--wait", "wait_s", default=30.0, show_default=True, type=click.FloatRange(0, 600), help="Seconds.")
@common
def find_or_create(common: Common, email: str, wait_s: float, **given: str) -> int:
    """Find the contact with the address EMAIL, or create it.

    Exit code 1: Zoho has not confirmed it yet; run the same again.
    """
    from bookbridge.features.contacts import actions

    body = actions.parse_contact.validate({"email": email, **{name: value for name, value in given.items() if value}})
    with app_of(common) as app:
        told = _found(app, organization_of(app, common), body, wait_s=wait_s)
    contact = told["contact"]
    if contact is None:
        emit(common, told, text="Not confirmed yet; run the same again.")
        return FAILED
    text = f"{'Created' if told['created'] else 'Found'} {contact['contact_name']}, contact {contact['contact_id']}."
    emit(common, told, text=text)
    return OK


@contacts.command()
@common
def load(common: Common) -> None:
    """Read every contact, 200 a call, so that a bulk import needs no look-up for each customer."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    from bookbridge.features.contacts.loading import load_all

    console = Console(file=sys.stderr, quiet=common.json)
    columns = (SpinnerColumn(), TextColumn("Contacts"), MofNCompleteColumn())
    with app_of(common) as app, Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("contacts", total=None)
        organization = organization_of(app, common)
        count = load_all(
            app.services,
            organization,
            most_calls=MOST_PAGES,
            progress=lambda seen: bar.update(task, completed=seen),
        )
    emit(common, {"contacts": count}, text=f"{count} contacts are known.")


def _found(app: "App", organization: "Organization", body: "ContactBody", *, wait_s: float) -> dict[str, Any]:
    """The contact; one that was deleted in Zoho is replaced."""
    from bookbridge.cli.work import carry_out
    from bookbridge.features.contacts import actions

    for _ in range(TRIES):
        wanted = actions.want(app.services, organization, body)
        if wanted.effect_id:
            carry_out(app, wanted.effect_id, wait_s=wait_s)
        seen = actions.standing(app.services, wanted)
        contact = actions.found(app.services, organization, seen) if seen.rests else None
        if contact is not None or not seen.rests:
            return {"contact": contact, "created": contact is not None and seen.created}
    raise ConflictError("The contact is deleted in Zoho as soon as it is there; look who does that.")
