"""A database belongs either to the sandbox or to the real Zoho, never to both (SEC-113)."""

from bookbridge.kernel.errors import ConfigurationError
from bookbridge.store import meta
from bookbridge.store.db import Database

_NAME = "zoho"


def require_same_world(db: Database, /, *, is_sandbox: bool) -> None:
    """Mark a new database; refuse one of the other world, whose tokens and ids mean nothing here.

    Raises:
        ConfigurationError: the database was used with the sandbox and this is the real Zoho, or the reverse.
    """
    wanted = "sandbox" if is_sandbox else "real"
    with db.read() as tx:
        found = meta.get(tx, _NAME)
    if found is None:
        with db.transaction() as tx:
            found = meta.put_new(db, tx, _NAME, wanted)
    if found != wanted:
        raise ConfigurationError(
            f"This database was used with {'the sandbox' if found == 'sandbox' else 'the real Zoho'}; "
            + ("unset BOOKBRIDGE_SANDBOX_URL" if is_sandbox else "set BOOKBRIDGE_SANDBOX_URL")
            + " or choose another BOOKBRIDGE_DATABASE_URL."
        )
