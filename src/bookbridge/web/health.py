"""Probes that say only up or down, and metrics for those with a key."""

import threading
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends
from starlette.responses import Response

from bookbridge.http import JsonAnswer
from bookbridge.registry import ForbiddenError, Principal, Services, requires
from bookbridge.store import probe
from bookbridge.web.metrics import Metrics

BELIEVED_S = 1.0
log = structlog.get_logger("bookbridge.web")


def router(services: Services, metrics: Metrics, /) -> APIRouter:
    """``/livez``, ``/readyz`` and ``/metrics``."""
    routes = APIRouter(tags=["operation"])
    ready = _Readiness(services)

    @routes.get("/livez", summary="Whether the process answers")
    async def livez() -> JsonAnswer:
        """Up while the event loop turns."""
        return JsonAnswer({"status": "up"})

    @routes.get("/readyz", summary="Whether the process can work")
    def readyz() -> JsonAnswer:
        """Up when the database can be written to, its schema is current and the encryption key opens it."""
        is_up = ready.now()
        return JsonAnswer({"status": "up" if is_up else "down"}, status_code=200 if is_up else 503)

    @routes.get("/metrics", summary="Metrics in Prometheus' text format")
    def read_metrics(who: Annotated[Principal, Depends(requires("metrics:read"))]) -> Response:
        """Orders, effects, calls and budgets of the whole installation."""
        if who.organization_ids:
            raise ForbiddenError("Metrics tell about every organization; use a key that is not bound to some.")
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return routes


class _Readiness:
    """The last finding, believed for a second: strangers may ask, and finding out writes to the database."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._until = 0.0
        self._is_up = False

    def now(self) -> bool:
        """Whether the process can work."""
        with self._lock:
            if self._services.clock.monotonic() >= self._until:
                self._is_up = _is_ready(self._services)
                self._until = self._services.clock.monotonic() + BELIEVED_S
            return self._is_up


def _is_ready(services: Services) -> bool:
    try:
        services.sealer.check(services.db)
        return probe.is_ready(services.db)
    except Exception as error:  # whatever keeps us from working means "down"; the cause goes to the log only
        log.error("not_ready", error=type(error).__name__, exc_info=error)
        return False
