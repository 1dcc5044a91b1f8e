"""The HTTP routes of billing: orders in, invoices out."""

from dataclasses import fields
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from bookbridge.features.billing import actions, direct, store, store_queries
from bookbridge.http import JsonAnswer
from bookbridge.http.waiting import until
from bookbridge.inbox.order_body import OrderBody, parse_body, to_order
from bookbridge.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from bookbridge.registry import Principal, Services, organization_for, requires

MAX_WAIT_S = 60.0

Writer = Annotated[Principal, Depends(requires("invoices:write"))]
Reader = Annotated[Principal, Depends(requires("invoices:read"))]
OrderWriter = Annotated[Principal, Depends(requires("orders:write"))]
OrderReader = Annotated[Principal, Depends(requires("orders:read"))]
Text = Annotated[str, Query(max_length=200)]
Wait = Annotated[float, Query(ge=0, le=MAX_WAIT_S, description="seconds to wait for the invoice")]


def router(services: Services, /) -> APIRouter:
    """Every route of billing."""
    routes = APIRouter()
    _order_routes(routes, services)
    _one_order_routes(routes, services)
    _invoice_routes(routes, services)
    return routes


def _order_routes(routes: APIRouter, services: Services) -> None:
    @routes.post("/api/invoices/from-order", openapi_extra=_schema(OrderBody))
    async def invoice_from_order(request: Request, who: Writer, wait: Wait = 10.0) -> Response:
        """Make an order exactly one invoice; the same order again answers with the invoice that is there."""
        raw = await request.body()
        key = request.headers.get("idempotency-key", "")
        row, is_new = await run_in_threadpool(_accept, services, who, raw, key)
        row = await _settled(services, row, wait)
        return _order_answer(services, row, is_new=is_new)

    @routes.get("/api/orders")
    def list_orders(
        who: OrderReader,
        state: Text = "",
        source: Text = "",
        search_text: Text = "",
        organization_id: Text = "",
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
        per_page: Annotated[int, Query(ge=1, le=200)] = 25,
    ) -> JsonAnswer:
        """Orders, the latest first."""
        ids = _visible(services, who, organization_id)
        with services.db.read() as tx:
            found = store_queries.list_orders(
                tx, organization_ids=ids, state=state, source=source, search=search_text, page=page, per_page=per_page
            )
        context = {"page": page, "per_page": per_page, "has_more_page": page * per_page < found.total}
        return JsonAnswer(
            {"orders": [_listed(row) for row in found.rows], "page_context": {**context, "total": found.total}}
        )


def _one_order_routes(routes: APIRouter, services: Services) -> None:
    @routes.get("/api/orders/{order_pk}")
    def show_order(order_pk: str, who: OrderReader) -> JsonAnswer:
        """An order's life: state, attempts, Zoho ids, totals."""
        row = _own(services, who, order_pk)
        with services.db.read() as tx:
            life = store_queries.order_life(tx, order_pk)
        assert life is not None
        return JsonAnswer({"order": {**store.summary(row), "effects": life.effects}, "body": row.body})

    @routes.post("/api/orders/{order_pk}/retry")
    def retry_order(order_pk: str, who: OrderWriter) -> JsonAnswer:
        """Try a failed order or a review again."""
        _own(services, who, order_pk)
        row = actions.note(services, actions.retry(services, order_pk), action="order.retried", actor=who.name)
        return JsonAnswer({"order": store.summary(row)})

    @routes.post("/api/orders/{order_pk}/discard")
    def discard_order(order_pk: str, who: OrderWriter, reason: str = "") -> JsonAnswer:
        """Give an order up that has no invoice."""
        _own(services, who, order_pk)
        row = actions.discard(services, order_pk, reason=reason[:500])
        return JsonAnswer(
            {"order": store.summary(actions.note(services, row, action="order.discarded", actor=who.name))}
        )


