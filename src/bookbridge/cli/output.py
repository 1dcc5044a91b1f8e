"""What every command shares: the common options, the database, and printing for people or programs."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bookbridge.bootstrap import App
    from bookbridge.config import Settings
    from bookbridge.store.db import Database


@dataclass(frozen=True, kw_only=True)
class Common:
    """The options every command takes: which database, which organization, JSON instead of text."""

    database: str = ""
    org: str = ""
    json: bool = False


def common(command: Callable[..., Any], /) -> Callable[..., Any]:
    """Add ``--database --org --json`` to a command; it is given them as the keyword argument ``common``."""

    @wraps(command)
    def with_common(*args: Any, database: str, org: str, as_json: bool, **kwargs: Any) -> Any:
        return command(*args, common=Common(database=database, org=org, json=as_json), **kwargs)

    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option("--org", default="", metavar="ID", help="The organization (default: the only or the marked one)."),
        click.option("--database", default="", metavar="URL", help="The database (default: BOOKBRIDGE_DATABASE_URL)."),
    ):
        with_common = option(with_common)
    return with_common


def settings_of(options: Common, /, **overrides: Any) -> "Settings":
    """The settings of the environment with the command's options on top.

    Raises:
        ConfigurationError: a value that cannot be.
    """
    from bookbridge import config

    database = options.database
    if database and "://" not in database:
        database = f"sqlite:///{database}"
    return config.load(database_url=database or None, org_id=options.org or None, **overrides)


@contextmanager
def database_of(options: Common, /) -> Iterator["Database"]:
    """The database alone, brought up to date: for commands that need neither keys nor Zoho."""
    from bookbridge.store.db import Database

    db = Database(settings_of(options).database_url.reveal())
    try:
        prepare(db)
        yield db
    finally:
        db.close()


def prepare(db: "Database", /) -> bool:
    """Bring our tables and those of the engine up to date; whether anything had to be done."""
    from bookbridge.store import schema

    if not schema.upgrade(db):
        return False
    from bookbridge.workflow import storage  # 0.5 s that only a new database pays

    storage.upgrade(db)
    return True


@contextmanager
def app_of(options: Common, /, **overrides: Any) -> Iterator["App"]:
    """The whole application without engine and web."""
    from bookbridge import bootstrap

    app = bootstrap.build(settings_of(options, **overrides))
    try:
        yield app
    finally:
        app.close()


def emit(options: Common, value: Any, /, *, text: str) -> None:
    """Print ``value`` as one JSON document, or ``text`` for people."""
    click.echo(as_json(value) if options.json else text)


def emit_rows(options: Common, rows: Sequence[Mapping[str, Any]], /, *, columns: Sequence[str], empty: str) -> None:
    """Print rows as a JSON list, or as a table of ``columns``; ``empty`` says what to do when there are none."""
    if options.json:
        click.echo(as_json(list(rows)))
    elif not rows:
        click.echo(empty)
    else:
        _table(rows, columns)


def as_json(value: Any, /) -> str:
    """JSON text in which amounts keep their digits."""
    from bookbridge.http.answers import encode

    return encode(value).decode()


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    console = Console(file=sys.stdout, markup=False, highlight=False)
    console.print(table)


def _cell(value: Any) -> str:
    """One value in a table; control characters of strangers cannot reach the terminal."""
    if value is None or value == "":
        return "-"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(sorted(map(str, value))) or "-"
    text = f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "strftime") else str(value)
    return "".join(each if each.isprintable() else "?" for each in text)
