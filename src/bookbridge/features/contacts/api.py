"""The HTTP routes of contacts."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool

from bookbridge.features.contacts import actions
from bookbridge.features.contacts.actions import ContactBody, parse_contact
from bookbridge.http import JsonAnswer
from bookbridge.http.waiting import until
from bookbridge.kernel.errors import ConflictError
from bookbridge.registry import Principal, Services, organization_for, requires
from bookbridge.store.organizations import Organization

TRIES = 3
"""A contact that was deleted in Zoho is replaced; one that vanishes again and again is not."""

Writer = Annotated[Principal, Depends(requires("contacts:write"))]
Reader = Annotated[Principal, Depends(requires("contacts:read"))]
Wait = Annotated[float, Query(ge=0, le=60.0, description="seconds to wait for the contact")]


def router(services: Services, /) -> APIRouter:
    """Every route of contacts."""
    routes = APIRouter()

    @routes.get("/api/contacts")
    def list_contacts(request: Request, who: Reader, organization_id: str = "") -> JsonAnswer:
        """Contacts as Zoho lists them, customers unless told otherwise; unknown filters are refused."""
        query = {name: value for name, value in request.query_params.items() if name != "organization_id"}
        return JsonAnswer(actions.list_page(services, organization_for(services, who, organization_id), query))

    @routes.get("/api/contacts/{contact_id}")
    def get_contact(contact_id: str, who: Reader, organization_id: str = "") -> JsonAnswer:
        """One contact with its persons and addresses."""
        organization = organization_for(services, who, organization_id)
        return JsonAnswer({"contact": actions.read(services, organization, contact_id)})

    @routes.post("/api/contacts/find-or-create", openapi_extra=_SCHEMA)
    async def find_or_create(request: Request, who: Writer, wait: Wait = 10.0, organization_id: str = "") -> JsonAnswer:
        """The contact with an e-mail address; created when there is none, once for everybody who asks."""
        body = parse_contact.parse(await request.body())
        organization = await run_in_threadpool(organization_for, services, who, organization_id or body.organization_id)
        return await _answer(services, organization, body, wait)

    return routes


async def _answer(services: Services, organization: Organization, body: ContactBody, wait_s: float) -> JsonAnswer:
    """The contact, or after ``wait_s`` seconds (202) the effect that will find or create it."""
    for _ in range(TRIES):
        wanted = await run_in_threadpool(actions.want, services, organization, body)
        seen = await until(
            lambda wanted=wanted: actions.standing(services, wanted),  # type: ignore[misc]
            rests=lambda seen: seen.rests,
            wait_s=wait_s,
        )
        if not seen.rests:
            return JsonAnswer({"contact": None, "created": False, "effect": _shown(seen)}, status_code=202)
        contact = await run_in_threadpool(actions.found, services, organization, seen)
        if contact is not None:
            return JsonAnswer({"contact": contact, "created": seen.created})
    raise ConflictError("The contact is deleted in Zoho as soon as it is there; look who does that.")


def _shown(seen: actions.Standing) -> dict[str, Any]:
    assert seen.effect is not None
    return {"id": seen.effect.id, "kind": seen.effect.kind, "state": seen.effect.state, "reason": seen.effect.reason}


_SCHEMA = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": ContactBody.model_json_schema(by_alias=False)}},
    }
}
