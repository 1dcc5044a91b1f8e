"""Invoices without an order: listed, read, created as Zoho documents it, mailed."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bookbridge.effects.kinds import Context, Existing, Judgement, Landed, Reading, Settlement, Stuck
from bookbridge.effects.ledger import Effect, Plan
from bookbridge.effects.states import OPEN_STATES, Found, Sent, State
from bookbridge.features.billing import mirrored
from bookbridge.features.billing.workflow import CREATE
from bookbridge.http import JsonAnswer
from bookbridge.http.waiting import until
from bookbridge.inbox.receive import hash_of
from bookbridge.kernel import jsontext
from bookbridge.kernel.errors import BookbridgeError, ConflictError, InvalidInputError, NotFoundError
from bookbridge.kernel.ids import derived_key
from bookbridge.registry import Principal, Services, organization_for
from bookbridge.store.db import Tx
from bookbridge.store.organizations import Organization
from bookbridge.zoho.answers import Payload
from bookbridge.zoho.protocol import Prepared, Request

EMAIL = "invoice.email"
FILTERS = (
    "status", "page", "per_page", "customer_id", "date_start", "date_end", "search_text", "sort_column", "sort_order",
    "filter_by", "invoice_number", "reference_number", "customer_name", "email", "total", "balance", "due_date_start",
    "due_date_end", "last_modified_time", "item_id", "response_option",
)  # fmt: skip
"""Filters that Zoho documents for the invoice list and that are passed on (invoices.yml)."""

OURS = ("organization_id", "source", "wait")

CREATE_FIELDS = frozenset({
    "customer_id", "line_items", "currency_id", "contact_persons", "contact_persons_associated", "invoice_number",
    "reference_number", "template_id", "date", "payment_terms", "payment_terms_label", "due_date", "discount",
    "is_discount_before_tax", "discount_type", "is_inclusive_tax", "exchange_rate", "location_id",
    "recurring_invoice_id", "invoiced_estimate_id", "salesperson_name", "custom_fields", "tags",
    "payment_options", "allow_partial_payments", "custom_body", "custom_subject", "notes", "terms",
    "shipping_charge", "adjustment", "adjustment_description", "reason", "tax_authority_id", "tax_exemption_id",
    "billing_address_id", "shipping_address_id", "place_of_supply", "gst_treatment", "gst_no", "vat_treatment",
    "tax_treatment", "is_reverse_charge_applied", "cfdi_usage", "send_from_org_email_id",
})  # fmt: skip
"""Fields that Zoho documents for the creation of an invoice (FACTS 5.4); others are refused."""

MOST_LINES = 1000
NUMBERS = frozenset(
    {"rate", "quantity", "discount_amount", "exchange_rate", "adjustment", "shipping_charge", "bcy_rate"}
)


def list_invoices(services: Services, organization: Organization, query: Mapping[str, str], /) -> dict[str, Any]:
    """One page of invoices: from the mirror once they are mirrored, else as Zoho lists them (``source`` decides).

    Without ``source`` a filter that only Zoho has asks Zoho.

    Raises:
        InvalidInputError: a filter nobody documents (Zoho would ignore it and return everything), or another source.
        NotMirroredError: ``source=mirror`` before the first sync.
    """
    for name in query:
        if name not in FILTERS and name not in OURS:
            raise InvalidInputError(
                f"{name} is not a filter of invoices.", field=name, remedy=f"Use {', '.join(FILTERS)}."
            )
    source = query.get("source", "")
    if source not in ("", "zoho", "mirror"):
        raise InvalidInputError(
            f"{source[:40]} is not a source of invoices.", field="source", remedy="Send source=mirror or source=zoho."
        )
    params = {name: value for name, value in query.items() if name in FILTERS}
    if source == "mirror" or (not source and mirrored.can_list(services, organization, params)):
        return mirrored.list_invoices(services, organization, params)
    body = services.zoho.books(organization.organization_id).call("GET", "/invoices", params=params).body
    return {"invoices": body.get("invoices", []), "page_context": body.get("page_context", {})}


def get_invoice(services: Services, organization: Organization, invoice_id: str, /) -> dict[str, Any]:
    """One invoice as Zoho gives it."""
    books = services.zoho.books(organization.organization_id)
    return {"invoice": books.call("GET", f"/invoices/{_id(invoice_id)}").body.get("invoice", {})}


def pdf(services: Services, organization: Organization, invoice_id: str, /) -> bytes:
    """The invoice's PDF as Zoho makes it."""
    return services.zoho.books(organization.organization_id).invoices.pdf(_id(invoice_id))


def plan_invoice(services: Services, who: Principal, organization_id: str, raw: bytes, key: str, /) -> str:
    """Plan the creation of one invoice from a body as Zoho documents it; returns the effect's id."""
    body = jsontext.decode(raw) if raw.strip() else {}
    if not isinstance(body, dict) or not body.get("customer_id") or not body.get("line_items"):
        raise InvalidInputError(
            "customer_id and line_items are required", field="customer_id", remedy="Send both; see the documentation."
        )
    organization = organization_for(services, who, organization_id or str(body.pop("organization_id", "")))
    body.pop("organization_id", None)
    _check(body)
    plan = _plan(services, organization, CREATE, key, {"body": body})
    return _planned(services, plan)


def plan_email(
    services: Services, who: Principal, organization_id: str, invoice_id: str, raw: bytes, key: str, /
) -> str:
    """Plan one mail of an invoice by Zoho; returns the effect's id."""
    organization = organization_for(services, who, organization_id)
    body = jsontext.decode(raw) if raw.strip() else {}
    if not isinstance(body, dict):
        raise InvalidInputError("The body is not an object.", remedy="Send {} or Zoho's e-mail fields.")
    intent = {"invoice_id": _id(invoice_id), "body": body}
    return _planned(services, _plan(services, organization, EMAIL, key, intent))


