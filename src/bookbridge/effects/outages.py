"""Why nothing was sent, and what an answer says about Zoho itself: refused for good, or back again."""

from bookbridge.effects import breaker
from bookbridge.effects.kinds import Context
from bookbridge.effects.ledger import Effect
from bookbridge.kernel.errors import BookbridgeError
from bookbridge.zoho.errors import RecordNotFoundError, RefusedError

CERTAIN_CODES = frozenset({2, 4, 6, 15, 1002, 1004, 1038, 3032, 4016, 4097, 9015, 11086, 120129})
"""Codes that refuse the content itself (FACTS 3.2); any other may be a clash of keys, settled by reading."""


class FenceLostError(BookbridgeError):
    """Somebody else took the effect meanwhile; nothing was sent."""


class TooLateError(BookbridgeError):
    """Writing the intent down took too long to send safely; nothing was sent, it is tried again."""


def is_certain(error: BookbridgeError, /) -> bool:
    """Whether the content itself was refused, so that sending it again is of no use."""
    refused = isinstance(error, RefusedError) and error.code in CERTAIN_CODES
    return refused or isinstance(error, RecordNotFoundError)


def zoho_is_back(context: Context, effect: Effect, /) -> bool:
    """One cheap read a probe interval decides whether the breaker of the effect's organization closes."""
    with context.db.transaction() as tx:
        if not breaker.take_probe(context.db, tx, effect.organization_id, limits=context.limits):
            return False
    try:
        books = context.zoho.books(effect.organization_id, call_class=effect.call_class)
        books.call("GET", "/settings/currencies", params={"per_page": "1"})
    except BookbridgeError:
        return False
    with context.db.transaction() as tx:
        breaker.clear(tx, effect.organization_id)
    return True
