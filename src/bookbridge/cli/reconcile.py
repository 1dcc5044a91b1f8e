"""Comparing orders, mirror and Zoho on the command line."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from bookbridge.cli.orders import organization_of
from bookbridge.cli.output import Common, app_of, as_json, common

if TYPE_CHECKING:
    from bookbridge.features.reconcile.actions import Difference, Run
    from bookbridge.features.reconcile.comparison import Step

FAILED, DIFFERENCES = 1, 3


@click.command()
@click.option("--from", "first", default="", metavar="DATE", help="First invoice date (default: the beginning).")
@click.option("--to", "last", default="", metavar="DATE", help="Last invoice date (default: today).")
@click.option("--full", is_flag=True, help="Read every page instead of control totals and what changed.")
@common
def reconcile(common: Common, first: str, last: str, full: bool) -> int:
    """Compare orders with invoices, the mirror with Zoho, and receivables with the contacts' balances.

    Every difference is named with both sides and what to do; nothing is changed, here or in Zoho. It may run beside
    `serve`: both share the call budget, and orders go first.

    Exit code 0: everything agrees; 3: there are differences; 1: it could not be finished.
    """
    from bookbridge.features.reconcile import actions, workflow

    wanted = actions.wanted_of(first, last, full=full)
    with app_of(common) as app:
        organization = organization_of(app, common)
        run_id = workflow.open_run(app.services, organization, wanted)
        with _progress(shown=not common.json and sys.stderr.isatty()) as told:
            run = workflow.carry_out(app.services, organization, wanted, run_id, told=told)
    if common.json:
        from bookbridge.features.reconcile.api import shown

        click.echo(as_json(shown(run)))
    else:
        _print(run, organization.name)
    if run.state != "done":
        return FAILED
    return DIFFERENCES if run.differences else 0


@contextmanager
def _progress(*, shown: bool) -> Iterator[Callable[["Step"], None]]:
    """A line on the terminal that says how far it is."""
    if not shown:
        yield lambda step: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[done]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("comparing", total=None, done="")

        def told(step: "Step") -> None:
            of = f"{step.done:,} of {step.total:,}" if step.total else f"{step.done:,}"
            text = f"{of}, {step.calls:,} calls"
            bar.update(task, description=step.part, completed=step.done, total=step.total or None, done=text)

        yield told


def _print(run: "Run", name: str) -> None:
    from bookbridge.features.reconcile.actions import KINDS

    found: dict[str, list[Difference]] = {}
    for each in run.differences:
        found.setdefault(each.kind, []).append(each)
    for kind in KINDS:
        if kind.name in found:
            click.secho(f"{kind.title} ({kind.name}): {len(found[kind.name])}", bold=True)
            for each in found[kind.name]:
                click.echo(f"  {_printable(each.sentence)}{' (known: the order is in review)' if each.known else ''}")
    for note in run.counts.get("notes", []):
        click.echo(f"Note: {_printable(note)}")
    click.echo(_summary(run, name))


def _summary(run: "Run", name: str) -> str:
    compared = ", ".join(f"{count:,} {what}" for what, count in run.counts.get("compared", {}).items()) or "nothing"
    calls = f"{run.calls:,} call{'' if run.calls == 1 else 's'}"
    total = len(run.differences)
    known = f", {run.counts.get('known', 0)} of them known" if run.counts.get("known") else ""
    result = f"{total:,} difference{'' if total == 1 else 's'}{known}" if total else "no differences"
    if run.state != "done":
        return f"{name}: not finished ({run.error}) Compared {compared}: {result} so far, {calls}."
    return f"{name}: compared {compared}: {result}, {calls}."


def _printable(text: Any) -> str:
    """Control characters of strangers cannot reach the terminal."""
    return "".join(each if each.isprintable() else "?" for each in str(text))
