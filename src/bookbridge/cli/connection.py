"""Connecting Zoho on the command line, and finding out what is wrong with the connection."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from bookbridge.cli.output import Common, common, emit, emit_rows, prepare, settings_of
from bookbridge.kernel.errors import BookbridgeError, InvalidInputError

if TYPE_CHECKING:
    from bookbridge.access.zoho import ZohoAccess
    from bookbridge.config import Settings
    from bookbridge.features.connection.findings import Finding
    from bookbridge.features.connection.workflow import Arrived, Connector
    from bookbridge.store.organizations import Organization

PORT = 8765
WAIT_S = 300.0
_MARKS = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}


class ConnectError(BookbridgeError):
    """Connecting did not succeed."""


@click.command()
@click.option("--code", default="", metavar="CODE", help="A code made in Zoho's console for a self client.")
@click.option(
    "--port", default=PORT, show_default=True, type=click.IntRange(1024, 65535), help="Where Zoho comes back."
)
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening it.")
@click.option("--all", "take_all", is_flag=True, help="Connect every organization that is visible.")
@common
def connect(common: Common, code: str, port: int, no_browser: bool, take_all: bool) -> None:
    """Connect Zoho Books: opens the browser and waits for Zoho to come back, or takes a --code.

    With several organizations name one with --org, take --all, or choose when asked.
    """
    from bookbridge.effects.ledger import Ledger
    from bookbridge.features.connection.workflow import Connector
    from bookbridge.kernel.ids import RandomIds, token
    from bookbridge.workflow.queue import DurableQueue

    settings = settings_of(common)
    with _access(settings) as access:
        ids = RandomIds()
        connector = Connector(access, ids=ids, ledger=Ledger(access.db, queue=DurableQueue(access.db), ids=ids))
        browser = token(256)
        warning = connector.warning()
        if code:
            region = access.options.regions[access.options.region]
            arrived = _explained(
                lambda: connector.exchange(code.strip(), region=region, browser=browser, organization_id=common.org)
            )
        else:
            arrived = _by_browser(connector, browser, port=port, org=common.org, show=no_browser)
        done = arrived.connected or _choose(connector, arrived, browser, take_all=take_all, as_json=common.json)
    rows = [_row(each) for each in done]
    names = ", ".join(f"{each.name} ({each.organization_id})" for each in done)
    emit(
        common,
        {"connected": rows, "warning": warning or None},
        text=f"Connected: {names}.{f' {warning}' if warning else ''}",
    )


@click.command()
@click.option("--visible", is_flag=True, help="Ask Zoho for everything the connection reaches.")
@common
def orgs(common: Common, visible: bool) -> None:
    """List the connected organizations."""
    from bookbridge.access import directory

    with _access(settings_of(common)) as access:
        found = access.connected()
        rows = [_row(each) for each in found if not common.org or each.organization_id == common.org]
        if visible:
            known = {each.organization_id for each in found}
            for grant_id in sorted({str(each.grant_id) for each in found}):
                seen = directory.visible_organizations(access.grant_session(grant_id))
                rows += [_visible(row) for row in seen if str(row.get("organization_id")) not in known]
    columns = ("organization_id", "name", "region", "currency_code", "state", "key_field")
    emit_rows(common, rows, columns=columns, empty="No organization is connected; run `bookbridge connect`.")


@click.command()
@common
def doctor(common: Common) -> int:
    """Look at settings, key, database, connection and organizations; each finding with its remedy."""
    from bookbridge.features.connection import doctor as look

    settings = settings_of(common)
    found = []
    for each in look.diagnose(settings):
        found.append(each)
        if not common.json:
            _show(each)
    if common.json:
        rows = [
            {
                "code": each.code,
                "level": each.level,
                "sentence": each.sentence,
                "remedy": each.remedy,
                "organization_id": each.organization_id or None,
            }
            for each in found
        ]
        emit(common, {"ok": look.exit_code(found) == 0, "findings": rows}, text="")
    return look.exit_code(found)


@contextmanager
def _access(settings: "Settings") -> Iterator["ZohoAccess"]:
    """Zoho without engine and features: what connecting needs."""
    from bookbridge.access.options import AccessOptions
    from bookbridge.access.zoho import ZohoAccess
    from bookbridge.store.db import Database
    from bookbridge.store.secrets import Sealer, load_keys

    db = Database(settings.database_url.reveal())
    try:
        prepare(db)
        sealer = Sealer(load_keys(settings.encryption_key, home=settings.home, may_create=settings.is_loopback))
        sealer.check(db)
        access = ZohoAccess(db=db, sealer=sealer, options=AccessOptions.of(settings))
        try:
            yield access
        finally:
            access.close()
    finally:
        db.close()


def _by_browser(connector: "Connector", browser: str, *, port: int, org: str, show: bool) -> "Arrived":
    from bookbridge.cli.callback import CallbackServer

    with CallbackServer(port=port) as server:
        url = connector.start(browser=browser, redirect_uri=server.redirect_uri, organization_id=org)
        if show or click.launch(url) != 0:
            click.echo(f"Open this address in a browser on this machine:\n\n{url}\n", err=True)
        else:
            click.echo(f"Waiting for the browser; Zoho comes back to {server.redirect_uri}", err=True)
        params = server.wait(WAIT_S)
        if params is None:
            raise ConnectError(
                f"Zoho did not come back within five minutes; register {server.redirect_uri} for the client and try "
                "again."
            )
        try:
            arrived = _explained(lambda: connector.arrive(params, browser=browser))
        except BookbridgeError as error:
            server.tell(f"Not connected. {error}")
            raise
        server.tell("Connected. You can close this page." if arrived.connected else "Go on in the terminal.")
        return arrived


def _explained(step: "Callable[[], Arrived]") -> "Arrived":
    """Run a step; Zoho's refusals become a sentence with its remedy."""
    from bookbridge.features.connection import findings
    from bookbridge.zoho.errors import OAuthError, StateMismatchError

    try:
        return step()
    except StateMismatchError:
        raise
    except OAuthError as error:
        found = findings.of_error(error)
        raise ConnectError(f"{found.sentence} {found.remedy}") from error


