"""The pages of the web flow, escaped and without scripts; they look like the others by the same style sheet."""

from collections.abc import Iterable
from html import escape

from starlette.responses import HTMLResponse

from bookbridge.features.connection.policy import Choice
from bookbridge.store.organizations import Organization


def page(title: str, body: str, /, *, status_code: int = 200) -> HTMLResponse:
    """A whole page; ``body`` is HTML."""
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)} · Bookbridge</title>"
        '<link rel="icon" href="/static/icon.svg" type="image/svg+xml"><link rel="stylesheet" href="/static/style.css">'
        '</head><body><header class="top"><div class="top-in"><a class="brand" href="/">'
        '<img src="/static/icon.svg" alt="" width="28" height="28">Bookbridge</a></div></header>'
        f'<main id="main" tabindex="-1"><div class="login panel"><h1>{escape(title)}</h1>{body}</div></main>'
        "</body></html>",
        status_code=status_code,
    )


def choice(offered: Iterable[Choice], /, *, ticket: str, csrf: str) -> HTMLResponse:
    """Which of the visible organizations to connect, several at once if wanted."""
    rows = "".join(
        '<p><label><input type="checkbox" name="organization_id" value="{id}"{checked}> {name} '
        '<span class="soft">{id}{note}</span></label></p>'.format(
            id=escape(each.organization_id, quote=True),
            name=escape(each.name),
            checked=" checked" if each.connected else "",
            note=", connected" if each.connected else "",
        )
        for each in offered
    )
    return page(
        "Choose organizations",
        "<p>Your Zoho user sees several organizations. Choose the ones Bookbridge may work for.</p>"
        '<form method="post" action="/oauth/choose">'
        f'<input type="hidden" name="ticket" value="{escape(ticket, quote=True)}">'
        f'<input type="hidden" name="csrf" value="{escape(csrf, quote=True)}">'
        f'<fieldset><legend class="soft">Organizations</legend>{rows}</fieldset>'
        '<p><button class="main">Connect</button></p></form>',
    )


def connected(done: Iterable[Organization], /, *, warning: str = "") -> HTMLResponse:
    """What is connected now."""
    rows = "".join(
        f'<li>{escape(each.name)} <span class="soft">{escape(each.organization_id)}, {escape(each.currency)}</span>'
        "</li>"
        for each in done
    )
    note = f"<p>{escape(warning)}</p>" if warning else ""
    return page(
        "Connected",
        f'<ul>{rows}</ul>{note}<p><a class="button main" href="/">Go to the dashboard</a></p>',
    )


def failed(sentence: str, remedy: str, /, *, status_code: int = 400) -> HTMLResponse:
    """Why there is no connection; both texts are ours, never what the callback carried."""
    return page(
        "Not connected",
        f"<p>{escape(sentence)}</p><p>{escape(remedy)}</p>"
        '<p><a class="button" href="/oauth/connect">Start again</a></p>',
        status_code=status_code,
    )
