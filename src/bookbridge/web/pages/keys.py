"""API keys on a page: which there are, a new one (shown once), and their end."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bookbridge.kernel.errors import InvalidInputError
from bookbridge.registry import SCOPES, Services
from bookbridge.store import audit, keys
from bookbridge.web.pages.account import Confirmed, Form, Person
from bookbridge.web.pages.chosen import session_of
from bookbridge.web.pages.render import Pages

NOTES = {"revoked": "The key is revoked.", "gone": "That key had ended already."}
LONGEST_NAME, MOST_DAYS = 100, 3650


def router(services: Services, pages: Pages, /) -> APIRouter:
    """``/account/keys`` and what its forms do."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(session_of)])

    @routes.get("/account/keys")
    def show(request: Request, note: str = "") -> Response:
        """Every key, without the keys themselves."""
        with services.db.read() as tx:
            found = keys.list_all(tx)
        now = services.clock.now()
        rows = [(each, each.standing(now)) for each in found]
        return pages.answer(request, "keys.html", {"here": "account", "rows": rows, "note": NOTES.get(note, "")})

    @routes.get("/account/keys/new")
    def ask(request: Request, _session: Confirmed) -> Response:
        """The form of a new key; whoever logged in long ago is asked for the password first (SEC-018)."""
        return _form_page(request, services, pages)

    @routes.post("/account/keys/new")
    def make(request: Request, form: Form, session: Confirmed) -> Response:
        """Make a key and show it, once."""
        try:
            wanted = _wanted(services, form)
        except InvalidInputError as error:
            problem = f"{error} {error.remedy}".strip()
            return _form_page(request, services, pages, form=form, problem=problem, status_code=400)
        environment = "test" if services.zoho.options.is_sandbox else "live"
        with services.db.transaction() as tx:
            now = services.clock.now()
            key, text = keys.create(tx, ids=services.ids, now=now, environment=environment, **wanted)
            detail = {"scopes": sorted(key.scopes), "organization_ids": sorted(key.organization_ids)}
            audit.record(tx, at=now, actor=session.actor, action="key.created", subject_id=key.id, detail=detail)
        return pages.answer(request, "key_made.html", {"here": "account", "key": key, "text": text.reveal()})

    @routes.post("/account/keys/revoke")
    def revoke(form: Form, session: Person) -> Response:
        """End a key everywhere within a second."""
        key_id = form.get("key", "")
        with services.db.transaction() as tx:
            now = services.clock.now()
            is_revoked = keys.revoke(tx, key_id, now=now)
            if is_revoked:
                audit.record(tx, at=now, actor=session.actor, action="key.revoked", subject_id=key_id)
        return RedirectResponse(f"/account/keys?note={'revoked' if is_revoked else 'gone'}", status_code=303)

    return routes


def _wanted(services: Services, form: Mapping[str, str]) -> dict[str, Any]:
    """What a new key shall be.

    Raises:
        InvalidInputError: no name, no scope, an unknown organization, or a life that cannot be.
    """
    name, days = form.get("name", "").strip(), form.get("days", "")
    scopes = [each for each in (*SCOPES, "*") if f"scope:{each}" in form]
    organization_ids = [field.partition(":")[2] for field in form if field.startswith("organization:")]
    connected = {each.organization_id for each in services.zoho.connected()}
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidInputError("The key has no name.", field="name", remedy="Name the program that will use it.")
    if not scopes:
        raise InvalidInputError("The key could do nothing.", field="scope", remedy="Tick what it may do.")
    if not connected.issuperset(organization_ids):
        raise InvalidInputError("An organization is no longer connected.", remedy="Choose again.")
    if not (days.isascii() and days.isdigit() and len(days) < 5 and 0 < int(days) <= MOST_DAYS):
        raise InvalidInputError("That is no number of days.", field="days", remedy=f"Give 1 to {MOST_DAYS}.")
    return {"name": name, "scopes": scopes, "organization_ids": organization_ids, "valid_days": int(days)}


def _form_page(
    request: Request, services: Services, pages: Pages, *, form: Mapping[str, str] | None = None, problem: str = "",
    status_code: int = 200,
) -> Response:  # fmt: skip
    values = {
        "here": "account", "scopes": {**SCOPES, "*": "everything, also what comes later"}, "form": form or {},
        "organizations": services.zoho.connected(), "days": (form or {}).get("days", str(keys.VALID_DAYS)),
        "problem": problem,
    }  # fmt: skip
    return pages.answer(request, "key_new.html", values, status_code=status_code)
