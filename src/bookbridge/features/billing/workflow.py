"""The effects of billing: create the invoice of an order, mark it as sent, mail it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from bookbridge.access import catalog
from bookbridge.effects import keyfield, parties
from bookbridge.effects.kinds import Context, Existing, Judgement, Landed, Reading, Ready, Settlement, Stuck, Waits
from bookbridge.effects.ledger import Effect, Ledger, Plan
from bookbridge.effects.states import Found, Sent, State
from bookbridge.features.billing import echo, policy, request, store
from bookbridge.inbox.order_body import from_json
from bookbridge.inbox.receive import OrderEvent
from bookbridge.kernel import jsontext
from bookbridge.kernel.errors import InvalidInputError
from bookbridge.kernel.ids import derived_key
from bookbridge.kernel.money import Money
from bookbridge.kernel.orders import Order
from bookbridge.store.db import Tx
from bookbridge.store.organizations import Organization
from bookbridge.zoho.answers import Payload
from bookbridge.zoho.errors import RecordNotFoundError
from bookbridge.zoho.protocol import Prepared, Request

CREATE, MARK_SENT = "invoice.create", "invoice.mark_sent"
DERIVED = "derived"


@dataclass(frozen=True, slots=True)
class Options:
    """How invoices are made: ``numbering`` derived|zoho, ``status`` draft|sent|email, ``prefix`` of derived numbers."""

    numbering: str = DERIVED
    status: str = "draft"
    prefix: str = "BB-"


def options_of(context: Context, /) -> Options:
    """The billing options of this installation."""
    found: Options = context.options["billing"]
    return found


def planner(ledger: Ledger, /) -> "PlanOrder":
    """The planning function for ``order.created``."""
    return PlanOrder(ledger)


class PlanOrder:
    """Plans the contact (unless it is known) and the invoice of each new order."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __call__(self, tx: Tx, events: Sequence[OrderEvent], /) -> None:
        """Plan inside the transaction that accepts the orders."""
        contacts = [_contact_of(event) for event in events]
        waiting = self._customers(tx, contacts)
        self._ledger.plan_all(
            tx, [_invoice_of(event, plan, waiting[plan.ekey]) for event, plan in zip(events, contacts, strict=True)]
        )

    def _customers(self, tx: Tx, plans: Sequence[Plan]) -> dict[str, str | None]:
        """What the invoices of each customer wait for: its contact, or nothing when that is known."""
        keys: dict[str, set[str]] = {}
        for plan in plans:
            keys.setdefault(plan.organization_id, set()).add(plan.intent["key"])
        bound = {each: parties.bound_keys(tx, each, some) for each, some in keys.items()}
        waiting: dict[str, str | None] = {}
        for plan in plans:
            if plan.intent["key"] in bound[plan.organization_id]:
                waiting[plan.ekey] = None
            elif plan.ekey not in waiting:
                planned = parties.ensure(tx, self._ledger, plan)
                waiting[plan.ekey] = None if planned is None else planned.effect_id
        return waiting


def _contact_of(event: OrderEvent) -> Plan:
    order = event.order
    return parties.plan_contact(
        event.organization.organization_id,
        source=order.source,
        party=order.party,
        currency=order.currency,
        priority=event.priority,
    )


def _invoice_of(event: OrderEvent, contact: Plan, depends_on: str | None) -> Plan:
    return Plan(
        kind=CREATE,
        ekey=derived_key(event.okey, CREATE),
        organization_id=event.organization.organization_id,
        intent={"okey": event.okey, "contact_key": contact.intent["key"]},
        call_class="order",
        order_pk=event.order_pk,
        depends_on=depends_on,
        priority=event.priority,
    )


