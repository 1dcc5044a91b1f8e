"""Logging in by a one-time link, and out. Opening the link changes nothing; sending its form does (SEC-014)."""

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bookbridge.kernel.secret import Secret
from bookbridge.registry import Services
from bookbridge.store import audit, sessions
from bookbridge.store.db import Tx
from bookbridge.web.auth import address, cookie_name
from bookbridge.web.pages.forms import form_of
from bookbridge.web.pages.render import Pages

Form = Annotated[dict[str, str], Depends(form_of)]

log = structlog.get_logger("bookbridge.web.login")


def router(services: Services, pages: Pages, /, *, https: bool) -> APIRouter:
    """``/login`` and ``/logout``."""
    routes = APIRouter(include_in_schema=False)
    cookie = cookie_name(https=https)

    @routes.get("/login")
    def show(request: Request, token: str = "") -> Response:
        """The form that uses the link, or how to get one; who is logged in already goes on."""
        if request.state.session is not None and not token:
            return RedirectResponse("/", status_code=303)
        return pages.answer(request, "login.html", {"token": token[:200], "spent": False})

    @routes.post("/login")
    def enter(request: Request, form: Form) -> Response:
        """Use the link once and open a session with a new id."""
        made = _redeemed(services, form.get("token", ""), address(request.scope), request.state.session)
        if made is None:
            log.warning("login_refused", address=address(request.scope))
            return pages.answer(request, "login.html", {"token": "", "spent": True}, status_code=403)
        session_id, session = made
        log.info("login", session=session.id_hash[:12], address=address(request.scope))
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(cookie, session_id.reveal(), path="/", httponly=True, samesite="lax", secure=https)
        return answer

    @routes.post("/logout")
    def leave(request: Request) -> Response:
        """End the session for every replica."""
        session = request.state.session
        if session is not None:
            with services.db.transaction() as tx:
                sessions.end(tx, session.id_hash)
                _note(tx, services, "logout", session)
            log.info("logout", session=session.id_hash[:12])
        answer = RedirectResponse("/login", status_code=303)
        answer.delete_cookie(cookie, path="/", httponly=True, samesite="lax", secure=https)
        return answer

    return routes


def _redeemed(
    services: Services, token: str, peer: str, before: sessions.Session | None
) -> tuple[Secret, sessions.Session] | None:
    """The session of a link that is used now, in place of the browser's old one; guessing writes nothing."""
    now = services.clock.now()
    with services.db.read() as tx:
        if not sessions.is_usable(tx, token, now=now):
            return None
    with services.db.transaction() as tx:
        made = sessions.redeem_link(tx, token, now=now)
        if made is not None and before is not None:
            sessions.end(tx, before.id_hash)
        if made is not None:
            _note(tx, services, "login", made[1], address=peer)
    return made


def _note(tx: Tx, services: Services, action: str, session: sessions.Session, **detail: str) -> None:
    name = session.id_hash[:12]
    audit.record(tx, at=services.clock.now(), actor=f"session:{name}", action=action, subject_id=name, detail=detail)
