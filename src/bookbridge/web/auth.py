"""Who is asking: API keys and administrators' sessions, deny by default.

Every path needs a principal except the few of ``PUBLIC``; hooks are public here because their signature is checked
over the raw bytes in ``web.hooks``. A key in the query string is refused (SEC-005), an unknown, revoked, expired or
wrong key gets one constant answer (SEC-006), and unsafe requests with a session need its CSRF token and an origin of
ours (SEC-014).
"""

import hashlib
import hmac
import re
import threading
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import structlog
from anyio import to_thread
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bookbridge.http import Problem
from bookbridge.kernel.clock import Clock
from bookbridge.kernel.errors import ConfigurationError
from bookbridge.kernel.secret import Secret
from bookbridge.registry import Principal
from bookbridge.store import audit, keys, sessions
from bookbridge.store.db import Database
from bookbridge.web.addresses import address, neighbourhood
from bookbridge.web.edge import answer_problem, header
from bookbridge.web.limits import RateLimiter
from bookbridge.web.problems import is_for_person

PUBLIC_PATHS = frozenset({"/livez", "/readyz", "/login", "/oauth/callback"})
PUBLIC_PREFIXES = ("/static/", "/hooks/")
DEVELOPMENT_PATHS = frozenset({"/docs", "/openapi.json"})
CACHE_SECONDS = 1.0
MIN_FIRST_KEY = 32
FORM_LIMIT = 64 * 1024
_KEY_NAMES = frozenset({"api_key", "apikey", "api-key", "access_token", "authorization", "bearer"})
_BEGINNINGS, _OTHER_SITES = frozenset({"/oauth/connect"}), frozenset({"cross-site", "same-site"})
"""Reading requests that begin something on behalf of the person: no other site may send the browser there."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_KEY_SHAPE = re.compile(r"bb_(?:live|test)_[a-z0-9]{12}_")
_MOST_CACHED = 1000

log = structlog.get_logger("bookbridge.web.auth")

UNAUTHENTICATED = Problem(
    status=401,
    code="unauthenticated",
    detail="Send a valid API key as `Authorization: Bearer <key>`; `bookbridge keys create` makes one.",
    headers={"WWW-Authenticate": "Bearer"},
)
KEY_IN_QUERY = Problem(
    status=400,
    code="key_in_query",
    detail="API keys are not accepted in addresses; send it as `Authorization: Bearer <key>` and replace this key.",
)
FOREIGN_ORIGIN = Problem(
    status=403, code="foreign_origin", detail="This request came from another site; open the page again and retry."
)
BAD_CSRF = Problem(
    status=403, code="csrf", detail="The form's token is missing or old; reload the page and send it again."
)


@dataclass(frozen=True)
class Caller:
    """Who was found: a principal and, for a browser, the session; ``limit_name`` is what its rate is counted by."""

    principal: Principal
    limit_name: str
    session: sessions.Session | None = None


class Authenticator:
    """Finds callers in the database; answers about keys are remembered for at most one second."""

    def __init__(self, db: Database, *, clock: Clock, first_key: Secret) -> None:
        if first_key and len(first_key.reveal()) < MIN_FIRST_KEY:
            raise ConfigurationError(
                f"BOOKBRIDGE_API_KEY is too short; give at least {MIN_FIRST_KEY} random characters, for example from "
                "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
            )
        self._db = db
        self._clock = clock
        self._first = hashlib.sha256(first_key.reveal().encode()).digest() if first_key else b""
        self._cache: dict[bytes, tuple[float, Caller]] = {}
        self._lock = threading.Lock()

    def remembered(self, text: str, /) -> Caller | None:
        """A key's caller if it was checked within the last second; never touches the database."""
        found = self._cache.get(hashlib.sha256(text.encode()).digest())
        return found[1] if found is not None and self._clock.monotonic() - found[0] < CACHE_SECONDS else None

    def by_key(self, text: str, /) -> Caller | None:
        """The caller with that key, looked up now."""
        name = hashlib.sha256(text.encode()).digest()
        if self._first and hmac.compare_digest(name, self._first):
            return self._remember(
                name, Caller(Principal(name="key:environment", scopes=frozenset({"*"})), "environment")
            )
        now = self._clock.now()
        with self._db.read() as tx:
            key = keys.find(tx, text, now=now)
        if key is None:
            return None
        if keys.is_use_stale(key, now=now):
            with self._db.transaction() as tx:
                keys.note_use(tx, key.id, now=now)
        principal = Principal(name=f"key:{key.id}", scopes=key.scopes, organization_ids=key.organization_ids)
        return self._remember(name, Caller(principal, key.id))

    def by_session(self, session_id: str, /, *, is_used: bool = True) -> Caller | None:
        """The caller of an open session, looked up now; ``is_used`` by a person, which starts its idle time anew."""
        now = self._clock.now()
        with self._db.read() as tx:
            session = sessions.find(tx, session_id, now=now)
        if session is None:
            return None
        if is_used and sessions.is_touch_due(session, now=now):
            with self._db.transaction() as tx:
                sessions.touch(tx, session.id_hash, now=now)
        principal = Principal(name=session.actor, scopes=frozenset({"*"}))
        return Caller(principal, f"session:{session.id_hash}", session)

    def note_denial(self, name: str, code: str, detail: dict[str, str], /) -> None:
        """Write down that a known caller was refused."""
        with self._db.transaction() as tx:
            audit.record(tx, at=self._clock.now(), actor=name, action=f"denied:{code}", subject_id=name, detail=detail)

    def _remember(self, name: bytes, caller: Caller) -> Caller:
        with self._lock:
            if len(self._cache) >= _MOST_CACHED:
                self._cache.clear()
            self._cache[name] = (self._clock.monotonic(), caller)
        return caller


