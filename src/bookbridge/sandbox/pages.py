"""The HTML pages of the accounts server and of the control plane; our own look, no outside resource."""

from html import escape

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2733;--soft:#5a6875;--line:#d9e0e7;--page:#eef2f6;--card:#fff;--go:#1f6f54}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--soft:#9fb0be;--line:#34424f;--page:#141b22;--card:#1d2730;
--go:#2f9a76}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--page);
color:var(--ink);font:16px/1.5 system-ui,sans-serif;padding:24px}
main{background:var(--card);border:1px solid var(--line);border-radius:12px;max-width:520px;width:100%;padding:32px;
box-shadow:0 6px 24px #0001}.wide{max-width:860px}
.wide li{display:grid;grid-template-columns:230px 1fr}#scopes li{flex-direction:column;gap:0}
h1{font-size:1.35rem;margin:0 0 4px}p{margin:8px 0}.soft{color:var(--soft);font-size:.925rem}
ul{list-style:none;margin:20px 0;padding:0;border-top:1px solid var(--line)}
li{display:flex;justify-content:space-between;gap:16px;padding:10px 0;border-bottom:1px solid var(--line)}
code{font:.9em/1.4 ui-monospace,monospace;color:var(--soft);overflow-wrap:anywhere}
.badge{display:inline-block;font-size:.75rem;letter-spacing:.06em;text-transform:uppercase;color:var(--soft);
border:1px solid var(--line);border-radius:999px;padding:2px 10px;margin-bottom:16px}
form{display:flex;gap:12px;margin-top:24px}button{flex:1;font:inherit;padding:10px 16px;border-radius:8px;
cursor:pointer;border:1px solid var(--line);background:transparent;color:inherit}
button.go{background:var(--go);border-color:var(--go);color:#fff;font-weight:600}
button:focus-visible{outline:3px solid #5b9bd5;outline-offset:2px}a{color:inherit}
"""

_OPERATIONS = {
    "read": "Read",
    "create": "Create",
    "update": "Change",
    "delete": "Delete",
    "all": "Read, create, change and delete",
}


def _page(title: str, content: str, *, wide: bool = False) -> str:
    kind = ' class="wide"' if wide else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><main{kind}>{content}</main></body></html>"
    )


def consent(client_name: str, scopes: tuple[str, ...], page_id: str, action: str) -> str:
    """Show what a client asks for, with the buttons ``accept`` and ``deny``."""
    rows = "".join(f"<li><span>{escape(_in_words(s))}</span><code>{escape(s)}</code></li>" for s in scopes)
    return _page(
        f"{client_name} asks for access",
        f'<span class="badge">Bookbridge sandbox</span><h1>{escape(client_name)}</h1>'
        f'<p>would like to access your Zoho Books data:</p><ul id="scopes">{rows}</ul>'
        '<p class="soft">This is a local stand-in for the Zoho accounts server. No real account is involved.</p>'
        f'<form method="post" action="{escape(action)}"><input type="hidden" name="request" value="{escape(page_id)}">'
        '<button id="deny" name="decision" value="deny">Reject</button>'
        '<button id="accept" class="go" name="decision" value="accept">Accept</button></form>',
    )


def _in_words(scope: str) -> str:
    parts = scope.lower().split(".")
    if len(parts) != 3:
        return scope
    if parts[1] == "fullaccess":
        return "Full access to all organizations"
    return f"{_OPERATIONS.get(parts[2], parts[2])} {parts[1]}"


def authorize_error(name: str) -> str:
    """Show why an authorize request cannot go on."""
    return _page(
        "Access cannot be granted",
        f'<span class="badge">Bookbridge sandbox</span><h1>Access cannot be granted</h1><p id="error">{escape(name)}'
        '</p><p class="soft">The request came with values that do not belong to a registered client.</p>',
    )


def server_error() -> str:
    """Show the generic page that a GET on the token endpoint meets."""
    return _page("Internal Server Error", "<h1>Internal Server Error</h1><p>The request could not be completed.</p>")


def bad_request() -> str:
    """Show the page that revoking an unknown token meets."""
    return _page("Bad Request", "<h1>Bad Request</h1><p>The request could not be understood.</p>")


def unavailable() -> str:
    """Show the page a proxy puts in front of an answer."""
    return _page("Service Unavailable", "<h1>Service Unavailable</h1><p>Please try again in a few minutes.</p>")


def control_index(rows: list[tuple[str, str]]) -> str:
    """List what the control plane offers."""
    listed = "".join(f"<li><code>{escape(call)}</code><span>{escape(what)}</span></li>" for call, what in rows)
    return _page(
        "Sandbox control plane",
        '<span class="badge">Bookbridge sandbox</span><h1>Control plane</h1>'
        f'<p class="soft">JSON in, JSON out; JSON lines for logs.</p><ul>{listed}</ul>',
        wide=True,
    )
