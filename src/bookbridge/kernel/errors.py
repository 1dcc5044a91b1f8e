"""The root of every error Bookbridge raises on purpose."""


class BookbridgeError(Exception):
    """Something Bookbridge can explain; the message is one sentence that says what to do.

    The docstring of a subclass is its default message.
    """

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip().split("\n")[0])


class ConfigurationError(BookbridgeError):
    """The configuration is incomplete or contradicts itself."""


class InvalidInputError(BookbridgeError):
    """The input cannot be accepted.

    ``field`` is the path of the offending field (``items[2].price``), ``remedy`` what to send instead.
    """

    def __init__(self, message: str, *, field: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.remedy = remedy


class NotFoundError(BookbridgeError):
    """There is nothing with that id."""


class ConflictError(BookbridgeError):
    """The same identity exists with other content."""


class NotConnectedError(BookbridgeError):
    """No Zoho organization is connected; run `bookbridge connect`."""
