"""``doctor``: looks at everything between the settings and the books and explains what is wrong."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from bookbridge.access.options import AccessOptions, AccessSettings
from bookbridge.access.world import require_same_world
from bookbridge.access.zoho import ZohoAccess
from bookbridge.features.connection import examine
from bookbridge.features.connection.findings import Finding, ok
from bookbridge.kernel.clock import Clock, SystemClock
from bookbridge.kernel.errors import ConfigurationError
from bookbridge.kernel.secret import Secret
from bookbridge.store import schema
from bookbridge.store.db import Database, DatabaseError
from bookbridge.store.secrets import Sealer, load_keys


class DoctorSettings(AccessSettings, Protocol):
    """The settings ``doctor`` looks at; ``config.Settings`` has them."""

    @property
    def database_url(self) -> Secret: ...  # noqa: D102 - the names are those of config.Settings
    @property
    def encryption_key(self) -> Secret: ...  # noqa: D102
    @property
    def home(self) -> Path: ...  # noqa: D102
    @property
    def is_loopback(self) -> bool: ...  # noqa: D102


def diagnose(
    settings: DoctorSettings, /, *, options: AccessOptions | None = None, clock: Clock | None = None
) -> Iterator[Finding]:
    """Look at one thing after the other and give each finding as it comes; stops where nothing more can be seen."""
    clock = clock or SystemClock()
    opened = list(_foundations(settings, clock))
    yield from (each for each in opened if isinstance(each, Finding))
    db = next((each for each in opened if isinstance(each, Database)), None)
    if db is None:
        return
    sealer = next((each for each in opened if isinstance(each, Sealer)), None)
    if sealer is None:
        db.close()
        return
    access = ZohoAccess(db=db, sealer=sealer, options=options or AccessOptions.of(settings), clock=clock)
    try:
        yield from examine.connection(access, settings)
    finally:
        access.close()
        db.close()


def exit_code(found: list[Finding], /) -> int:
    """0 all is well, 1 something is wrong with the connection, 2 with the configuration, the database or the key."""
    wrong = {each.code for each in found if each.level == "error"}
    if wrong & {"database", "encryption_key", "settings"}:
        return 2
    return 1 if wrong else 0


def _foundations(settings: DoctorSettings, clock: Clock) -> Iterator[Finding | Database | Sealer]:
    """The database and the key, opened, or why they cannot be."""
    try:
        db = Database(settings.database_url.reveal(), clock=clock)
        schema.upgrade(db)
    except (DatabaseError, OSError, ConfigurationError) as error:
        yield _database(error)
        return
    yield db
    yield ok("database", f"The database answers; its schema is {schema.HEAD}.")
    try:
        require_same_world(db, is_sandbox=bool(settings.sandbox_url))
    except ConfigurationError as error:
        yield Finding(code="settings", level="error", sentence=str(error), remedy="Use one database for each.")
        return
    try:
        ring = load_keys(settings.encryption_key, home=settings.home, may_create=settings.is_loopback)
        sealer = Sealer(ring)
        sealer.check(db)
    except ConfigurationError as error:
        yield Finding(
            code="encryption_key",
            level="error",
            sentence=str(error),
            remedy="Without the right key the stored connection cannot be read; with it lost, connect again on a new "
            "database.",
        )
        return
    yield sealer
    yield ok("encryption_key", f"Secrets are encrypted with key {sealer.active_key_id}.")


def _database(error: Exception) -> Finding:
    """A database problem; the driver's text is left out because it can hold the address with its password."""
    known = str(error) if isinstance(error, ConfigurationError) else f"The database cannot be used ({_kind(error)})."
    return Finding(
        code="database",
        level="error",
        sentence=known,
        remedy="Check BOOKBRIDGE_DATABASE_URL (or DATABASE_URL): that the server runs, the address and password are "
        "right, and the folder of a SQLite file can be written.",
    )


def _kind(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return type(cause).__name__