class CreateInvoice:
    """One invoice for one order, or for one direct request, whose body is then in the intent."""

    name = CREATE
    creates = True

    def prepare(self, context: Context, effect: Effect, revision: int, /) -> Request | Ready | Existing | Stuck | Waits:
        """The create request under the number of ``revision``."""
        with_intent = None
        organization = context.zoho.organization(effect.organization_id)
        if options_of(context).numbering != DERIVED and organization.key_field is None:
            return Stuck(f"BOOKBRIDGE_NUMBERING=zoho needs the unique custom field in {organization.name}; see doctor.")
        if effect.order_pk is None:
            body = dict(effect.intent["body"])
            identity, source, order_id = effect.ekey, "default", ""
            send = bool(effect.intent.get("send"))
        else:
            built = self._of_order(context, effect, organization)
            if isinstance(built, Stuck | Waits):
                return built
            row, made = built
            known = {"total_minor": made.predicted, "contact_id": made.body["customer_id"], "exponent": made.exponent}
            with_intent = partial(_remember, context, row.id, known)
            body, identity, source, order_id = made.body, row.okey, row.source, from_json(row.body).given_id
            send = self._mails(context, row)
        params: dict[str, Any] = {}
        if options_of(context).numbering == DERIVED and "invoice_number" not in body:
            clashes = max(0, revision - effect.intent.get("renewals", 0))
            body["invoice_number"] = policy.invoice_number(
                prefix=options_of(context).prefix, source=source, order_id=order_id, okey=identity, revision=clashes
            )
        if "invoice_number" in body:
            params["ignore_auto_number_generation"] = True
        fields = keyfield.entry(organization, "invoices", effect.ekey)
        body["custom_fields"] = [*body.get("custom_fields", []), *fields]
        if send:
            params["send"] = True
        made_request = Request(method="POST", path="/invoices", params=params, json=body)
        return Ready(made_request, with_intent) if with_intent else made_request

    def _of_order(
        self, context: Context, effect: Effect, organization: Organization
    ) -> tuple[store.OrderRow, request.Built] | Stuck | Waits:
        assert effect.order_pk is not None
        with context.db.read() as tx:
            row = store.get(tx, effect.order_pk)
            contact_id = parties.bound_contact(tx, effect.organization_id, effect.intent["contact_key"])
        assert row is not None
        order = from_json(row.body)
        if contact_id is None:
            return _customer_first(context, effect, order)
        if self._mails(context, row) and not _has_address(context, effect, contact_id, order):
            return Stuck("The customer has no e-mail address in Zoho to send the invoice to; add it, then retry.")
        try:
            built = request.build(
                order,
                organization=organization,
                contact_id=contact_id,
                exponent=catalog.exponent(context.zoho, context.db, organization, order.currency),
                received_at=row.received_at,
                lookup=echo.lookup(context, effect.organization_id),
                tax_per_line=echo.rounds_per_line(organization),
                rate=partial(catalog.exchange_rate, context.zoho, context.db, organization),
            )
        except InvalidInputError as error:
            return Stuck(f"{error} {error.remedy}".strip())
        return Stuck(built.reason) if built.reason else (row, built)

    def _mails(self, context: Context, row: store.OrderRow) -> bool:
        asked = row.body.get("send_email")
        return bool(asked) if asked is not None else options_of(context).status == "email"

    def judge(self, context: Context, effect: Effect, sent: Prepared, payload: Payload, /) -> Judgement:
        """Number, customer and key must be ours; a total that differs is bound and shown to a person."""
        row, body = payload.body.get("invoice") or {}, jsontext.decode(sent.content)
        problem = echo.not_ours(context.zoho.organization(effect.organization_id), effect, row, body)
        if problem:
            return Judgement(Sent.AMBIGUOUS, detail=problem)
        differs = echo.difference(context, effect, row, body)
        kind = Sent.CREATED_DIFFERENT if differs else Sent.CREATED
        return Judgement(kind, str(row["invoice_id"]), echo.kept(row), differs, Landed("invoices", row))

    def look(self, context: Context, effect: Effect, sent: Prepared, refused: bool, /) -> Reading:
        """By number, after a refusal also by key and reference; each row is compared, the filters are not trusted."""
        organization = context.zoho.organization(effect.organization_id)
        body = jsontext.decode(sent.content)
        foreign = False
        for params in _searches(organization, effect, body, refused):
            rows = _invoices(context, effect, params)
            ours = [row for row in rows if echo.is_ours(organization, effect, row, body)]
            if len(ours) > 1:
                return Reading(Found.SEVERAL)
            if ours:
                return self._found(context, effect, ours[0], body)
            number = body.get("invoice_number")
            foreign = foreign or any(number and echo.same_text(row.get("invoice_number"), number) for row in rows)
        if foreign:
            return Reading(Found.FOREIGN)
        lost = refused and effect.order_pk is not None and _lost_customer(context, effect, body)
        return Reading(Found.OUTDATED if lost else Found.NOTHING)

    def _found(self, context: Context, effect: Effect, row: Mapping[str, Any], body: Mapping[str, Any]) -> Reading:
        differs = echo.difference(context, effect, row, body)
        if row.get("status") == "void":
            differs = "The invoice was voided in Zoho before its creation was confirmed."
        found = Found.OURS_DIFFERENT if differs else Found.OURS
        landed = Landed("invoices", row, is_detail=False)
        return Reading(found, str(row["invoice_id"]), echo.kept(row), differs, landed)

    def settled(self, tx: Tx, context: Context, effect: Effect, settlement: Settlement, /) -> None:
        """Bind the invoice to its order and plan what follows."""
        if effect.order_pk is None:
            return
        if settlement.zoho_id is None:
            store.move(context.db, tx, effect.order_pk, settlement.state.value, reason=settlement.reason)
            return
        _, exponent, _ = store.expected(tx, effect.order_pk)
        sends = options_of(context).status == "sent" and settlement.state is State.DONE
        values = _order_columns(settlement.result, exponent)
        store.update(context.db, tx, effect.order_pk, invoice_id=settlement.zoho_id, **values)
        state = "working" if sends else settlement.state.value
        store.move(context.db, tx, effect.order_pk, state, reason=settlement.reason or None, unless=("review",))
        if sends:
            context.ledger.plan(tx, _mark_sent(effect, settlement.zoho_id))

    def noted(self, tx: Tx, context: Context, effect: Effect, state: State, reason: str, /) -> None:
        """Keep the order's state up to date while its invoice is on the way."""
        if effect.order_pk is not None:
            shown = "unknown" if state is State.UNKNOWN else "working"
            store.move(context.db, tx, effect.order_pk, shown, reason=reason or None, unless=("done", "review"))


