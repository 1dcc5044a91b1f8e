"""The client library stands alone."""

import subprocess
import sys

HEAVY = ("pydantic", "sqlalchemy", "fastapi", "dbos", "httpx2", "starlette", "alembic", "bookbridge.store")


def test_importing_the_client_loads_nothing_of_the_server_and_no_http_library() -> None:
    """A script that only wants the client pays for the client; the HTTP library comes with the first connection."""
    program = f"import sys, bookbridge.zoho; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_everything_promised_is_there() -> None:
    """Each exported name exists, once."""
    import bookbridge.zoho as client

    assert len(set(client.__all__)) == len(client.__all__)
    assert all(hasattr(client, name) for name in client.__all__)
