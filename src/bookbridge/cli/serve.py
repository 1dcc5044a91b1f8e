"""Running the server: web side and engine in one process, ended gracefully."""

import asyncio
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

import click

from bookbridge.cli import interpreter
from bookbridge.cli.output import Common, as_json, common, settings_of
from bookbridge.kernel.errors import ConfigurationError

if TYPE_CHECKING:
    from bookbridge.config import Settings
    from bookbridge.mirror.schedule import Schedule
    from bookbridge.workflow.engine import Engine

BACKLOG = 2048
REQUESTS_END_S, ENGINE_ENDS_S = 12, 30.0
"""After SIGTERM: how long open requests and runs in flight may take; together at most 35 s."""
SYNC_ENDS_S = 3.0
"""How long a sync under way may take to end its call; what it has stored stays in any case."""
MOST_CONNECTIONS = 1000


@click.command()
@click.option("--host", default=None, help="Where to listen (default: BOOKBRIDGE_HOST or 127.0.0.1).")
@click.option(
    "--port", default=None, type=click.IntRange(0, 65535), help="Port (default: BOOKBRIDGE_PORT, PORT or 3000)."
)
@click.option("--workers", default=8, show_default=True, type=click.IntRange(1, 64), help="Effects in flight at once.")
@common
def serve(common: Common, host: str | None, port: int | None, workers: int) -> None:
    """Run the server: API, webhooks, pages and engine, until it is told to stop."""
    from bookbridge import bootstrap, config
    from bookbridge.web import app as web
    from bookbridge.web import logs

    settings = settings_of(common, host=host, port=port)
    settings.require_public_guards()
    logs.configure(development=settings.env == "development")
    listener = _listen(settings)
    settings = settings_of(common, host=host, port=listener.getsockname()[1])
    app = bootstrap.build(settings)
    engine = app.engine(executor_id=config.default_replica_id(settings), workers=workers)
    schedule = app.schedule()
    ending = _Ending(engine, schedule)
    try:
        server = _server(web.create(app), ending)
        interpreter.answer_quickly()
        engine.start()
        schedule.start()
        # uvicorn raises the signal again when it has ended; that must not cut our own ending short.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _ignore)
        _say_ready(common, settings)
        server.run(sockets=[listener])
    finally:
        ending.end(wait_s=0.0)
        app.close()
        listener.close()


class _Ending:
    """Ends the schedule of syncs and the engine once, whoever asks first."""

    def __init__(self, engine: "Engine", schedule: "Schedule") -> None:
        self._engine = engine
        self._schedule = schedule
        self._is_over = threading.Lock()

    def end(self, *, wait_s: float = ENGINE_ENDS_S) -> None:
        """Stop taking runs and let those in flight finish."""
        if self._is_over.acquire(blocking=False):
            self._schedule.stop(wait_s=0.0)  # its next call finds that it is told to stop
            self._engine.stop(wait_s=wait_s)
            self._schedule.stop(wait_s=SYNC_ENDS_S)


def _server(asgi: Any, ending: _Ending) -> Any:
    """A uvicorn server that ends the engine while it ends its requests."""
    import uvicorn

    from bookbridge.web.patience import Impatient

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            engine_ended = asyncio.create_task(asyncio.to_thread(ending.end))
            await super().shutdown(sockets)
            await engine_ended

    return Server(
        uvicorn.Config(
            asgi,
            http=Impatient,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=48 * 1024,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=REQUESTS_END_S,
        )
    )


def _listen(settings: "Settings") -> socket.socket:
    """The listening socket, taken before anything else is started.

    Raises:
        ConfigurationError: the address is taken or is not of this machine.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise ConfigurationError(
            f"Cannot listen on {settings.host} port {settings.port} ({error.strerror}); stop what uses it, or set "
            "BOOKBRIDGE_PORT to another port."
        ) from error


def _say_ready(common: Common, settings: "Settings") -> None:
    url = settings.base_url
    if common.json:
        click.echo(as_json({"ready": True, "url": url, "host": settings.host, "port": settings.port}))
    else:
        click.echo(f"Bookbridge listens on {url} (stop with Ctrl-C).")
        click.echo("Dashboard: bookbridge admin link    API key: bookbridge keys create NAME")


def _ignore(_number: int, _frame: object) -> None:
    """Nothing: the server has seen the signal."""
