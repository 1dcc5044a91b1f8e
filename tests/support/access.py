"""A connected installation against a sandbox, as tests of the access layer use it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from bookbridge import config
from bookbridge.access.options import AccessOptions
from bookbridge.access.zoho import ZohoAccess
from bookbridge.sandbox.launch import SandboxServer
from bookbridge.store.db import Database
from bookbridge.store.secrets import KeyRing, Sealer
from bookbridge.zoho.datacenters import sandbox_regions

KEY = b"k" * 32
"""The wrapping key of tests."""


def sealer() -> Sealer:
    """A sealer with the tests' key."""
    return Sealer(KeyRing.of([KEY]))


def settings(box: SandboxServer, /, **environ: str) -> config.Settings:
    """The settings of the sandbox's environment, without a minute limit; ``environ`` wins, empty values unset."""
    given = {**box.env, "BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE": "0", **environ}
    return config.load({name: value for name, value in given.items() if value})


def options(box: SandboxServer, given: config.Settings, /, **changes: Any) -> AccessOptions:
    """The access options, with the sandbox's ports whatever they are."""
    ports = {key: int(url.rsplit(":", 1)[1]) for key, url in box.urls.items()}
    return replace(AccessOptions.of(given), regions=sandbox_regions(box.url, ports=ports), **changes)


@contextmanager
def opened(
    db: Database, box: SandboxServer, /, environ: Mapping[str, str] | None = None, **changes: Any
) -> Iterator[ZohoAccess]:
    """A ``ZohoAccess`` for the sandbox, closed afterwards."""
    given = settings(box, **(environ or {}))
    access = ZohoAccess(db=db, sealer=sealer(), options=options(box, given, **changes))
    try:
        yield access
    finally:
        access.close()
