"""The HTTP routes of expenses and of the accounts they are booked to."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from bookbridge.features.expenses import actions, receipts
from bookbridge.features.expenses.request import ExpenseBody, ExpenseChanges, parse_changes, parse_expense
from bookbridge.http import JsonAnswer
from bookbridge.http.waiting import until
from bookbridge.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from bookbridge.registry import Principal, Services, organization_for, requires

MAX_WAIT_S = 60.0
EFFECT = "eff_"
"""Begins the id of an expense that is still on its way."""

Writer = Annotated[Principal, Depends(requires("expenses:write"))]
Reader = Annotated[Principal, Depends(requires("expenses:read"))]
_FILE = {
    "requestBody": {
        "required": True,
        "content": {kind.media_type: {"schema": {"type": "string", "format": "binary"}} for kind in receipts.KINDS},
    }
}
Wait = Annotated[float, Query(ge=0, le=MAX_WAIT_S, description="seconds to wait for the expense")]


def router(services: Services, /) -> APIRouter:
    """Every route of expenses."""
    routes = APIRouter()
    _writing(routes, services)
    _reading(routes, services)
    _receipts(routes, services)
    return routes


def _writing(routes: APIRouter, services: Services) -> None:
    @routes.post("/api/expenses", status_code=201, openapi_extra=_schema(ExpenseBody))
    async def record_expense(request: Request, who: Writer, wait: Wait = 10.0, organization_id: str = "") -> JsonAnswer:
        """Record an expense exactly once; sent again with its identity it answers with the one that is there."""
        body, key = parse_expense.parse(await request.body()), _key(request)

        def accept() -> actions.Asked:
            organization = organization_for(services, who, organization_id or body.organization_id)
            return actions.record(services, organization, body, key=key)

        return await _answer(services, await run_in_threadpool(accept), wait, created=201)

    @routes.put("/api/expenses/{expense_id}", openapi_extra=_schema(ExpenseChanges))
    async def change_expense(
        request: Request, expense_id: str, who: Writer, wait: Wait = 10.0, organization_id: str = ""
    ) -> JsonAnswer:
        """Change the fields that are sent; the others stay."""
        changes, key = parse_changes.parse(await request.body()), _key(request)

        def accept() -> actions.Asked:
            organization = organization_for(services, who, organization_id or changes.organization_id)
            return actions.change(services, organization, expense_id, changes, key=key)

        return await _answer(services, await run_in_threadpool(accept), wait, created=200)


def _reading(routes: APIRouter, services: Services) -> None:
    @routes.get("/api/expenses")
    def list_expenses(request: Request, who: Reader, organization_id: str = "") -> JsonAnswer:
        """Expenses as Zoho lists them; unknown filters are refused, because Zoho would ignore them."""
        query = {name: value for name, value in request.query_params.items() if name != "organization_id"}
        return JsonAnswer(actions.list_page(services, organization_for(services, who, organization_id), query))

    @routes.get("/api/expenses/{expense_id}")
    def get_expense(expense_id: str, who: Reader, organization_id: str = "") -> JsonAnswer:
        """One expense; by the id of a 202 answer, where the expense that is on its way stands."""
        if expense_id.startswith(EFFECT):
            return _where_it_stands(services, who, expense_id)
        organization = organization_for(services, who, organization_id)
        return JsonAnswer({"expense": actions.read(services, organization, expense_id)})

    @routes.get("/api/accounts")
    def list_accounts(
        who: Reader, kind: Annotated[str, Query(alias="type")] = "expense", organization_id: str = ""
    ) -> JsonAnswer:
        """Accounts of a type: ``expense`` (what a category may name), ``paid_through``, or a type of Zoho's."""
        organization = organization_for(services, who, organization_id)
        return JsonAnswer({"accounts": actions.list_accounts(services, organization, kind)})


def _receipts(routes: APIRouter, services: Services) -> None:
    @routes.put("/api/expenses/{expense_id}/receipt", status_code=201, openapi_extra=_FILE)
    async def attach_receipt(
        request: Request,
        expense_id: str,
        who: Writer,
        filename: Annotated[str, Query(max_length=200)] = "",
        replace: bool = False,
        organization_id: str = "",
    ) -> JsonAnswer:
        """Attach the body, a PDF or a picture, as the receipt; the same again changes nothing (200)."""
        content = await request.body()

        def attach() -> dict[str, object]:
            organization = organization_for(services, who, organization_id)
            _require_recorded(expense_id)
            return receipts.attach(
                services, organization, expense_id, content, filename=filename, replaces=replace, actor=who.name
            )

        told = await run_in_threadpool(attach)
        return JsonAnswer({"success": True, **told}, status_code=201 if told["is_new"] else 200)

    @routes.get("/api/expenses/{expense_id}/receipt")
    def get_receipt(expense_id: str, who: Reader, organization_id: str = "") -> Response:
        """The receipt of an expense, as a file."""
        organization = organization_for(services, who, organization_id)
        _require_recorded(expense_id)
        found = receipts.fetch(services, organization, expense_id)
        headers = {"Content-Disposition": f'attachment; filename="{found.filename}"'}
        headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return Response(found.content, media_type=found.content_type, headers=headers)


def _require_recorded(expense_id: str) -> None:
    if expense_id.startswith(EFFECT):
        raise ConflictError(f"The expense is not in Zoho yet; GET /api/expenses/{expense_id} says when it is.")


def _where_it_stands(services: Services, who: Principal, effect_id: str) -> JsonAnswer:
    standing = actions.standing(services, effect_id)
    if who.organization_ids and standing.effect.organization_id not in who.organization_ids:
        raise NotFoundError("There is no expense with that id; list them with GET /api/expenses.")
    return JsonAnswer(actions.outcome(standing))


async def _answer(services: Services, asked: actions.Asked, wait_s: float, *, created: int) -> JsonAnswer:
    """The expense, or after ``wait_s`` seconds (202) where to ask for it."""
    standing = await until(
        lambda: actions.standing(services, asked.effect_id), rests=lambda seen: seen.rests, wait_s=wait_s
    )
    told = actions.outcome(standing)
    if not told["success"]:
        return JsonAnswer(told, status_code=202, headers={"Location": f"/api/expenses/{asked.effect_id}"})
    location = f"/api/expenses/{told['expense_id']}"
    return JsonAnswer(told, status_code=created if asked.is_new else 200, headers={"Location": location})


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if len(key) > 200:
        raise InvalidInputError("The Idempotency-Key is too long.", field="Idempotency-Key", remedy="Use at most 200.")
    return key


def _schema(model: type[ExpenseBody] | type[ExpenseChanges]) -> dict[str, object]:
    content = {"application/json": {"schema": model.model_json_schema(by_alias=False)}}
    return {"requestBody": {"required": True, "content": content}}