def _remember(context: Context, order_pk: str, known: Mapping[str, Any], tx: Tx) -> None:
    """Keep what the invoice must come to, together with the intent to create it."""
    store.update(context.db, tx, order_pk, **known)


def _mark_sent(effect: Effect, invoice_id: str) -> Plan:
    return Plan(
        kind=MARK_SENT,
        ekey=derived_key(effect.ekey, MARK_SENT),
        organization_id=effect.organization_id,
        intent={"invoice_id": invoice_id},
        call_class="order",
        order_pk=effect.order_pk,
        depends_on=effect.id,
        priority=effect.priority,
    )


class MarkInvoiceSent:
    """Sets the status of an invoice to sent; repeating it does no harm."""

    name = MARK_SENT
    creates = False

    def prepare(self, context: Context, effect: Effect, revision: int, /) -> Request | Existing | Stuck:
        """The status action."""
        return Request(method="POST", path=f"/invoices/{effect.intent['invoice_id']}/status/sent")

    def judge(self, context: Context, effect: Effect, sent: Prepared, payload: Payload, /) -> Judgement:
        """The status action answers without the record (FACTS 5.4); an answer with one is another call's."""
        if set(payload.body) - {"code", "message"}:
            return Judgement(Sent.AMBIGUOUS, detail="The answer is not that of a status action.")
        invoice_id = effect.intent["invoice_id"]
        landed = Landed("invoices", {"invoice_id": invoice_id, "status": "sent"}, is_part=True)
        return Judgement(Sent.CREATED, invoice_id, {"status": "sent"}, landed=landed)

    def look(self, context: Context, effect: Effect, sent: Prepared, refused: bool, /) -> Reading:
        """Read the invoice's status."""
        books = context.zoho.books(effect.organization_id, call_class=effect.call_class)
        try:
            row = books.call("GET", sent_path(effect)).body.get("invoice") or {}
        except RecordNotFoundError:
            return Reading(Found.NOTHING)
        status = str(row.get("status", ""))
        if status in ("", "draft"):
            return Reading(Found.NOTHING)
        return Reading(Found.OURS, effect.intent["invoice_id"], {"status": status}, landed=Landed("invoices", row))

    def settled(self, tx: Tx, context: Context, effect: Effect, settlement: Settlement, /) -> None:
        """The order is done when its last effect is."""
        if effect.order_pk is None:
            return
        if settlement.zoho_id is not None:
            store.update(context.db, tx, effect.order_pk, invoice_status=settlement.result.get("status", "sent"))
        state = settlement.state.value
        store.move(context.db, tx, effect.order_pk, state, reason=settlement.reason or None, unless=("review",))

    def noted(self, tx: Tx, context: Context, effect: Effect, state: State, reason: str, /) -> None:
        """The order stays in ``working``."""


