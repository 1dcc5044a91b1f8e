"""The HTTP routes of receivables."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from bookbridge.features.receivables import actions
from bookbridge.http import JsonAnswer
from bookbridge.registry import Principal, Services, organization_for, requires

Reader = Annotated[Principal, Depends(requires("receivables:read"))]
Text = Annotated[str, Query(max_length=200)]
Day = Annotated[str, Query(max_length=200, description="2026-01-31; without it today in the organization's time zone")]
By = Annotated[str, Query(max_length=200, description="due_date or invoice_date")]
Currency = Annotated[str, Query(max_length=200, description="only this one; without it all, in the organization's")]


def router(services: Services, /) -> APIRouter:
    """Every route of receivables."""
    routes = APIRouter()

    @routes.get("/api/receivables/aging")
    def aging(
        who: Reader, as_of: Day = "", by: By = "due_date", currency: Currency = "", organization_id: Text = ""
    ) -> JsonAnswer:
        """Open invoices by age, with the ten customers that owe most; read from the mirror, without a call."""
        organization = organization_for(services, who, organization_id)
        found = actions.get_aging(services, organization, as_of=as_of, by=by, currency=currency)
        return JsonAnswer(actions.as_json(found))

    return routes
