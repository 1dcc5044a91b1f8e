"""Administrators: accounts, one-time links and sessions of the pages.

A password is asked for without showing it, or read from the first line of standard input; it is never an argument,
because arguments are seen by every user of the machine and kept in the shell's history.
"""

import sys
from typing import TYPE_CHECKING

import click

from bookbridge.cli.output import Common, common, database_of, emit, emit_rows, settings_of
from bookbridge.kernel.errors import InvalidInputError
from bookbridge.kernel.secret import Secret

if TYPE_CHECKING:
    from datetime import datetime

    from bookbridge.store.db import Tx


@click.group()
def admin() -> None:
    """Manage administrator accounts, one-time links and sessions of the pages."""


@admin.command()
@click.argument("name")
@common
def create(common: Common, name: str) -> None:
    """Make the account NAME; its password is asked for, or read from standard input."""
    from bookbridge.store import admins

    name = admins.name_of(name)
    stored = _asked_hash(name)
    with database_of(common) as db, db.transaction() as tx:
        now = _now()
        admins.create(db, tx, name, password_hash=stored, now=now)
        _audit(tx, "admin.created", name, at=now)
    emit(common, {"name": name}, text=f"Account {name} is made; log in at {settings_of(common).base_url}/login")


@admin.command("list")
@common
def list_admins(common: Common) -> None:
    """List the accounts."""
    from bookbridge.store import admins

    with database_of(common) as db, db.read() as tx:
        found = admins.list_all(tx)
    rows = [
        {
            "name": each.name, "state": "on" if each.is_on else "off", "created_at": each.created_at,
            "password_set_at": each.changed_at, "last_login_at": each.last_login_at,
        }
        for each in found
    ]  # fmt: skip
    columns = ("name", "state", "created_at", "password_set_at", "last_login_at")
    empty = "There is no account; make one: bookbridge admin create NAME, or use a link: bookbridge admin link"
    emit_rows(common, rows, columns=columns, empty=empty)


@admin.command()
@click.argument("name")
@common
def password(common: Common, name: str) -> None:
    """Set the password of NAME and end its sessions; the password is asked for, or read from standard input."""
    from bookbridge.store import admins, sessions

    name = admins.name_of(name)
    with database_of(common) as db, db.read() as tx:
        admins.get(tx, name)
    stored = _asked_hash(name)
    with database_of(common) as db, db.transaction() as tx:
        now = _now()
        admins.set_password(tx, name, password_hash=stored, now=now)
        ended = sessions.end_all(tx, admin=name)
        _audit(tx, "admin.password", name, at=now, ended=ended)
    emit(common, {"name": name, "ended": ended}, text=f"The password of {name} is set. {_told(ended)}")


@admin.command()
@click.argument("name")
@common
def disable(common: Common, name: str) -> None:
    """Switch the account NAME off and end its sessions at once."""
    from bookbridge.store import admins

    name = admins.name_of(name)
    with database_of(common) as db, db.transaction() as tx:
        now = _now()
        ended = admins.disable(tx, name, now=now)
        _audit(tx, "admin.disabled", name, at=now, ended=ended)
    emit(common, {"name": name, "state": "off", "ended": ended}, text=f"Account {name} is off. {_told(ended)}")


@admin.command()
@click.argument("name")
@common
def enable(common: Common, name: str) -> None:
    """Switch the account NAME on again, with the password it had."""
    from bookbridge.store import admins

    name = admins.name_of(name)
    with database_of(common) as db, db.transaction() as tx:
        admins.enable(tx, name)
        _audit(tx, "admin.enabled", name, at=_now())
    emit(common, {"name": name, "state": "on"}, text=f"Account {name} is on.")


@admin.command()
@click.argument("name")
@common
def remove(common: Common, name: str) -> None:
    """Delete the account NAME and end its sessions at once."""
    from bookbridge.store import admins

    name = admins.name_of(name)
    with database_of(common) as db, db.transaction() as tx:
        ended = admins.remove(tx, name)
        _audit(tx, "admin.removed", name, at=_now(), ended=ended)
    emit(common, {"name": name, "ended": ended}, text=f"Account {name} is removed. {_told(ended)}")


@admin.command()
@common
def link(common: Common) -> None:
    """Print a link that logs one browser in; it works once and for 15 minutes."""
    from bookbridge.store import sessions

    now = _now()
    with database_of(common) as db, db.transaction() as tx:
        token = sessions.create_link(tx, now=now)
        _audit(tx, "link.made", "admin", at=now)
    url = f"{settings_of(common).base_url}/login?token={token.reveal()}"
    expires_at = now + sessions.LINK_LIFE
    emit(common, {"url": url, "expires_at": expires_at}, text=url)


@admin.command("sessions")
@common
def list_sessions(common: Common) -> None:
    """List the open sessions of every account."""
    from bookbridge.store import sessions

    with database_of(common) as db, db.read() as tx:
        found = sessions.list_open(tx, now=_now())
    rows = [
        {
            "account": each.admin or "(link)", "address": each.address, "opened_at": each.created_at,
            "used_at": each.seen_at, "ends_at": each.expires_at,
        }
        for each in found
    ]  # fmt: skip
    columns = ("account", "address", "opened_at", "used_at", "ends_at")
    emit_rows(common, rows, columns=columns, empty="Nobody is logged in.")


@admin.command("end-sessions")
@click.argument("name", default="")
@common
def end_sessions(common: Common, name: str) -> None:
    """End every session at once, or those of the account NAME."""
    from bookbridge.store import admins, sessions

    wanted = admins.name_of(name) if name else None
    with database_of(common) as db, db.transaction() as tx:
        if wanted is not None:
            admins.get(tx, wanted)
        ended = sessions.end_all(tx, admin=wanted)
        _audit(tx, "sessions.ended", wanted or "everybody", at=_now(), ended=ended)
    emit(common, {"ended": ended}, text=_told(ended))


def _asked_hash(name: str) -> str:
    """The hash of a good password that is typed twice without showing it, or piped in."""
    from bookbridge.store import passwords

    if sys.stdin.isatty():
        words = f"Password ({passwords.SHORTEST} characters or more, better {passwords.ADVISED})"
        text = click.prompt(words, hide_input=True, confirmation_prompt="The same again")
    else:
        text = sys.stdin.readline().rstrip("\r\n")
        if not text:
            remedy = "Type it when asked, or pipe it in: its first line is the password."
            raise InvalidInputError("There is no password on standard input.", remedy=remedy)
    given = Secret(text)
    passwords.require_good(given, names=[name])
    return passwords.hashed(given)


def _now() -> "datetime":
    from bookbridge.kernel.clock import SystemClock

    return SystemClock().now()


def _audit(tx: "Tx", action: str, subject: str, /, *, at: "datetime", **detail: int) -> None:
    from bookbridge.store import audit

    audit.record(tx, at=at, actor=audit.OPERATOR, action=action, subject_id=subject, detail=detail)


def _told(ended: int) -> str:
    return f"Ended {ended} session{'' if ended == 1 else 's'}."
