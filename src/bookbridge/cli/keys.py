"""API keys on the command line; a key is shown once, when it is made."""

from typing import TYPE_CHECKING

import click

from bookbridge.cli.ending import end
from bookbridge.cli.output import Common, common, database_of, emit, emit_rows, settings_of
from bookbridge.kernel.errors import InvalidInputError

if TYPE_CHECKING:
    from bookbridge.store.keys import ApiKey


@click.group()
def keys() -> None:
    """Create, list and revoke API keys."""


@keys.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help="What it may do; repeat it. Default: all.")
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3650), help="How long it is valid.")
@common
def create(common: Common, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Create a key called NAME and print it, once.

    With --org the key may use that organization only.
    """
    from bookbridge.kernel.clock import SystemClock
    from bookbridge.kernel.ids import RandomIds
    from bookbridge.store import audit
    from bookbridge.store import keys as store

    wanted = _known(tuple(part for each in scopes for part in each.replace(",", " ").split()))
    environment = "test" if settings_of(common).sandbox_url else "live"
    with database_of(common) as db, db.transaction() as tx:
        made, text = store.create(
            tx,
            ids=RandomIds(),
            now=SystemClock().now(),
            name=name,
            scopes=wanted or ("*",),
            organization_ids=(common.org,) if common.org else (),
            environment=environment,
            valid_days=days,
        )
        audit.record(
            tx,
            at=made.created_at,
            actor=audit.OPERATOR,
            action="key.created",
            subject_id=made.id,
            organization_id=common.org,
            detail={"scopes": sorted(made.scopes)},
        )
    _tell(common, made, text.reveal())


def _tell(common: Common, made: "ApiKey", text: str) -> None:
    """Show a new key, this once."""
    scopes = sorted(made.scopes)
    told = {"id": made.id, "name": made.name, "key": text, "scopes": scopes, "expires_at": made.expires_at}
    emit(
        common,
        told,
        text=f"{text}\n\nKey {made.id} ({made.name}) may do: {', '.join(scopes)}; valid until "
        f"{made.expires_at:%Y-%m-%d}. It is not shown again. Send it as: Authorization: Bearer <key>",
    )


@keys.command("list")
@common
def list_keys(common: Common) -> None:
    """List the keys, without the keys themselves."""
    from bookbridge.kernel.clock import SystemClock
    from bookbridge.store import keys as store

    now = SystemClock().now()
    with database_of(common) as db, db.read() as tx:
        found = store.list_all(tx)
    rows = [
        {
            "id": each.id,
            "name": each.name,
            "state": each.standing(now),
            "scopes": sorted(each.scopes),
            "organizations": sorted(each.organization_ids) or ["all"],
            "created_at": each.created_at,
            "expires_at": each.expires_at,
            "last_used_at": each.last_used_at,
        }
        for each in found
    ]
    columns = ("id", "name", "state", "scopes", "organizations", "expires_at", "last_used_at")
    emit_rows(common, rows, columns=columns, empty="There is no key; make one: bookbridge keys create NAME")


@keys.command()
@click.argument("key_id")
@common
def revoke(common: Common, key_id: str) -> None:
    """Revoke the key KEY_ID; it stops working within a second everywhere."""
    from bookbridge.store import keys as store

    end(
        common,
        key_id,
        ends=lambda tx, now: store.revoke(tx, key_id, now=now),
        action="key.revoked",
        missing=f"There is no valid key {key_id}; `bookbridge keys list` shows them.",
    )
    emit(common, {"id": key_id, "state": "revoked"}, text=f"Key {key_id} is revoked.")


def _known(scopes: tuple[str, ...]) -> tuple[str, ...]:
    if not scopes:
        return ()
    from bookbridge.registry import SCOPES

    for scope in scopes:
        if scope != "*" and scope not in SCOPES:
            raise InvalidInputError(f"There is no scope {scope}.", remedy=f"Known: {', '.join(SCOPES)}, or * for all.")
    return scopes
