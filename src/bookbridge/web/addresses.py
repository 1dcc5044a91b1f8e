"""Whose address a request has: the peer's, or the one that a proxy of ours reports (SEC-114)."""

import ipaddress
from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

MOST_HOPS = 20
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Forwarded:
    """ASGI middleware: behind a proxy of ``trusted`` the client is the last address that is not such a proxy.

    ``X-Forwarded-For`` is read from its end, because everything before what our proxies added was written by the
    client. Nothing else that proxies report is believed: neither a host name nor a scheme.
    """

    def __init__(self, app: ASGIApp, *, trusted: Iterable[str]) -> None:
        self._app = app
        self._networks = [ipaddress.ip_network(each) for each in trusted]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with the client's address in ``scope``."""
        if self._networks and scope["type"] == "http" and scope.get("client"):
            scope["client"] = (self._client(scope), scope["client"][1])
        await self._app(scope, receive, send)

    def _client(self, scope: Scope) -> str:
        peer = str(scope["client"][0])
        values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        hops = ",".join(values).split(",")[-MOST_HOPS:] if values else []
        for hop in reversed(hops):
            if not self._is_ours(peer):
                break
            found = _parsed(hop)
            if found is None:
                break
            peer = str(found)
        return peer

    def _is_ours(self, peer: str) -> bool:
        found = _parsed(peer)
        return found is not None and any(found in network for network in self._networks)


def address(scope: Scope, /) -> str:
    """The client's address."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def neighbourhood(peer: str, /) -> str:
    """What failures are counted by: an IPv4 address, or the /64 network that one IPv6 household has for itself."""
    found = _parsed(peer)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return peer if found is None else str(found)


def _parsed(text: str) -> _Address | None:
    """An address as proxies write it: alone, with a port, or in brackets; ``None`` for anything else."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
