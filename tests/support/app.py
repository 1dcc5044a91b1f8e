"""A built application against a sandbox, and a way to run its effects without waiting for real time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bookbridge import bootstrap, config
from bookbridge.effects.states import OPEN_STATES
from bookbridge.features.billing import store
from bookbridge.inbox.order_body import parse_body, to_order
from bookbridge.inbox.receive import Receipt
from bookbridge.kernel.clock import FixedClock, SystemClock
from bookbridge.sandbox.launch import SandboxServer
from bookbridge.store import tables


@contextmanager
def built_app(
    sandbox: SandboxServer, /, *, url: str, home: Path, clock: FixedClock | None = None, **settings: Any
) -> Iterator[bootstrap.App]:
    """The application connected to the sandbox by the guide's variables; ``settings`` are fields of Settings."""
    env = {**sandbox.env, "BOOKBRIDGE_HOME": str(home), "BOOKBRIDGE_DATABASE_URL": url}
    env["BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE"] = "0"
    app = bootstrap.build(config.load(env, **settings), clock=clock)
    try:
        yield app
    finally:
        app.close()


def fixed_clock() -> FixedClock:
    """A clock that starts at the real time, so that the sandbox's tokens are valid.

    At a whole second: the database keeps milliseconds, and what is due now must not be due in half of one.
    """
    return FixedClock(SystemClock().now().replace(microsecond=0))


def an_order(order_id: str = "1001", **changes: Any) -> dict[str, Any]:
    """The body of a small order in dollars."""
    return {
        "order_id": order_id,
        "customerEmail": "ada@example.com",
        "customerName": "Ada Lovelace",
        "items": [{"name": "Lantern", "price": Decimal("19.99"), "quantity": 2}],
        **changes,
    }


def send(app: bootstrap.App, body: dict[str, Any], /, *, channel: str = "api", organization_id: str = "") -> Receipt:
    """Put an order into the inbox as its channel would."""
    parsed = parse_body.validate(body)
    zoho = app.services.zoho
    organization = zoho.organization(organization_id) if organization_id else zoho.default_organization()
    order = to_order(parsed, order_id=parsed.order_id)
    return app.services.inbox.receive(order, organization=organization, channel=channel)


def order(app: bootstrap.App, receipt: Receipt, /) -> store.OrderRow:
    """The order as it stands."""
    with app.services.db.read() as tx:
        found = store.get(tx, receipt.order_pk)
    assert found is not None
    return found


def settle(app: bootstrap.App, clock: FixedClock, /, *, rounds: int = 60) -> None:
    """Run every effect that is due, moving the clock to the next one, until all rest."""
    effects = tables.effects
    query = sa.select(effects.c.id, effects.c.not_before, effects.c.depends_on).where(effects.c.state.in_(OPEN_STATES))
    for _ in range(rounds):
        with app.services.db.read() as tx:
            states = dict(tx.execute(sa.select(effects.c.id, effects.c.state)).all())
            waiting = [row for row in tx.execute(query) if states.get(row.depends_on, "done") == "done"]
        if not waiting:
            return
        clock.advance(max(0.0, (min(row.not_before for row in waiting) - clock.now()).total_seconds()) + 0.001)
        for row in waiting:
            if row.not_before <= clock.now():
                app.runner.run(row.id)
    raise AssertionError("the effects did not come to rest")


def long_ago() -> datetime:
    """A moment before every test."""
    return datetime(2020, 1, 1, tzinfo=UTC)
