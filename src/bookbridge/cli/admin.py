"""Administrators' access to the status page."""

import click

from bookbridge.cli.output import Common, common, database_of, emit, settings_of


@click.group()
def admin() -> None:
    """Make a one-time link to the status page, or end every session."""


@admin.command()
@common
def link(common: Common) -> None:
    """Print a link that logs one browser in; it works once and for 15 minutes."""
    from bookbridge.kernel.clock import SystemClock
    from bookbridge.store import audit, sessions

    now = SystemClock().now()
    with database_of(common) as db, db.transaction() as tx:
        token = sessions.create_link(tx, now=now)
        audit.record(tx, at=now, actor=audit.OPERATOR, action="link.made", subject_id="admin")
    url = f"{settings_of(common).base_url}/login?token={token.reveal()}"
    expires_at = now + sessions.LINK_LIFE
    emit(common, {"url": url, "expires_at": expires_at}, text=url)


@admin.command()
@common
def logout(common: Common) -> None:
    """End every session of the status page at once."""
    from bookbridge.kernel.clock import SystemClock
    from bookbridge.store import audit, sessions

    with database_of(common) as db, db.transaction() as tx:
        ended = sessions.end_all(tx)
        detail = {"ended": ended}
        at = SystemClock().now()
        audit.record(tx, at=at, actor=audit.OPERATOR, action="sessions.ended", subject_id="admin", detail=detail)
    emit(common, {"ended": ended}, text=f"Ended {ended} session{'' if ended == 1 else 's'}.")
