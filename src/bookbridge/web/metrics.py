"""Numbers for a monitoring system, in Prometheus' text format: counted here or read from the database when asked."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bookbridge.features.billing import store_queries
from bookbridge.kernel.errors import BookbridgeError
from bookbridge.registry import Services
from bookbridge.store import grants, organizations

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The metrics of one process; each application has its own registry."""

    def __init__(self, services: Services, /) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Database(services))
        self.requests = Counter(
            "bookbridge_http_requests", "HTTP requests answered.", ["area", "status"], registry=self._registry
        )
        self.seconds = Histogram(
            "bookbridge_http_request_seconds",
            "Time to the first byte of an answer, in seconds.",
            ["area"],
            buckets=SECONDS,
            registry=self._registry,
        )

    def text(self) -> bytes:
        """Everything in the text format."""
        return generate_latest(self._registry)


class Counted:
    """ASGI middleware that counts answers and their time by area (``api``, ``hooks``, ``pages``, ...)."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, services: Services) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = services.clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._clock.monotonic()
        area = _area(scope["path"])

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.requests.labels(area, str(message["status"])).inc()
                self._metrics.seconds.labels(area).observe(self._clock.monotonic() - began)
            await send(message)

        await self._app(scope, receive, counted)


def _area(path: str) -> str:
    """A name out of a closed set, so that strangers cannot grow the metrics."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    if first in ("api", "hooks", "static", "oauth", "metrics"):
        return first
    return "probes" if first in ("livez", "readyz") else "pages"


class _Database(Collector):
    """Gauges read from the database at the moment of asking."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def describe(self) -> Iterator[Metric]:
        """Nothing up front: describing would read the database when the process starts."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The gauges."""
        with self._services.db.read() as tx:
            counts = store_queries.counts_by_state(tx)
            effects = store_queries.effects_by_state(tx)
            sends = store_queries.attempts_by_outcome(tx)
            oldest = store_queries.oldest_unfinished(tx)
            now = self._services.db.now(tx)
            known = [each.organization_id for each in organizations.list_all(tx) if each.grant_id]
        age = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
        yield _gauge("bookbridge_orders", "Orders by state.", ["state"], {(k,): v for k, v in counts.items()})
        yield _gauge("bookbridge_effects", "Effects by kind and state.", ["kind", "state"], effects)
        yield _gauge(
            "bookbridge_sends", "Sends of effects by outcome.", ["outcome"], {(k,): v for k, v in sends.items()}
        )
        yield _gauge("bookbridge_oldest_unfinished_order_seconds", "Age of the oldest unfinished order.", [], {(): age})
        yield from self._budgets(known)

    def _budgets(self, known: list[str]) -> Iterator[Metric]:
        used, left, day, made, limited = {}, {}, {}, {}, {}
        for organization_id in known:
            try:
                view = self._services.zoho.budget_left(organization_id)
            except BookbridgeError:
                continue
            used[(organization_id,)] = view.calls_in_window
            made[(organization_id,)] = view.calls_made
            limited[(organization_id,)] = view.calls_limited
            if view.allowance:
                left[(organization_id,)] = max(0, view.allowance - view.calls_in_window)
            if view.day_remaining is not None:
                day[(organization_id,)] = view.day_remaining
        label = ["organization_id"]
        yield _gauge("bookbridge_zoho_calls_in_window", "Calls to Zoho in the current minute.", label, used)
        yield _gauge("bookbridge_zoho_calls_left", "Calls to Zoho left in the current minute.", label, left)
        yield _gauge("bookbridge_zoho_day_calls_left", "Calls to Zoho left today.", label, day)
        yield _gauge("bookbridge_zoho_calls_made", "Calls to Zoho ever let through, by all processes.", label, made)
        yield _gauge("bookbridge_zoho_calls_limited", "Calls that Zoho answered with a limit.", label, limited)
        with self._services.db.read() as tx:
            versions = {(grant_id,): version for grant_id, version in grants.access_versions(tx)}
        yield _gauge("bookbridge_zoho_token_version", "Access tokens had so far, one a refresh.", ["grant"], versions)


def _gauge(name: str, help_text: str, labels: list[str], values: object) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=labels)
    assert isinstance(values, dict)
    for key, value in values.items():
        family.add_metric([str(part) for part in key], float(value))
    return family
