"""HTTP as values: a request, an answer, and what can go wrong. ``net.transport`` does the sending."""

from bookbridge.net.messages import HttpAnswer, HttpRequest, Transport
from bookbridge.net.problems import AmbiguousError, DestinationRefusedError, NotSentError, TransportError

__all__ = [
    "AmbiguousError",
    "DestinationRefusedError",
    "HttpAnswer",
    "HttpRequest",
    "NotSentError",
    "Transport",
    "TransportError",
]
