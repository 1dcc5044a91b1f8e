"""Templates with every value escaped, and the few words and formats they need."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from bookbridge import __version__
from bookbridge.features.billing.store_queries import AttemptRow
from bookbridge.kernel.money import Money
from bookbridge.web.pages.chosen import carried

TEMPLATES = Path(__file__).parent.parent / "templates"

DEEDS = {
    "contact.ensure": "Find or create the contact",
    "invoice.create": "Create the invoice",
    "invoice.mark_sent": "Mark the invoice as sent",
    "invoice.email": "Send the invoice by e-mail",
}
TONES = {"planned": "working", "unknown": "unknown", "done": "done", "review": "review", "failed": "failed"}


class Pages:
    """Renders templates for requests."""

    def __init__(self, *, sandbox: bool, base_url: str) -> None:
        self._base = {"sandbox": sandbox, "base_url": base_url, "version": __version__}
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, auto_reload=False,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self._environment.filters.update(
            stamp=stamp,
            figure=figure,
            signed=signed,
            ago=ago,
            spaced=spaced,
            money=money,
            whole=whole,
            party=party,
            minute=minute,
            said=said,
            deed=deed,
            tone=tone,
            took=took,
        )

    def answer(
        self, request: Request, template: str, /, values: Mapping[str, Any], *, status_code: int = 200
    ) -> HTMLResponse:
        """A page as an answer; its forms carry the CSRF token of the session."""
        session = getattr(request.state, "session", None)
        wanted = request.query_params.get("organization_id", "")[:40]
        known = {
            "csrf": session.csrf if session else "", "here": "", "note": "",
            "carried": carried(wanted), "organization_id": wanted, **self._base, **values,
        }  # fmt: skip
        return HTMLResponse(self._environment.get_template(template).render(known), status_code=status_code)


def is_part(request: Request, /) -> bool:
    """Whether htmx asks for the inside of a page; going back in the browser's history wants the whole page."""
    headers = request.headers
    return headers.get("hx-request") == "true" and not headers.get("hx-history-restore-request")


def stamp(at: datetime, /) -> str:
    """``2026-01-31 09:30:05 UTC``."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def minute(at: datetime, /) -> str:
    """``2026-01-31 09:30``, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def said(sentence: str, /) -> Markup:
    """A sentence with its commands, written between backticks, set as code; everything else is escaped."""
    parts = str(escape(sentence)).split("`")
    return Markup("".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts)))  # noqa: S704


def money(amount: Money | None, /) -> str:
    """``1,234.50 GBP``; a dash where there is none."""
    return "–" if amount is None else f"{amount.amount:,} {amount.currency}"


def figure(amount: Money | None, /) -> str:
    """``1,234.50``, where the currency is said elsewhere; a dash where there is none."""
    return "–" if amount is None else f"{amount.amount:,}"


def signed(amount: Money, /) -> str:
    """The same with a true minus sign."""
    return figure(amount).replace("-", "\N{MINUS SIGN}")


def ago(seconds: int, /) -> str:
    """``40 s ago``, ``3 min ago``, ``5 h ago``, ``2 days ago``."""
    seconds = max(seconds, 0)
    for size, word in ((86_400, "day"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size or (seconds >= size and word != "day"):
            count = seconds // size
            return f"{count} {word}{'s' if word == 'day' and count != 1 else ''} ago"
    return f"{seconds} s ago"


def spaced(word: str, /) -> str:
    """A status of Zoho's as people read it: ``partially paid``."""
    return word.replace("_", " ")


def whole(count: int, /) -> str:
    """``12,345``."""
    return f"{count:,}"


def party(customer: str, /) -> str:
    """The customer as people know it; a dash where there is none."""
    return customer or "–"


def deed(kind: str, /) -> str:
    """What an effect does, in words."""
    return DEEDS.get(kind, kind.replace(".", " ").replace("_", " ").capitalize())


def tone(state: str, /) -> str:
    """The colour class of an effect's state."""
    return TONES.get(state, "discarded")


def took(attempt: AttemptRow, /) -> str:
    """How long a send took, in seconds; a dash while it is open."""
    if attempt.settled_at is None:
        return "–"
    return f"{(attempt.settled_at - attempt.sent_at).total_seconds():.1f} s"
