"""The ASGI application: features' routes behind authentication, limits and problem answers."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from bookbridge.config import Settings
from bookbridge.web import errors, health, hooks, logs
from bookbridge.web.addresses import Forwarded
from bookbridge.web.auth import Authentication, Authenticator
from bookbridge.web.edge import Edge, Hosts, Sizes
from bookbridge.web.entrance import Entrance
from bookbridge.web.metrics import Counted, Metrics
from bookbridge.web.pages import (
    account,
    customers,
    dashboard,
    docs,
    invoices,
    keys,
    login,
    orders,
    reconcile,
    reports,
    status,
)
from bookbridge.web.pages.render import Pages

if TYPE_CHECKING:
    from bookbridge.bootstrap import App

STATIC = Path(__file__).parent / "static"
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def create(app: "App", /) -> ASGIApp:
    """The whole web side of a built application; starts no engine.

    Raises:
        ConfigurationError: ``BOOKBRIDGE_API_KEY`` is shorter than 32 characters.
    """
    logs.guard()
    settings, services = app.settings, app.services
    metrics = Metrics(services)
    https = settings.public_url.startswith("https://")
    is_development = settings.env == "development"
    inner = routes(app, metrics=metrics, https=https, is_development=is_development)
    authenticator = Authenticator(services.db, clock=services.clock, first_key=settings.api_key)
    outer: ASGIApp = Authentication(
        inner, authenticator=authenticator, clock=services.clock, https=https, docs=is_development
    )
    outer = Counted(outer, metrics=metrics, services=services)
    outer = Hosts(Sizes(outer), names=host_names(settings))
    return Forwarded(Edge(outer, ids=services.ids, https=https), trusted=settings.trusted_proxies)


def routes(app: "App", /, *, metrics: Metrics, https: bool, is_development: bool) -> FastAPI:
    """Every route, without what stands before them."""
    services = app.services
    made = FastAPI(title="Bookbridge", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    errors.install(made)
    made.include_router(health.router(services, metrics))
    made.include_router(hooks.router(services))
    for feature in app.features:
        if feature.router is not None:
            made.include_router(feature.router(services))
    pages = Pages(sandbox=bool(app.settings.sandbox_url), base_url=app.settings.base_url)
    entrance = Entrance(services)
    made.include_router(login.router(services, pages, entrance, https=https))
    made.include_router(account.router(services, pages, entrance, https=https))
    for page in (keys, dashboard, invoices, customers, orders, reports, reconcile, status):
        made.include_router(page.router(services, pages))
    if is_development:
        made.include_router(docs.router(made, pages))
    made.mount("/static", StaticFiles(directory=STATIC), name="static")
    return made


def host_names(settings: Settings, /) -> set[str]:
    """The names this server answers to: the public one, loopback, and the address it is bound to."""
    names = set(LOOPBACK_NAMES)
    if settings.host not in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        names.add(f"[{settings.host}]" if ":" in settings.host else settings.host)
    public = urlsplit(settings.public_url).hostname
    return names | ({public} if public else set())