def _invoice_routes(routes: APIRouter, services: Services) -> None:
    @routes.get("/api/invoices")
    def list_invoices(request: Request, who: Reader, organization_id: str = "") -> JsonAnswer:
        """Invoices from the mirror once there is one, else as Zoho lists them; unknown filters are refused."""
        organization = organization_for(services, who, organization_id)
        return JsonAnswer(direct.list_invoices(services, organization, dict(request.query_params)))

    @routes.post("/api/invoices", status_code=201)
    async def create_invoice(request: Request, who: Writer, wait: Wait = 10.0, organization_id: str = "") -> Response:
        """Create one invoice as Zoho documents it; with an ``Idempotency-Key`` never a second one."""
        raw = await request.body()
        key = request.headers.get("idempotency-key", "")
        effect_id = await run_in_threadpool(direct.plan_invoice, services, who, organization_id, raw, key)
        return await direct.answer(services, effect_id, wait)

    @routes.get("/api/invoices/{invoice_id}")
    def get_invoice(invoice_id: str, who: Reader, organization_id: str = "") -> JsonAnswer:
        """One invoice with its lines."""
        organization = organization_for(services, who, organization_id)
        return JsonAnswer(direct.get_invoice(services, organization, invoice_id))

    @routes.get("/api/invoices/{invoice_id}/pdf")
    def invoice_pdf(invoice_id: str, who: Reader, organization_id: str = "") -> Response:
        """The invoice's PDF."""
        organization = organization_for(services, who, organization_id)
        content = direct.pdf(services, organization, invoice_id)
        headers = {"Content-Disposition": f'attachment; filename="{invoice_id}.pdf"'}
        return Response(content, media_type="application/pdf", headers=headers)

    @routes.post("/api/invoices/{invoice_id}/email")
    async def email_invoice(
        request: Request, invoice_id: str, who: Writer, wait: Wait = 10.0, organization_id: str = ""
    ) -> Response:
        """Have Zoho mail the invoice, at most once for each request key; an unclear outcome is never mailed again."""
        key, raw = request.headers.get("idempotency-key", ""), await request.body()
        effect_id = await run_in_threadpool(direct.plan_email, services, who, organization_id, invoice_id, raw, key)
        return await direct.answer(services, effect_id, wait)


def _accept(services: Services, who: Principal, raw: bytes, key: str) -> tuple[store.OrderRow, bool]:
    """Validate and store an order; from here on it is never lost."""
    body = parse_body.parse(raw)
    organization = organization_for(services, who, body.organization_id)
    if len(key) > 200:
        raise InvalidInputError("The Idempotency-Key is too long.", field="Idempotency-Key", remedy="Use at most 200.")
    order_id = body.order_id.strip() or (f"key:{key}" if key else services.ids.new("direct"))
    order = to_order(body, order_id=order_id)
    receipt = services.inbox.receive(order, organization=organization, channel="api")
    if receipt.outcome == "changed":
        raise ConflictError(
            f"Order {order_id} of {order.source} was sent before with other content; send a new order_id, "
            "or void its invoice in Zoho."
        )
    return actions.get(services, receipt.order_pk), receipt.outcome == "new"


async def _settled(services: Services, row: store.OrderRow, wait: float) -> store.OrderRow:
    """The order once it rests, or as it is after ``wait`` seconds; waits on the event loop, not in a thread."""
    return await until(
        lambda: actions.get(services, row.id), rests=lambda seen: seen.state in actions.SETTLED, wait_s=wait
    )


def _order_answer(services: Services, row: store.OrderRow, *, is_new: bool) -> JsonAnswer:
    summary = store.summary(row)
    location = {"Location": str(summary["url"])}
    if row.invoice_id is None:
        status = 202 if row.state not in ("failed", "discarded") else 200
        return JsonAnswer({"success": False, "order": summary}, status_code=status, headers=location)
    answer = {
        "success": True,
        "invoice_id": row.invoice_id,
        "invoice_number": row.invoice_number,
        "total": summary["invoice_total"],
        "due_date": row.invoice_due_on,
        "status": row.invoice_status,
        "pdf_url": f"/api/invoices/{row.invoice_id}/pdf?organization_id={row.organization_id}",
        "order": summary,
    }
    return JsonAnswer(answer, status_code=201 if is_new else 200, headers=location)


def _listed(row: store_queries.OrderRow) -> dict[str, Any]:
    """An order of the list, in the words of the single one; amounts in major units."""
    shown: dict[str, Any] = {field.name: getattr(row, field.name) for field in fields(row)}
    for name in ("total", "invoice_total"):
        shown[name] = shown[name].amount if shown[name] is not None else None
    return {**shown, "reason": row.reason or None, "url": f"/api/orders/{row.id}"}


def _own(services: Services, who: Principal, order_pk: str) -> store.OrderRow:
    """The order, if the principal may see its organization; otherwise it does not exist."""
    row = actions.get(services, order_pk)
    if who.organization_ids and row.organization_id not in who.organization_ids:
        raise NotFoundError("There is no order with that id; list them with GET /api/orders.")
    return row


def _visible(services: Services, who: Principal, wanted: str) -> tuple[str, ...]:
    if wanted:
        return (organization_for(services, who, wanted).organization_id,)
    return tuple(who.organization_ids)


def _schema(model: type[Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": model.model_json_schema(by_alias=True)}}
    return {"requestBody": {"required": True, "content": content}}
