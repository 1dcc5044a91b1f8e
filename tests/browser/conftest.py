"""An installed Chromium and a served application; skipped without one, unless BOOKBRIDGE_REQUIRE_BROWSER=1."""

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bookbridge.web import app as web_app
from tests.support import web
from tests.support.web import Site

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
"""Programs that will do; ``.ci/run`` looks for the same."""

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
SCREENS = ("light-1280", "dark-390")
"""Colour scheme and width of the screens the pages are made for."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The machine's Chromium, headless; its event loop ends with the last browser test, for the tests after it."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        if os.environ.get("BOOKBRIDGE_REQUIRE_BROWSER") == "1":
            pytest.fail("no chromium is installed, and BOOKBRIDGE_REQUIRE_BROWSER=1 says that there must be one")
        pytest.skip("no chromium is installed")
    expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield made
        made.close()


@dataclass(frozen=True)
class Served:
    """A site on a real loopback port."""

    site: Site
    url: str


@contextmanager
def serving(site: Site) -> Iterator[Served]:
    """An application on a free loopback port, served by a thread."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(web_app.create(site.app), log_config=None, lifespan="off", server_header=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield Served(site, f"http://127.0.0.1:{listener.getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Iterator[Served]:
    """An application on an empty database, with no Zoho behind it."""
    site = web.build(sqlite_url, tmp_path / "home")
    with serving(site) as made:
        yield made
    site.app.close()


class Visit:
    """A person at a browser; remembers every address asked for and every complaint of the browser."""

    def __init__(self, context: BrowserContext, served: Served) -> None:
        self.served = served
        self.page: Page = context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self.complaints.append(message.text))

    def log_in(self) -> Page:
        """Open a one-time link and arrive on the dashboard."""
        self.page.goto(f"{self.served.url}/login?token={self.served.site.link()}")
        self.page.wait_for_url(f"{self.served.url}/")
        return self.page


@contextmanager
def person(browser: Browser, served: Served, screen: str) -> Iterator[Visit]:
    """A person before one of ``SCREENS``."""
    scheme, _, width = screen.partition("-")
    context = browser.new_context(
        viewport={"width": int(width), "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    yield Visit(context, served)
    context.close()


@pytest.fixture
def visit(request: pytest.FixtureRequest, browser: Browser, served: Served) -> Iterator[Visit]:
    """A person with a wide light screen, or the one of ``SCREENS`` that a test asks for."""
    with person(browser, served, str(getattr(request, "param", SCREENS[0]))) as made:
        yield made
