"""The ASGI application: accounts servers, Books API and control plane of all regions."""

import logging
from collections.abc import Callable, MutableMapping
from typing import Any

from bookbridge.sandbox import pages
from bookbridge.sandbox.consent import DECISION_PATH
from bookbridge.sandbox.control import Control
from bookbridge.sandbox.exchanges import AccountsExchange, BooksExchange
from bookbridge.sandbox.faults import Event
from bookbridge.sandbox.messages import Answer, Request, html_answer, json_answer
from bookbridge.sandbox.regions import Region
from bookbridge.sandbox.sandbox import Sandbox
from bookbridge.sandbox.wire import Receive, Send, Wire

_log = logging.getLogger("bookbridge.sandbox")


class SandboxApp:
    """Answers every request of one sandbox; the port a connection came in on names the region.

    ``ports`` maps listening ports to region keys.
    """

    def __init__(self, *, sandbox: Sandbox, ports: dict[int, str]) -> None:
        self.sandbox = sandbox
        self._ports = ports
        self._control = Control(sandbox)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            raise RuntimeError(f"the sandbox does not speak {scope['type']}")
        wire = Wire(receive=receive, send=send, headers=self.sandbox.headers)
        request = _request(scope, self._region(scope), await wire.read_body())
        if request.path == "/_sandbox" or request.path.startswith("/_sandbox/"):
            await wire.send(self._control.answer(request))
        elif request.path == "/":
            await wire.send(html_answer("", status=302, headers=[("location", "/_sandbox/")]))
        else:
            await self._serve(request, wire)

    async def _serve(self, request: Request, wire: Wire) -> None:
        box = self.sandbox
        entry = box.log.open(request)
        handler = self._accounts_handler(request.path)
        target = "accounts" if handler is not None else "books"
        path = request.path if handler is not None else (request.api_path or "")
        if handler is None and request.api_path is None:
            entry.status = 404
            await wire.send(_nothing_here(request))
            box.log.close(entry)
            return
        event = Event(entry.seq, target, request.method, path, request.organization_hint)
        exchange: AccountsExchange | BooksExchange
        if handler is not None:
            exchange = AccountsExchange(handler=handler, accounts=box.accounts, request=request)
        else:
            exchange = BooksExchange(front=box.front, grants=box.grants, request=request, entry=entry)
        try:
            await box.delivery.deliver(exchange, wire, entry, event)
        except Exception:
            # Whatever went wrong is a defect of the sandbox; the server answers 500 and says nothing.
            _log.exception("%s %s failed", request.method, request.path)
            raise
        finally:
            box.log.close(entry)

    def _accounts_handler(self, path: str) -> Callable[[Request], Answer] | None:
        box = self.sandbox
        handlers = {
            "/oauth/v2/auth": box.consent.authorize,
            DECISION_PATH: box.consent.decide,
            "/oauth/v2/token": box.accounts.token,
            "/oauth/v2/token/revoke": box.accounts.revoke,
            "/oauth/serverinfo": box.accounts.serverinfo,
        }
        return handlers.get(path)

    def _region(self, scope: MutableMapping[str, Any]) -> Region:
        return self.sandbox.regions[self._ports[scope["server"][1]]]


def _request(scope: MutableMapping[str, Any], region: Region, body: bytes) -> Request:
    pairs = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return Request(
        region=region,
        method=scope["method"],
        raw_path=scope["path"],
        query_string=scope["query_string"].decode("latin-1"),
        header_list=pairs,
        body=body,
    )


def _nothing_here(request: Request) -> Answer:
    if request.path.startswith("/oauth"):
        return html_answer(pages.bad_request(), status=404)
    return json_answer({"code": 5, "message": "Invalid URL Passed"}, status=404)
