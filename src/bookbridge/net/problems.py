"""What can go wrong between us and a server, told apart by whether the server may have acted."""

from typing import Literal

from bookbridge.kernel.errors import BookbridgeError

AmbiguityKind = Literal["timeout", "reset", "cut", "too_large"]


class TransportError(BookbridgeError):
    """The request could not be completed."""


class NotSentError(TransportError):
    """No byte of the request left this machine; it is safe to send it again."""


class DestinationRefusedError(NotSentError):
    """The address is not on the list of allowed destinations; nothing was looked up or sent."""


class AmbiguousError(TransportError):
    """The request may have been carried out; only reading can tell.

    ``kind``: ``timeout`` (the total limit passed), ``reset`` (the connection broke), ``cut`` (the answer ended
    early or is not HTTP), ``too_large`` (the answer exceeded the cap).
    """

    def __init__(self, message: str, *, kind: AmbiguityKind) -> None:
        super().__init__(message)
        self.kind: AmbiguityKind = kind