def _choose(
    connector: "Connector", arrived: "Arrived", browser: str, *, take_all: bool, as_json: bool
) -> tuple["Organization", ...]:
    ids = [each.organization_id for each in arrived.offered]
    if take_all:
        return connector.choose(arrived.ticket, ids, browser=browser)
    listed = "\n".join(f"  {each.organization_id}  {each.name}" for each in arrived.offered)
    if as_json or not sys.stdin.isatty():
        connector.end_grant(arrived.grant_id, reason="no organization was chosen")
        raise InvalidInputError(
            f"Several organizations are visible:\n{listed}", remedy="Name one with --org, or take --all."
        )
    click.echo(f"Several organizations are visible:\n{listed}", err=True)
    wanted = click.prompt("Which ones (ids, separated by commas)", default=ids[0], err=True)
    return connector.choose(arrived.ticket, [part.strip() for part in wanted.split(",")], browser=browser)


def _row(each: "Organization") -> dict[str, Any]:
    return {
        "organization_id": each.organization_id,
        "name": each.name,
        "region": each.region,
        "currency_code": each.currency,
        "time_zone": each.time_zone,
        "state": "paused" if each.is_paused else "connected",
        "paused_reason": each.paused_reason,
        "key_field": each.key_field,
        "is_default": each.is_default,
    }


def _visible(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "organization_id": str(row.get("organization_id")),
        "name": row.get("name"),
        "currency_code": row.get("currency_code"),
        "time_zone": row.get("time_zone"),
        "state": "not connected",
    }


def _show(each: "Finding") -> None:
    click.secho(f"{_MARKS[each.level]} {each.sentence}", fg={"error": "red", "warning": "yellow"}.get(each.level))
    if each.remedy and each.level != "ok":
        click.echo(f"        {each.remedy}")
