"""The account page: who one is, a new password, one's sessions, and what lately opened or closed a door (SEC-019)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bookbridge.kernel.errors import ConflictError, InvalidInputError
from bookbridge.kernel.secret import Secret
from bookbridge.registry import Services, StaleLoginError
from bookbridge.store import admins, audit, passwords, sessions
from bookbridge.store.db import Tx
from bookbridge.store.sessions import Session
from bookbridge.web.entrance import Entrance, LoginRefusedError
from bookbridge.web.pages.chosen import session_of
from bookbridge.web.pages.forms import form_of
from bookbridge.web.pages.login import WRONG_PASSWORD, Cookies
from bookbridge.web.pages.render import Pages

Form = Annotated[dict[str, str], Depends(form_of)]
Person = Annotated[Session, Depends(session_of)]

SHOWN_EVENTS = 15
NOTES = {
    "password": "Your password is changed. Your other sessions have ended.",
    "made": "The account is made. Log out and log in with it.",
    "ended": "The session has ended.",
    "gone": "That session had ended already.",
}
DEEDS = {
    "login": "Log-in", "link.made": "One-time link made", "sessions.ended": "Sessions ended",
    "admin.created": "Account made", "admin.password": "Password changed", "admin.disabled": "Account switched off",
    "admin.enabled": "Account switched on", "admin.removed": "Account removed", "key.created": "API key made",
    "key.revoked": "API key revoked", "source.added": "Webhook endpoint made",
    "source.removed": "Webhook endpoint removed", "connected": "Organization connected",
    "disconnected": "Organization disconnected",
}  # fmt: skip


def confirmed(request: Request, session: Person) -> Session:
    """FastAPI dependency: the session of a person who proved within ten minutes who they are (SEC-018).

    Raises:
        StaleLoginError: it is longer ago.
    """
    if not request.state.is_fresh:
        raise StaleLoginError
    return session


Confirmed = Annotated[Session, Depends(confirmed)]


def router(services: Services, pages: Pages, entrance: Entrance, /, *, https: bool) -> APIRouter:
    """``/account`` and what its forms do."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(session_of)])
    cookies = Cookies(https)
    _show(routes, services, pages)
    _password(routes, services, pages, entrance, cookies)
    _sessions(routes, services, cookies)
    return routes


def _show(routes: APIRouter, services: Services, pages: Pages) -> None:
    @routes.get("/account")
    def account(request: Request, session: Person, note: str = "") -> Response:
        """Everything about one's account."""
        return _page(request, services, pages, session, note=NOTES.get(note, ""))


def _password(routes: APIRouter, services: Services, pages: Pages, entrance: Entrance, cookies: Cookies) -> None:
    @routes.post("/account/password")
    def change(request: Request, form: Form, session: Person) -> Response:
        """Set a new password; the old one is asked for."""
        try:
            new = _new_password(form)
            entered = entrance.change_password(session, Secret(form.get("old", "")), new)
        except InvalidInputError as error:
            problem = f"{error} {error.remedy}".strip()
        except LoginRefusedError as error:
            problem = f"Too many attempts; wait {error.wait_s:.0f} s." if error.wait_s else WRONG_PASSWORD
        else:
            return cookies.give(RedirectResponse("/account?note=password", status_code=303), entered)
        return _page(request, services, pages, session, problem=problem, status_code=403)

    @routes.post("/account/new")
    def make(request: Request, form: Form, session: Confirmed) -> Response:
        """Make an account; only for whoever came by a link, which proves access to the machine."""
        try:
            if session.admin:
                raise InvalidInputError("Accounts are made with `bookbridge admin create NAME` or by a one-time link.")
            name = admins.name_of(form.get("name", ""))
            stored = _hash_of_new(form, name)
            with services.db.transaction() as tx:
                now = services.clock.now()
                admins.create(services.db, tx, name, password_hash=stored, now=now)
                audit.record(tx, at=now, actor=session.actor, action="admin.created", subject_id=name)
        except (InvalidInputError, ConflictError) as error:
            problem = f"{error} {getattr(error, 'remedy', '')}".strip()
            return _page(request, services, pages, session, problem=problem, status_code=400)
        return RedirectResponse("/account?note=made", status_code=303)


def _sessions(routes: APIRouter, services: Services, cookies: Cookies) -> None:
    @routes.post("/account/sessions/end")
    def end(form: Form, session: Person) -> Response:
        """End one of one's own sessions."""
        with services.db.transaction() as tx:
            is_ended = sessions.end_one(tx, form.get("session", ""), admin=session.admin)
            if is_ended:
                _note_ended(tx, services, session, 1)
        return RedirectResponse(f"/account?note={'ended' if is_ended else 'gone'}", status_code=303)

    @routes.post("/account/sessions/end-all")
    def end_all(session: Person) -> Response:
        """End all of one's sessions, this one too."""
        with services.db.transaction() as tx:
            _note_ended(tx, services, session, sessions.end_all(tx, admin=session.admin))
        return cookies.take_session(RedirectResponse("/login", status_code=303))


def _new_password(form: dict[str, str]) -> Secret:
    if form.get("new", "") != form.get("again", ""):
        raise InvalidInputError("The two passwords differ.", field="again", remedy="Type the same twice.")
    return Secret(form.get("new", ""))


def _hash_of_new(form: dict[str, str], name: str) -> str:
    new = _new_password(form)
    passwords.require_good(new, names=[name])
    return passwords.hashed(new)


def _note_ended(tx: Tx, services: Services, session: Session, ended: int) -> None:
    name = session.admin or "console"
    audit.record(
        tx, at=services.clock.now(), actor=session.actor, action="sessions.ended", subject_id=name,
        detail={"ended": ended},
    )  # fmt: skip


def _page(
    request: Request, services: Services, pages: Pages, session: Session, *, note: str = "", problem: str = "",
    status_code: int = 200,
) -> Response:  # fmt: skip
    with services.db.read() as tx:
        mine = sessions.list_open(tx, now=services.clock.now(), admin=session.admin)
        events = audit.noticed(tx, limit=SHOWN_EVENTS)
        admin = admins.find(tx, session.admin) if session.admin else None
    values = {
        "here": "account", "session": session, "sessions": mine, "events": events, "deeds": DEEDS, "note": note,
        "problem": problem, "changed_at": admin.changed_at if admin else None,
        "shortest": passwords.SHORTEST, "advised": passwords.ADVISED,
    }  # fmt: skip
    return pages.answer(request, "account.html", values, status_code=status_code)