class Authentication:
    """ASGI middleware that lets nobody in whom ``Authenticator`` does not know."""

    def __init__(self, app: ASGIApp, *, authenticator: Authenticator, clock: Clock, https: bool, docs: bool) -> None:
        self._app = app
        self._authenticator = authenticator
        self._clock = clock
        self._cookie = cookie_name(https=https)
        self._public = PUBLIC_PATHS | (DEVELOPMENT_PATHS if docs else frozenset())
        self._rate = RateLimiter(per_second=100, burst=600, clock=clock)
        self._failures = RateLimiter(per_second=0.2, burst=20, clock=clock)
        self._denials = RateLimiter(per_second=1 / 60, burst=10, clock=clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with ``state.principal`` and ``state.session``, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if has_key_in_query(scope):
            log.warning("key_in_query", path=scope["path"])
            await answer_problem(KEY_IN_QUERY, scope, receive, send)
            return
        try:
            caller = await self._caller(scope)
            receive = await self._require_intent(scope, caller, receive)
        except _RefusedError as refused:
            log.warning("denied", code=refused.problem.code, path=scope["path"], address=address(scope))
            if refused.principal is not None:
                await self._note_denial(scope, refused.principal, refused.problem.code)
            await answer_problem(refused.problem, _without_correlation(scope, refused.problem), receive, send)
            return
        scope["state"]["principal"] = caller.principal if caller else None
        scope["state"]["session"] = session = caller.session if caller else None
        scope["state"]["is_fresh"] = session is None or sessions.is_fresh(session, now=self._clock.now())
        if caller is None and not self._is_public(scope["path"]):
            await RedirectResponse("/login", status_code=303)(scope, receive, send)
            return
        await self._app(scope, receive, self._watched(scope, send, caller))

    def _watched(self, scope: Scope, send: Send, caller: Caller | None) -> Send:
        """``send`` that also writes down when somebody we know is refused."""

        async def watched(message: Message) -> None:
            if caller is not None and message["type"] == "http.response.start" and message["status"] == 403:
                await self._note_denial(scope, caller.principal, "forbidden")
            await send(message)

        return watched

    async def _note_denial(self, scope: Scope, principal: Principal, code: str) -> None:
        """One row a minute and principal at most: refusals must not fill the database."""
        if self._denials.take(principal.name) == 0.0:
            detail = {"method": scope["method"], "path": scope["path"][:200], "address": address(scope)}
            await to_thread.run_sync(self._authenticator.note_denial, principal.name, code, detail)

    async def _caller(self, scope: Scope) -> Caller | None:
        """The caller; ``None`` where nobody is needed or a browser should be sent to the log-in."""
        if scope["path"].startswith(PUBLIC_PREFIXES):
            return None
        authorization = header(scope, b"authorization")
        if authorization:
            return self._within_rate(await self._by_key(scope, authorization))
        session_id = cookie_parser(header(scope, b"cookie")).get(self._cookie, "")
        caller = await self._by_session(scope, session_id) if session_id else None
        if (
            caller is None
            and not self._is_public(scope["path"])
            and not (scope["method"] == "GET" and is_for_person(scope))
        ):
            raise _RefusedError(self._failed(scope, ""))
        return caller

    async def _by_session(self, scope: Scope, session_id: str) -> Caller | None:
        """The caller of a session; a page that refreshes itself is no sign that anybody sits before it (SEC-013)."""
        find = partial(self._authenticator.by_session, session_id, is_used=not header(scope, b"x-live"))
        return await to_thread.run_sync(find)

    async def _by_key(self, scope: Scope, authorization: str) -> Caller:
        scheme, _, text = authorization.partition(" ")
        text = text.strip() if scheme.lower() == "bearer" else ""
        caller = self._authenticator.remembered(text)
        if caller is None and text:
            caller = await to_thread.run_sync(self._authenticator.by_key, text)
        if caller is None:
            raise _RefusedError(self._failed(scope, keys.id_of(text) or ""))
        return caller

    def _failed(self, scope: Scope, key_id: str) -> Problem:
        """The constant answer, or 429 after many failures; a valid key is never held up by the failures of others."""
        waits = [self._failures.take(f"address:{neighbourhood(address(scope))}")]
        if key_id:
            waits.append(self._failures.take(f"key:{key_id}"))
        return too_many(max(waits)) if max(waits) > 0 else UNAUTHENTICATED

    def _within_rate(self, caller: Caller) -> Caller:
        wait = self._rate.take(caller.limit_name)
        if wait > 0:
            raise _RefusedError(too_many(wait))
        return caller

    async def _require_intent(self, scope: Scope, caller: Caller | None, receive: Receive) -> Receive:
        """For unsafe requests of browsers: our own origin and the session's token; gives the body back unread."""
        has_session = caller is not None and caller.session is not None
        if scope["path"] in _BEGINNINGS and has_session and header(scope, b"sec-fetch-site") in _OTHER_SITES:
            raise _RefusedError(FOREIGN_ORIGIN)
        if scope["method"] in _SAFE or not (has_session or scope["path"] == "/login"):
            return receive
        if not is_same_origin(scope):
            raise _RefusedError(FOREIGN_ORIGIN, caller.principal if caller else None)
        if caller is None or caller.session is None or scope["path"] == "/login":  # a link is proof of its own
            return receive
        token, receive = await _csrf_token(scope, receive)
        if not hmac.compare_digest(token.encode(), caller.session.csrf.encode()):
            raise _RefusedError(BAD_CSRF, caller.principal)
        return receive

    def _is_public(self, path: str) -> bool:
        return path in self._public or path.startswith(PUBLIC_PREFIXES)


class _RefusedError(Exception):
    """Carries the problem to answer with, and who is refused where that is known."""

    def __init__(self, problem: Problem, principal: Principal | None = None) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.principal = principal


def cookie_name(*, https: bool) -> str:
    """The session cookie; browsers refuse the ``__Host-`` prefix without TLS."""
    return "__Host-bookbridge" if https else "bookbridge"


def too_many(seconds: float, /) -> Problem:
    """429 with the time after which to come back."""
    wait = max(1, round(seconds + 0.5))
    detail = f"Too many requests; wait {wait} s and send this one again."
    return Problem(status=429, code="too_many_requests", detail=detail, headers={"Retry-After": str(wait)})


def has_key_in_query(scope: Scope, /) -> bool:
    """Whether the query string carries a key by name or by shape."""
    query = scope["query_string"].decode("latin-1")
    names = {name.lower() for name, _value in parse_qsl(query, keep_blank_values=True)}
    return bool(names & _KEY_NAMES) or _KEY_SHAPE.search(unquote(query)) is not None


def is_same_origin(scope: Scope, /) -> bool:
    """Whether a browser says that the request comes from our own pages.

    Under our ``no-referrer`` policy browsers send ``Origin: null`` with forms, so ``Sec-Fetch-Site`` decides where it
    is there; ``none`` (typed in by the person) never goes with an unsafe method.
    """
    site, origin = header(scope, b"sec-fetch-site"), header(scope, b"origin")
    if site:
        return site == "same-origin"
    try:
        return urlsplit(origin).netloc.lower() == header(scope, b"host").lower() != ""
    except ValueError:  # not an address at all
        return False


def _without_correlation(scope: Scope, problem: Problem) -> Scope:
    """A refusal to authenticate is the same to the byte for everybody."""
    return scope if problem.status != 401 else {**scope, "state": {}}


async def _csrf_token(scope: Scope, receive: Receive) -> tuple[str, Receive]:
    """The token from the header or from a form, and a ``receive`` that gives the body once more."""
    given = header(scope, b"x-csrf-token")
    if given or not header(scope, b"content-type").startswith("application/x-www-form-urlencoded"):
        return given, receive
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > FORM_LIMIT or message["type"] != "http.request":
            return "", receive
        if not message.get("more_body", False):
            break
    form: dict[str, Any] = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return str(form.get("csrf", "")), _replay(body, receive)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