async def answer(services: Services, effect_id: str, wait: float, /) -> JsonAnswer:
    """The result of an effect, or after ``wait`` seconds where it stands (202)."""
    effect = await until(
        lambda: _effect(services, effect_id), rests=lambda seen: seen.state not in OPEN_STATES, wait_s=wait
    )
    if effect.state in OPEN_STATES:
        return JsonAnswer({"success": False, "effect": _shown(effect)}, status_code=202)
    if effect.zoho_id is None:
        raise ConflictError(effect.reason or "Zoho refused it.")
    status = 201 if effect.kind == CREATE else 200
    member = "invoice" if effect.kind == CREATE else "email"
    done = effect.state is State.DONE
    return JsonAnswer({"success": done, member: effect.result, "effect": _shown(effect)}, status_code=status)


def _plan(services: Services, organization: Organization, kind: str, key: str, intent: dict[str, Any]) -> Plan:
    identity = key or services.ids.new("direct")
    return Plan(
        kind=kind,
        ekey=derived_key(organization.organization_id, kind, "key", identity),
        organization_id=organization.organization_id,
        intent=intent,
        call_class="order",
        content_hash=hash_of(intent),
        priority=2,
    )


def _planned(services: Services, plan: Plan) -> str:
    with services.db.transaction() as tx:
        planned = services.ledger.plan(tx, plan)
    if planned.content_hash != plan.content_hash:
        raise ConflictError("This Idempotency-Key was used before with other content; use a new key.")
    return planned.effect_id


def _check(body: Mapping[str, Any]) -> None:
    for name in body:
        if name not in CREATE_FIELDS:
            raise InvalidInputError(
                f"{name} is not a field Zoho documents for the creation of an invoice.",
                field=name,
                remedy="Remove it; Zoho would drop it silently.",
            )
    for name in NUMBERS & set(body):
        _require_number(body[name], name)
    if not isinstance(body["line_items"], list):
        raise InvalidInputError("line_items must be a list.", field="line_items", remedy="Send a list of lines.")
    if len(body["line_items"]) > MOST_LINES:
        remedy = f"Send at most {MOST_LINES} lines."
        raise InvalidInputError("An invoice has too many lines.", field="line_items", remedy=remedy)
    for index, line in enumerate(body["line_items"]):
        _check_line(line, f"line_items[{index}]")


def _check_line(line: Any, path: str) -> None:
    if not isinstance(line, dict) or not (line.get("name") or line.get("item_id")):
        raise InvalidInputError(f"{path} needs a name or an item_id.", field=path, remedy="Add one of them.")
    for name in NUMBERS & set(line):
        _require_number(line[name], f"{path}.{name}")
    if not line.get("item_id") and "rate" not in line:
        raise InvalidInputError(f"{path}.rate is required.", field=f"{path}.rate", remedy="Send a number.")


def _require_number(value: Any, path: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InvalidInputError(f"{path} must be a number.", field=path, remedy="Send the number without quotes.")


def _id(text: str) -> str:
    if not text.isascii() or not text.isdigit():
        raise NotFoundError("There is no invoice with that id; list them with GET /api/invoices.")
    return text


def _effect(services: Services, effect_id: str) -> Effect:
    with services.db.read() as tx:
        effect = services.ledger.get(tx, effect_id)
    assert effect is not None
    return effect


def _shown(effect: Effect) -> dict[str, Any]:
    return {"id": effect.id, "kind": effect.kind, "state": effect.state, "reason": effect.reason}


class EmailInvoice:
    """Zoho mails an invoice: at most once; an unclear outcome is shown to a person, never repeated."""

    name = EMAIL
    creates = True

    def prepare(self, context: Context, effect: Effect, revision: int, /) -> Request | Existing | Stuck:
        """The e-mail action; an empty body uses Zoho's template."""
        return Request(method="POST", path=f"/invoices/{effect.intent['invoice_id']}/email", json=effect.intent["body"])

    def judge(self, context: Context, effect: Effect, sent: Prepared, payload: Payload, /) -> Judgement:
        """Zoho answers without the record."""
        invoice_id = effect.intent["invoice_id"]
        landed = Landed("invoices", {"invoice_id": invoice_id, "status": "sent"}, is_part=True)
        return Judgement(Sent.CREATED, invoice_id, {"invoice_id": invoice_id}, landed=landed)

    def look(self, context: Context, effect: Effect, sent: Prepared, refused: bool, /) -> Reading:
        """Whether Zoho says the invoice was mailed; if not, and we do not know, a person decides."""
        invoice_id = effect.intent["invoice_id"]
        try:
            books = context.zoho.books(effect.organization_id, call_class=effect.call_class)
            row = books.call("GET", f"/invoices/{invoice_id}").body.get("invoice") or {}
        except BookbridgeError:
            if refused:
                return Reading(Found.NOTHING)
            raise
        if row.get("is_emailed") and not refused:
            return Reading(Found.OURS, invoice_id, {"invoice_id": invoice_id})
        if refused:
            return Reading(Found.NOTHING)
        return Reading(Found.OURS_DIFFERENT, invoice_id, detail="It is not clear whether the mail went out; ask Zoho.")

    def settled(self, tx: Tx, context: Context, effect: Effect, settlement: Settlement, /) -> None:
        """Nothing follows."""

    def noted(self, tx: Tx, context: Context, effect: Effect, state: State, reason: str, /) -> None:
        """Nothing to show."""
