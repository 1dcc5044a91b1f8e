"""Carrying one effect out from a command, whether or not a server is running beside it."""

from typing import TYPE_CHECKING

from bookbridge.effects.states import OPEN_STATES, State

if TYPE_CHECKING:
    from bookbridge.bootstrap import App
    from bookbridge.effects.ledger import Effect

PAUSE_S = 0.2


def carry_out(app: "App", effect_id: str, /, *, wait_s: float) -> None:
    """Run an effect, and before it the one it waits for, until it rests or ``wait_s`` seconds are over.

    A server on the same database may do the same at the same time: the ledger's fence lets one of them send. What is
    not settled in time stays in the ledger; a running server goes on with it.
    """
    clock = app.services.clock
    deadline = clock.monotonic() + wait_s
    while True:
        due = _next(app, effect_id)
        if due is not None and due.id:
            app.runner.run(due.id)
        if _rests(app, effect_id) or clock.monotonic() >= deadline:
            return
        if due is None:
            clock.sleep(PAUSE_S)


def _next(app: "App", effect_id: str) -> "Effect | None":
    """The effect that can be run now: this one, or the one before it."""
    services = app.services
    with services.db.read() as tx:
        effect = services.ledger.get(tx, effect_id)
        upstream = services.ledger.get(tx, effect.depends_on) if effect and effect.depends_on else None
        now = services.db.now(tx)
    if upstream is not None and upstream.state is not State.DONE:
        effect = upstream
    if effect is None or effect.state not in OPEN_STATES or effect.not_before > now:
        return None
    return effect


def _rests(app: "App", effect_id: str) -> bool:
    """Whether nothing more happens by itself: the effect has ended, or what it waits for has ended badly."""
    services = app.services
    with services.db.read() as tx:
        effect = services.ledger.get(tx, effect_id)
        upstream = services.ledger.get(tx, effect.depends_on) if effect and effect.depends_on else None
    if effect is None or effect.state not in OPEN_STATES:
        return True
    return upstream is not None and upstream.state not in (*OPEN_STATES, State.DONE)
