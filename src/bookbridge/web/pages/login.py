"""Logging in by a name and a password or by a one-time link, proving it again, and out.

Opening a page changes nothing; sending its form does (SEC-014).
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bookbridge.kernel.secret import Secret
from bookbridge.registry import Services
from bookbridge.store import audit, sessions
from bookbridge.store.sessions import Session
from bookbridge.web.addresses import address
from bookbridge.web.auth import cookie_name
from bookbridge.web.entrance import Entered, Entrance, LoginRefusedError, Visitor
from bookbridge.web.pages.chosen import session_of
from bookbridge.web.pages.forms import form_of
from bookbridge.web.pages.render import Pages

Form = Annotated[dict[str, str], Depends(form_of)]
Person = Annotated[Session, Depends(session_of)]

KNOWN_FOR_S = 180 * 24 * 3600
WRONG = "Name or password is wrong."
WRONG_PASSWORD = "The password is wrong."  # noqa: S105 - a sentence
WRONG_LINK = "This link no longer works: it was used before, or its 15 minutes are over."

log = structlog.get_logger("bookbridge.web.login")


@dataclass(frozen=True)
class Cookies:
    """The two cookies of a browser: its session, and that it logged in to an account before."""

    https: bool

    @property
    def device(self) -> str:
        """The name of the second one."""
        return f"{cookie_name(https=self.https)}-device"

    def visitor(self, request: Request, /) -> Visitor:
        """Who knocks."""
        known = request.cookies.get(self.device, "")[:200]
        return Visitor(address=address(request.scope), device=known, session=request.state.session)

    def give(self, answer: Response, entered: Entered, /) -> Response:
        """Let the browser keep its new session."""
        self._set(answer, cookie_name(https=self.https), entered.session_id.reveal(), same_site="lax")
        if entered.device:
            self._set(answer, self.device, entered.device, same_site="strict", seconds=KNOWN_FOR_S)
        return answer

    def _set(
        self,
        answer: Response,
        name: str,
        value: str,
        *,
        same_site: Literal["lax", "strict"],
        seconds: int | None = None,
    ) -> None:
        answer.set_cookie(name, value, max_age=seconds, path="/", httponly=True, secure=self.https, samesite=same_site)

    def take_session(self, answer: Response, /) -> Response:
        """Let the browser forget its session."""
        answer.delete_cookie(cookie_name(https=self.https), path="/", httponly=True, samesite="lax", secure=self.https)
        return answer


def router(services: Services, pages: Pages, entrance: Entrance, /, *, https: bool) -> APIRouter:
    """``/login``, ``/login/again`` and ``/logout``."""
    routes = APIRouter(include_in_schema=False)
    cookies = Cookies(https)
    _enter(routes, pages, entrance, cookies)
    _again(routes, services, pages, entrance, cookies)
    _leave(routes, services, cookies)
    return routes


def _enter(routes: APIRouter, pages: Pages, entrance: Entrance, cookies: Cookies) -> None:
    @routes.get("/login")
    def show(request: Request, token: str = "") -> Response:
        """The form; who is logged in already goes on."""
        if request.state.session is not None and not token:
            return RedirectResponse("/", status_code=303)
        return _login_page(request, pages, token=token[:200])

    @routes.post("/login")
    def enter(request: Request, form: Form) -> Response:
        """Open a session with a new id, by link or by password."""
        visitor = cookies.visitor(request)
        if "token" in form:
            entered = entrance.by_link(form["token"], visitor)
            if entered is None:
                log.warning("login_refused", address=visitor.address, by="link")
                return _login_page(request, pages, problem=WRONG_LINK, status_code=403)
            return cookies.give(RedirectResponse("/", status_code=303), entered)
        name = form.get("name", "")
        try:
            entered = entrance.by_password(name, Secret(form.get("password", "")), visitor)
        except LoginRefusedError as error:
            return _refused(error, lambda **told: _login_page(request, pages, name=name[:64], **told), WRONG)
        return cookies.give(RedirectResponse("/", status_code=303), entered)


def _again(routes: APIRouter, services: Services, pages: Pages, entrance: Entrance, cookies: Cookies) -> None:
    @routes.get("/login/again")
    def ask(request: Request, session: Person, next: str = "/") -> Response:
        """Ask who is there once more, before something that is hard to undo (SEC-018)."""
        if sessions.is_fresh(session, now=services.clock.now()):
            return RedirectResponse(local(next), status_code=303)
        return _again_page(request, pages, session, local(next))

    @routes.post("/login/again")
    def confirm(request: Request, form: Form, session: Person) -> Response:
        """Go on where the person wanted to go, under a new session id."""
        wanted = local(form.get("next", "/"))
        try:
            token = form.get("link", "").strip().rpartition("token=")[2]
            entered = entrance.confirm(session, Secret(form.get("password", "")), token=token)
        except LoginRefusedError as error:
            sentence = WRONG_PASSWORD if session.admin else WRONG_LINK
            return _refused(error, lambda **told: _again_page(request, pages, session, wanted, **told), sentence)
        return cookies.give(_onward(request, pages, wanted), entered)


def _leave(routes: APIRouter, services: Services, cookies: Cookies) -> None:
    @routes.post("/logout")
    def leave(request: Request) -> Response:
        """End the session for every replica."""
        session = request.state.session
        if session is not None:
            with services.db.transaction() as tx:
                sessions.end(tx, session.id_hash)
                name = session.admin or session.id_hash[:12]
                audit.record(tx, at=services.clock.now(), actor=session.actor, action="logout", subject_id=name)
            log.info("logout", session=session.id_hash[:12])
        return cookies.take_session(RedirectResponse("/login", status_code=303))


def _login_page(
    request: Request, pages: Pages, *, token: str = "", name: str = "", problem: str = "", status_code: int = 200
) -> Response:
    values = {"token": token, "name": name, "problem": problem}
    return pages.answer(request, "login.html", values, status_code=status_code)


def _again_page(
    request: Request, pages: Pages, session: Session, wanted: str, *, problem: str = "", status_code: int = 200
) -> Response:
    values = {"admin": session.admin, "next": wanted, "problem": problem, "onward": False}
    return pages.answer(request, "again.html", values, status_code=status_code)


def _onward(request: Request, pages: Pages, wanted: str) -> Response:
    """On to a page of ours; by a page that leads on where a file comes, or where the way leaves our site, which a form
    may not (CSP)."""
    if not wanted.startswith(("/oauth/", "/invoices.csv")):
        return RedirectResponse(wanted, status_code=303)
    answer = pages.answer(request, "again.html", {"next": wanted, "onward": True, "csrf": ""})
    answer.headers["Refresh"] = f"0;url={quote(wanted, safe='/?&=%-._~')}"
    return answer


def _refused(error: LoginRefusedError, page: Any, sentence: str) -> Response:
    """The page once more; after too many failures with the time to wait."""
    if error.wait_s <= 0:
        return page(problem=sentence, status_code=403)  # type: ignore[no-any-return]
    wait = max(1, round(error.wait_s + 0.5))
    problem = f"Too many attempts; wait {wait} s. A one-time link works at once: run `bookbridge admin link`."
    answer: Response = page(problem=problem, status_code=429)
    answer.headers["Retry-After"] = str(wait)
    return answer


def local(path: str, /) -> str:
    """A path of ours to go to; the dashboard for anything that could lead elsewhere."""
    is_ours = path.startswith("/") and path[1:2] not in ("/", "\\") and len(path) <= 500
    return path if is_ours and path.isascii() and path.isprintable() and not set(path) & set(' \\"<>') else "/"
