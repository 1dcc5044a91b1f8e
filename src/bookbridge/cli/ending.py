"""Taking away on the command line what gives access: it ends, and the audit says who ended it."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from bookbridge.cli.output import Common, database_of
from bookbridge.kernel.errors import NotFoundError

if TYPE_CHECKING:
    from bookbridge.store.db import Tx


def end(
    common: Common, subject_id: str, /, *, ends: "Callable[[Tx, datetime], bool]", action: str, missing: str
) -> None:
    """Run ``ends`` in a transaction with its line in the audit.

    Raises:
        NotFoundError: there was nothing to end; ``missing`` says what was looked for and how to list it.
    """
    from bookbridge.kernel.clock import SystemClock
    from bookbridge.store import audit

    now = SystemClock().now()
    with database_of(common) as db, db.transaction() as tx:
        if not ends(tx, now):
            raise NotFoundError(missing)
        audit.record(tx, at=now, actor=audit.OPERATOR, action=action, subject_id=subject_id)
