"""Logs on stderr: JSON lines in production, readable lines in development; secrets and control characters never.

Both our structured events and the messages of libraries go through the same steps.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from bookbridge.kernel.secret import REDACTED, Secret

_SECRET_NAMES = re.compile(
    r"token|secret|password|authorization|cookie|api_key|csrf|verifier|(^|_)code$", re.IGNORECASE
)
_HARMLESS_NAMES = frozenset({"code", "zoho_code"})
_SECRET_SHAPES = re.compile(
    r"bb_(?:live|test)_[A-Za-z0-9]{12}_[A-Za-z0-9]+_[0-9a-f]{8}"
    r"|whsec_[A-Za-z0-9+/=]{20,}"
    r"|1[0-9]{3}\.[0-9a-f]{32}\.[0-9a-f]{32}"
    r"|(?<=Bearer )[^\s\"']+|(?<=Zoho-oauthtoken )[^\s\"']+"
    r"|(?<=[?&]token=)[^\s&\"']+|(?<=[?&]code=)[^\s&\"']+"
    r"|(?<=://)[^\s/@:\"']*:[^\s/@\"']+(?=@)"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
Event = MutableMapping[str, Any]


def guard() -> None:
    """Make structured events safe where nobody called ``configure``: JSON lines through standard logging."""
    if not structlog.is_configured():
        structlog.configure(
            processors=[*_steps(), structlog.processors.JSONRenderer()],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
        )


def configure(*, development: bool, level: int = logging.INFO) -> None:
    """Send every log line of the process to stderr."""
    shared = _steps()
    renderer: Any = structlog.processors.JSONRenderer()
    if development:
        plain = structlog.dev.plain_traceback
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("bookbridge").setLevel(level)


def _steps() -> list[Any]:
    """What every event passes, whoever wrote it."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        clean,
    ]


def clean(_logger: Any, _method: str, event: Event) -> Event:
    """Redact secrets by name and by shape, and encode control characters, so that nobody can forge a line."""
    for name, value in list(event.items()):
        if name in ("_record", "_from_structlog"):
            continue
        is_secret = name not in _HARMLESS_NAMES and _SECRET_NAMES.search(name) is not None
        event[name] = REDACTED if is_secret else _clean(value, keep_lines=name == "exception")
    return event


def _clean(value: Any, *, keep_lines: bool) -> Any:
    if isinstance(value, Secret):
        return REDACTED
    if isinstance(value, dict):
        return {name: _clean(each, keep_lines=False) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(each, keep_lines=False) for each in value]
    if not isinstance(value, str):
        return value
    text = _CONTROLS.sub(lambda found: f"\\x{ord(found.group()):02x}", _SECRET_SHAPES.sub(REDACTED, value))
    return text if keep_lines else text.replace("\n", "\\n").replace("\t", "\\t")
