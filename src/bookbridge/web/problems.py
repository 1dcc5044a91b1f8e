"""A problem in the form its reader wants: a document for programs, a small page for people."""

from html import escape

from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from bookbridge.http import Problem, ProblemAnswer
from bookbridge.http.problems import TITLES

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Bookbridge</title><link rel="icon" href="/static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/style.css"></head>
<body><main id="main"><div class="login panel"><h1>{title}</h1><p>{detail}</p>
<p><a class="button" href="/">Go to the dashboard</a></p>{trace}</div></main></body></html>
"""


def answer(problem: Problem, scope: Scope, /) -> Response:
    """The answer to the request of ``scope``; a page only for a browser outside the API."""
    correlation_id = scope.get("state", {}).get("correlation_id", "")
    if not is_for_person(scope):
        return ProblemAnswer(problem, correlation_id=correlation_id)
    trace = f'<p class="soft">Correlation id <span class="mono">{escape(correlation_id)}</span></p>'
    page = _PAGE.format(
        title=escape(TITLES.get(problem.status, "Refused")),
        detail=escape(problem.detail),
        trace=trace if correlation_id else "",
    )
    return HTMLResponse(page, status_code=problem.status, headers=dict(problem.headers))


def is_for_person(scope: Scope, /) -> bool:
    """Whether a browser asks for a page."""
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept")
    path = scope["path"]
    return b"text/html" in accept and not path.startswith(("/api/", "/hooks/")) and path != "/metrics"