def sent_path(effect: Effect, /) -> str:
    """Where the invoice of a status effect is read."""
    return f"/invoices/{effect.intent['invoice_id']}"


def orders_stuck(tx: Tx, context: Context, effect: Effect, settlement: Settlement, /) -> None:
    """The contact of waiting orders could not be had: the orders say so."""
    for order_pk in store.waiting_for(tx, effect.id):
        store.move(context.db, tx, order_pk, settlement.state.value, reason=f"{store.CUSTOMER}{settlement.reason}")


def orders_freed(tx: Tx, context: Context, effect: Effect, /) -> None:
    """The contact is there now: the orders that were stuck for want of it go on."""
    store.free(context.db, tx, effect.id)


def _customer_first(context: Context, effect: Effect, order: Order) -> Waits:
    """The customer is not known in Zoho, or no longer: find or create it, then go on."""
    plan = parties.plan_contact(
        effect.organization_id,
        source=order.source,
        party=order.party,
        currency=order.currency,
        priority=effect.priority,
    )

    def first(tx: Tx) -> str | None:
        planned = parties.ensure(tx, context.ledger, plan)
        return None if planned is None else planned.effect_id

    return Waits(first)


def _contact(context: Context, effect: Effect, contact_id: str) -> Mapping[str, Any]:
    """The contact as Zoho shows it; empty when it is gone."""
    books = context.zoho.books(effect.organization_id, call_class=effect.call_class)
    try:
        row: Mapping[str, Any] = books.call("GET", f"/contacts/{contact_id}").body.get("contact") or {}
    except RecordNotFoundError:
        return {}
    return row


def _has_address(context: Context, effect: Effect, contact_id: str, order: Order) -> bool:
    """An address of the order went into the contact; without one the contact may have its own."""
    return bool(order.party.email or _contact(context, effect, contact_id).get("email"))


def _lost_customer(context: Context, effect: Effect, body: Mapping[str, Any]) -> bool:
    """After a refusal: whether the customer was merged, deleted or made inactive; then it is forgotten."""
    if effect.lookups:  # looked at before, directly after the refusal
        return False
    row = _contact(context, effect, str(body["customer_id"]))
    if row and row.get("status") != "inactive":
        return False
    with context.db.transaction() as tx:
        parties.forget(tx, effect.organization_id, str(body["customer_id"]))
    return True


def _invoices(context: Context, effect: Effect, params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    books = context.zoho.books(effect.organization_id, call_class=effect.call_class)
    return list(books.call("GET", "/invoices", params=params).body.get("invoices", []))


def _searches(
    organization: Organization, effect: Effect, body: Mapping[str, Any], refused: bool
) -> list[dict[str, Any]]:
    searches: list[dict[str, Any]] = []
    if body.get("invoice_number"):
        searches.append({"invoice_number": body["invoice_number"]})
    if organization.key_field and (refused or not searches):
        searches.append({"custom_field": effect.ekey})
    if body.get("reference_number") and (refused or not searches):
        searches.append({"reference_number": body["reference_number"], "customer_id": body["customer_id"]})
    return searches


def _order_columns(result: Mapping[str, Any], exponent: int) -> dict[str, Any]:
    total = Money.rounded(Decimal(result.get("total", 0)), currency="", exponent=exponent)
    return {
        "invoice_number": result.get("invoice_number"),
        "invoice_total_minor": total.minor,
        "invoice_due_on": result.get("due_date"),
        "invoice_status": result.get("status"),
    }
