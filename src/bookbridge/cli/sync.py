"""Syncing the mirror from the command line."""

from typing import Any

import click

from bookbridge.cli.output import Common, app_of, common, emit

OK, FAILED, DIFFERENCES = 0, 1, 3


@click.command()
@click.argument("entities", nargs=-1, metavar="[ENTITY...]")
@click.option("--full", is_flag=True, help="Read everything again, not only what changed.")
@click.option("--lines", is_flag=True, help="Read the lines of invoices too: one call for each invoice.")
@click.option("--accept-deletions", is_flag=True, help="Believe that many records are gone at once.")
@common
def sync(common: Common, entities: tuple[str, ...], full: bool, lines: bool, accept_deletions: bool) -> int:
    """Bring the local copy of the books up to date, or only ENTITY (invoices, contacts, ...)."""
    from bookbridge.mirror.sync import Sync, Wish, summary

    with app_of(common) as app:
        organization = app.services.zoho.default_organization()
        run = Sync(
            app.services.mirror,
            organization,
            Wish(entities=entities, full=full, lines=lines, accepts_deletions=accept_deletions),
        )
        outcome = run.run()
        end = summary(outcome, run.progress)
    emit(common, end, text=_text(end))
    return OK if outcome.is_good else FAILED


def _text(end: dict[str, Any]) -> str:
    lines = [
        f"{each['entity']:12} {each['rows']:>8} rows read, {each['changed']} changed"
        + (f": {each['error']}" if each["error"] else "")
        for each in end["entities"]
    ]
    return "\n".join([*lines, f"{end['calls']} calls"])
