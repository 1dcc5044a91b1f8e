"""Signed webhook endpoints on the command line; a secret is shown once, when it is made."""

import click

from bookbridge.cli.ending import end
from bookbridge.cli.output import Common, app_of, common, database_of, emit, emit_rows
from bookbridge.kernel.errors import InvalidInputError


@click.group()
def sources() -> None:
    """Manage signed webhook endpoints."""


@sources.command()
@click.argument("kind", type=click.Choice(["orders"]))
@click.option(
    "--source", default="default", show_default=True, help="The selling system's name, part of an order's identity."
)
@common
def add(common: Common, kind: str, source: str) -> None:
    """Make an endpoint for events of KIND and print its address and secret, once."""
    from bookbridge.store import audit, endpoints

    _check_source(source)
    with app_of(common) as app:
        services = app.services
        organization = services.zoho.organization(common.org) if common.org else services.zoho.default_organization()
        with services.db.transaction() as tx:
            made, secret = endpoints.create(
                tx,
                ids=services.ids,
                sealer=services.sealer,
                now=services.clock.now(),
                kind=kind,
                organization_id=organization.organization_id,
                source=source,
            )
            audit.record(
                tx,
                at=made.created_at,
                actor=audit.OPERATOR,
                action="source.added",
                subject_id=made.endpoint,
                organization_id=made.organization_id,
                detail={"kind": kind, "source": source},
            )
        url = f"{app.settings.base_url}/hooks/{kind}/{made.endpoint}"
    told = {
        "endpoint": made.endpoint, "url": url, "secret": secret.reveal(), "kind": kind, "source": source,
        "organization_id": organization.organization_id,
    }  # fmt: skip
    emit(
        common,
        told,
        text=f"URL     {url}\nSecret  {secret.reveal()}\n\nOrders sent there go to {organization.name} "
        f"({organization.organization_id}) as source {source}. The secret is not shown again; sign with Standard "
        "Webhooks (webhook-id, webhook-timestamp, webhook-signature).",
    )


@sources.command("list")
@common
def list_sources(common: Common) -> None:
    """List the endpoints, without their secrets."""
    from bookbridge.store import endpoints

    with database_of(common) as db, db.read() as tx:
        found = endpoints.list_all(tx)
    rows = [
        {
            "endpoint": each.endpoint,
            "kind": each.kind,
            "source": each.source,
            "organization_id": each.organization_id,
            "state": "removed" if each.revoked_at else "active",
            "created_at": each.created_at,
        }
        for each in found
        if not common.org or each.organization_id == common.org
    ]
    columns = ("endpoint", "kind", "source", "organization_id", "state", "created_at")
    emit_rows(common, rows, columns=columns, empty="There is no endpoint; make one: bookbridge sources add orders")


@sources.command()
@click.argument("endpoint")
@common
def remove(common: Common, endpoint: str) -> None:
    """Stop accepting events at ENDPOINT and forget its secret."""
    from bookbridge.store import endpoints

    end(
        common,
        endpoint,
        ends=lambda tx, now: endpoints.remove(tx, endpoint, now=now),
        action="source.removed",
        missing=f"There is no endpoint {endpoint}; `bookbridge sources list` shows them.",
    )
    emit(common, {"endpoint": endpoint, "state": "removed"}, text=f"Endpoint {endpoint} is removed.")


def _check_source(source: str) -> None:
    import re

    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", source):
        raise InvalidInputError(
            f"{source!r} cannot be a source.", remedy="Use letters, digits, dots, - and _; at most 64."
        )
