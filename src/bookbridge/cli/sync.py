"""Keeping the local copy of the books up to date from the command line."""

from typing import TYPE_CHECKING, Any

import click

from bookbridge.cli import interpreter
from bookbridge.cli.orders import organization_of
from bookbridge.cli.output import Common, app_of, common, emit

if TYPE_CHECKING:
    from bookbridge.bootstrap import App
    from bookbridge.mirror.runs import Run
    from bookbridge.mirror.sync import Wish

OK, FAILED = 0, 1
LOOK_S = 0.2
SERVER_BEGINS_S = 10.0
"""How long a living server may take to begin before the command does the sync itself."""


@click.command()
@click.argument("entities", nargs=-1, metavar="[ENTITY...]")
@click.option("--full", is_flag=True, help="Read everything again, not only what changed.")
@click.option("--lines", is_flag=True, help="Read the lines of invoices and bills too: one call for each.")
@click.option("--plan", is_flag=True, help="Only print the calls it will make and their share of today's budget.")
@click.option("--accept-deletions", is_flag=True, help="Believe that many records are gone at once.")
@common
def sync(common: Common, entities: tuple[str, ...], plan: bool, **wanted: bool) -> int:
    """Bring the local copy of the books up to date, or only ENTITY (invoices, contacts, ...).

    Beside a running `bookbridge serve` the server does it and the command shows how far it is.
    """
    from bookbridge.mirror.sync import Wish

    wish = Wish(
        entities=entities,
        full=wanted["full"],
        lines=wanted["lines"],
        accepts_deletions=wanted["accept_deletions"],
    )
    with app_of(common) as app:
        return _plan(app, common, wish) if plan else _run(app, common, wish)


def _plan(app: "App", common: Common, wish: "Wish") -> int:
    from bookbridge.mirror.plan import plan_of

    found = plan_of(app.services.mirror, organization_of(app, common), wish)
    emit(common, found.as_json(), text=found.as_text())
    return OK


def _run(app: "App", common: Common, wish: "Wish") -> int:
    from bookbridge.cli.syncing import Watch
    from bookbridge.features.mirror.actions import sync_shown
    from bookbridge.mirror import runs

    organization_id = organization_of(app, common).organization_id
    mirror = app.services.mirror
    interpreter.keep_what_is_here()
    run_id = runs.ask(mirror, organization_id, wish)
    with Watch(app, organization_id, quiet=common.json) as watch:
        run = _until_over(app, organization_id, run_id, watch)
    emit(common, sync_shown(run), text=_text(run))
    return OK if run.state == runs.DONE else FAILED


def _until_over(app: "App", organization_id: str, run_id: str, watch: Any) -> "Run":
    """Let a living server do it, else do it here; another sync under way is waited for."""
    from bookbridge.mirror import runs

    mirror, clock = app.services.mirror, app.services.clock
    patience_s = SERVER_BEGINS_S * mirror.limits.scale if runs.server_lives(mirror) else 0.0
    given_up_at = clock.monotonic() + patience_s
    while True:
        with mirror.db.read() as tx:
            run = runs.get(tx, run_id)
            shown = (
                run if run is None or run.state != runs.ASKED else runs.latest(tx, organization_id, state=runs.RUNNING)
            )
        assert run is not None
        if run.is_over:
            return run
        watch.show(shown)
        if run.state == runs.ASKED and shown is not None:
            watch.tell_waiting(shown)
        if run.state == runs.ASKED and clock.monotonic() >= given_up_at:
            claimed = runs.claim(mirror, organization_id, only=run_id)
            if claimed is not None:
                watch.execute(claimed)
        clock.sleep(LOOK_S)


def _text(run: "Run") -> str:
    progress = run.progress or {}
    lines = []
    for each in progress.get("entities", []):
        deleted = f", {each['deleted']} deleted" if each["deleted"] else ""
        said = (
            "not due" if each["state"] == "skipped" else f"{each['rows']} rows read, {each['changed']} changed{deleted}"
        )
        lines.append(f"{each['entity']:12} {said}" + (f"; {each['error']}" if each["error"] else ""))
    lines.append(f"{progress.get('calls', 0)} calls" + (f"; {run.error}" if run.error and not run.progress else ""))
    stopped, again = progress.get("stopped"), progress.get("goes_on_at")
    if stopped:
        from bookbridge.kernel.clock import from_millis

        at = f" It can go on at {from_millis(again):%Y-%m-%d %H:%M} UTC." if again else " Run it again to go on."
        lines.append(f"Stopped: {stopped}{at} What was read is kept.")
    problem = progress.get("failed", {}).get("details")
    return "\n".join([*lines, *([problem] if problem else [])])
