"""Expenses on the command line: record, list, show, and other names for accounts."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bookbridge.cli.orders import organization_of
from bookbridge.cli.output import Common, app_of, as_json, common, emit, emit_rows
from bookbridge.kernel.errors import InvalidInputError

if TYPE_CHECKING:
    from bookbridge.bootstrap import App
    from bookbridge.registry import Services
    from bookbridge.store.organizations import Organization

OK, FAILED = 0, 1
COLUMNS = ("expense_id", "date", "account_name", "vendor_name", "total", "currency_code", "reference_number", "status")


@click.group()
def expenses() -> None:
    """Record and list expenses, list accounts and give them other names."""


@expenses.command()
@click.argument("amount")
@click.argument("category")
@click.option("--date", "on", default="", metavar="DATE", help="YYYY-MM-DD (default: today where the books are kept).")
@click.option("--currency", default="", metavar="CODE", help="Default: that of the account that paid.")
@click.option("--rate", default="", metavar="RATE", help="Base units for one unit (default: the books' own rate).")
@click.option("--description", default="", metavar="TEXT")
@click.option("--vendor", default="", metavar="NAME", help="Found by name, or created.")
@click.option("--reference", default="", metavar="TEXT", help="Default: one of ours.")
@click.option("--paid-through", default="", metavar="ACCOUNT", help="Alias, id, code or name of the account that paid.")
@click.option("--id", "external_id", default="", metavar="ID", help="With it the same expense is recorded only once.")
@click.option("--wait", "wait_s", default=30.0, show_default=True, type=click.FloatRange(0, 600), help="Seconds.")
@common
def add(common: Common, amount: str, category: str, on: str, rate: str, wait_s: float, **given: str) -> int:
    """Record an expense of AMOUNT in CATEGORY (an alias, or an account's name, code or id).

    Exit code 1: it is stored, but Zoho has not confirmed it yet; run the same again with --id, or let `serve` go on.
    """
    from bookbridge.cli.work import carry_out
    from bookbridge.features.expenses import actions
    from bookbridge.features.expenses.request import parse_expense

    with app_of(common) as app:
        organization = organization_of(app, common)
        said: dict[str, Any] = {name: value for name, value in given.items() if value}
        said |= {"amount": _number(amount, "AMOUNT"), "category": category, "date": on or _today(app, organization)}
        if rate:
            said["exchange_rate"] = _number(rate, "--rate")
        asked = actions.record(app.services, organization, parse_expense.validate(said))
        carry_out(app, asked.effect_id, wait_s=wait_s)
        told = actions.outcome(actions.standing(app.services, asked.effect_id))
    emit(common, told, text=_told(told, is_new=asked.is_new))
    return OK if told["success"] else FAILED


@expenses.command(name="list")
@click.option("--from", "date_start", default="", metavar="DATE", help="Dated on or after.")
@click.option("--to", "date_end", default="", metavar="DATE", help="Dated on or before.")
@click.option("--vendor", "vendor_name_contains", default="", metavar="TEXT", help="Part of the vendor's name.")
@click.option("--account", "account_name_contains", default="", metavar="TEXT", help="Part of the account's name.")
@click.option("--reference", "reference_number", default="", metavar="TEXT")
@click.option("--search", "search_text", default="", metavar="TEXT")
@click.option("--page", default=1, type=click.IntRange(min=1), show_default=True)
@click.option("--per-page", default=25, type=click.IntRange(1, 200), show_default=True)
@common
def list_expenses(common: Common, **filters: Any) -> None:
    """List expenses as Zoho has them: one call."""
    from bookbridge.features.expenses import actions

    query = {name: str(value) for name, value in filters.items() if value}
    with app_of(common) as app:
        found = actions.list_page(app.services, organization_of(app, common), query)
    emit_rows(common, found["expenses"], columns=COLUMNS, empty="No expenses fit.")
    if found["page_context"].get("has_more_page") and not common.json:
        click.echo(f"There are more; go on with --page {filters['page'] + 1}.")


@expenses.command()
@click.argument("expense_id")
@common
def show(common: Common, expense_id: str) -> None:
    """Show one expense."""
    from bookbridge.features.expenses import actions
    from bookbridge.features.expenses.workflow import kept

    with app_of(common) as app:
        expense = actions.read(app.services, organization_of(app, common), expense_id)
    lines = [f"{name.replace('_', ' '):<28}{value}" for name, value in kept(expense).items() if value not in ("", None)]
    emit(common, expense, text="\n".join(lines))


@expenses.command()
@click.argument("expense_id")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put FILE in the place of another receipt.")
@click.option("--save", metavar="PATH", type=click.Path(dir_okay=False, path_type=Path), help="Save the receipt there.")
@common
def receipt(common: Common, expense_id: str, file: Path | None, replace: bool, save: Path | None) -> None:
    """Attach FILE (a PDF or a picture) to an expense as its receipt, or save the one that is there."""
    from bookbridge.features.expenses import receipts
    from bookbridge.store import audit

    if (file is None) == (save is None):
        raise InvalidInputError("What to do is not clear.", remedy="Give FILE to attach it, or --save PATH.")
    with app_of(common) as app:
        organization = organization_of(app, common)
        if file is not None:
            told = receipts.attach(
                app.services, organization, expense_id, _content(file), filename=file.name, replaces=replace,
                actor=audit.OPERATOR,
            )  # fmt: skip
            text = f"{'Attached' if told['is_new'] else 'Already attached:'} {told['filename']}."
        else:
            assert save is not None
            found = receipts.fetch(app.services, organization, expense_id)
            save.write_bytes(found.content)
            told = {"expense_id": expense_id, "filename": str(save), "bytes": len(found.content)}
            text = f"Saved {len(found.content):,} bytes to {save}."
    emit(common, told, text=text)


def _content(file: Path) -> bytes:
    """The bytes of a file; not more than a receipt may have and one."""
    from bookbridge.features.expenses.receipts import MAX_BYTES

    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


@expenses.command()
@click.argument("name", required=False)
@click.argument("account", required=False)
@click.option("--paid-through", is_flag=True, help="NAME means an account that pays; `default` is the usual one.")
@click.option("--remove", is_flag=True, help="Forget NAME.")
@common
def alias(common: Common, name: str | None, account: str | None, paid_through: bool, remove: bool) -> None:
    """Let the category NAME mean ACCOUNT (its name, code or id); without arguments list what is set."""
    from bookbridge.features.expenses import actions, store

    kind = store.PAID_THROUGH if paid_through else store.CATEGORY
    with app_of(common) as app:
        services, organization = app.services, organization_of(app, common)
        if not name:
            _list_aliases(common, services, organization)
        elif remove:
            with services.db.transaction() as tx:
                is_removed = store.remove_alias(tx, organization.organization_id, kind, name)
            text = f"{name} means nothing any more." if is_removed else f"{name} meant nothing."
            emit(common, {"alias": name, "removed": is_removed}, text=text)
        elif account:
            meant = actions.name_account(services, organization, kind, name, account)
            emit(common, {"alias": store.plain(name), "account_name": meant}, text=f"{name} now means {meant}.")
        else:
            raise InvalidInputError("The account is missing.", remedy="Give NAME and ACCOUNT, or NAME and --remove.")


@expenses.command()
@click.option("--type", "kind", default="expense", show_default=True, help="Or paid_through, or a type of Zoho's.")
@common
def accounts(common: Common, kind: str) -> None:
    """List the accounts a category may name, or those that pay."""
    from bookbridge.features.expenses import actions

    with app_of(common) as app:
        rows = actions.list_accounts(app.services, organization_of(app, common), kind)
    columns = ("account_id", "account_name", "account_code", "account_type", "aliases")
    emit_rows(common, rows, columns=columns, empty=f"There is no active account of type {kind}.")


def _list_aliases(common: Common, services: "Services", organization: "Organization") -> None:
    from bookbridge.features.expenses import store

    with services.db.read() as tx:
        found = store.list_aliases(tx, organization.organization_id)
    words = {store.CATEGORY: "category", store.PAID_THROUGH: "paid through"}
    rows = [{"kind": words[each.kind], "alias": each.alias, "account_id": each.target} for each in found]
    empty = "No aliases; set one: bookbridge expenses alias CATEGORY ACCOUNT"
    emit_rows(common, rows, columns=("kind", "alias", "account_id"), empty=empty)


def _number(text: str, name: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise InvalidInputError(f"{name} {text!r} is not a number.", remedy="Write it like 18.40.") from error


def _today(app: "App", organization: "Organization") -> str:
    from zoneinfo import ZoneInfo

    return app.services.clock.now().astimezone(ZoneInfo(organization.time_zone)).date().isoformat()


def _told(told: dict[str, Any], *, is_new: bool) -> str:
    if not told["success"]:
        reason = told["effect"]["reason"]
        return f"Stored, not confirmed yet ({told['effect']['state']}{f': {reason}' if reason else ''})."
    expense = told["expense"]
    amount = f"{as_json(expense.get('amount'))} {expense.get('currency_code', '')}"
    what = "Recorded" if is_new else "Already recorded:"
    review = f" Look at it: {told['effect']['reason']}" if told["effect"]["state"] == "review" else ""
    return f"{what} {amount} in {expense.get('account_name')}, reference {told['reference_number']}, " + (
        f"expense {told['expense_id']}.{review}"
    )
