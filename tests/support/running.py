"""A running server for tests: application, engine and web side in this process, Zoho's place taken by a sandbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from bookbridge.sandbox.launch import SandboxServer
from bookbridge.web import app as web
from tests.support.app import built_app
from tests.support.web import BASE, Site


@contextmanager
def running_app(sandbox: SandboxServer, /, *, url: str, home: Path, **settings: Any) -> Iterator[Site]:
    """The application with its engine started; one at a time in a process, because the engine is global in it."""
    with built_app(sandbox, url=url, home=home, **settings) as app:
        engine = app.engine(executor_id="test")
        engine.start()
        try:
            yield Site(app, TestClient(web.create(app), base_url=BASE, raise_server_exceptions=False))
        finally:
            engine.stop(wait_s=5.0)


def another_client(site: Site, /) -> TestClient:
    """A client of its own for one thread, of the same server."""
    return TestClient(site.client.app, base_url=BASE, raise_server_exceptions=False)
