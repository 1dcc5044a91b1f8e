"""The database on the command line."""

import click

from bookbridge.cli.output import Common, app_of, common, emit, prepare, settings_of


@click.group()
def db() -> None:
    """Create or upgrade the database schema, rotate its encryption key."""


@db.command()
@common
def upgrade(common: Common) -> None:
    """Create the schema or bring it up to date; safe to repeat and to run in several places at once."""
    from bookbridge.store import schema
    from bookbridge.store.db import Database

    database = Database(settings_of(common).database_url.reveal())
    try:
        changed = prepare(database)
    finally:
        database.close()
    state = "upgraded" if changed else "current"
    emit(common, {"schema": schema.HEAD, "state": state}, text=f"The schema is {schema.HEAD} ({state}).")


@db.command()
@common
def rotate(common: Common) -> None:
    """Wrap every stored secret with the first key of BOOKBRIDGE_ENCRYPTION_KEY=NEW,OLD, while others work."""
    from bookbridge.store import secrets

    with app_of(common) as app:
        changed = app.services.sealer.rotate(app.services.db)
        left = secrets.stale_count(app.services.db, app.services.sealer)
    advice = "The old key can be removed." if left == 0 else f"{left} are left; run it again."
    emit(common, {"rewrapped": changed, "left": left}, text=f"Rewrapped {changed} secrets. {advice}")
