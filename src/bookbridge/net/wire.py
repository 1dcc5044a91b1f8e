"""Sockets that know the deadline of the call they serve and note when the first byte leaves.

The HTTP library limits single reads, so a server that sends one byte a second never meets a limit. Here every
connect, read and write gets what is left of the call's total time. A call runs in one thread from start to end;
``calls.current`` is that thread's call.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import httpcore2

from bookbridge.kernel.clock import Clock


@dataclass(slots=True)
class Call:
    """The call a thread is making: its deadline (monotonic seconds) and whether bytes have left."""

    clock: Clock
    deadline: float
    before_write: Callable[[], None] | None = None
    wrote: bool = False

    def left(self, limit: float | None = None) -> float:
        """Seconds until the deadline, at most ``limit``, never zero (zero would mean non-blocking)."""
        left = self.deadline - self.clock.monotonic()
        return max(0.001, left if limit is None else min(left, limit))

    def expired(self) -> bool:
        """Whether the total time is over."""
        return self.clock.monotonic() >= self.deadline

    def writing(self) -> None:
        """Run the caller's last check, then note that bytes leave."""
        if not self.wrote:
            if self.before_write is not None:
                self.before_write()
            self.wrote = True


class Calls(threading.local):
    """The call of the present thread."""

    current: Call | None = None


class DeadlineStream(httpcore2.NetworkStream):
    """A connection whose every operation is limited by the present call."""

    def __init__(self, inner: httpcore2.NetworkStream, calls: Calls) -> None:
        self._inner = inner
        self._calls = calls

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there, waiting at most until the call's deadline."""
        call = self._calls.current
        if call is None:
            return self._inner.read(max_bytes, timeout=timeout)
        if call.expired():
            raise httpcore2.ReadTimeout("the total time of the call is over")
        return self._inner.read(max_bytes, timeout=call.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of ``buffer``; the first write of a call runs its last check."""
        call = self._calls.current
        if call is None or not buffer:
            self._inner.write(buffer, timeout=timeout)
            return
        if call.expired():
            raise httpcore2.WriteTimeout("the total time of the call is over")
        call.writing()
        self._inner.write(buffer, timeout=call.left(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """The same connection, encrypted."""
        call = self._calls.current
        left = timeout if call is None else call.left(timeout)
        return DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, left), self._calls)

    def get_extra_info(self, info: str) -> Any:
        """What the library wants to know about the socket."""
        return self._inner.get_extra_info(info)


class DeadlineBackend(httpcore2.NetworkBackend):
    """Opens connections: every address of a host is tried within the one deadline."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._plain = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address of ``host`` that answers."""
        call = self._calls.current
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore2.ConnectError("the name of the server could not be resolved") from error
        failure: Exception = httpcore2.ConnectError("the server has no address")
        for family, _, _, _, address in found:
            if family not in (socket.AF_INET, socket.AF_INET6):
                continue
            if call is not None and call.expired():
                raise httpcore2.ConnectTimeout("the total time of the call is over")
            left = timeout if call is None else call.left(timeout)
            try:
                inner = self._plain.connect_tcp(str(address[0]), port, left, local_address, socket_options)
                return DeadlineStream(inner, self._calls)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure
