"""The effects of expenses: record one, change one."""

from collections.abc import Mapping
from typing import Any

from bookbridge.effects import keyfield, parties
from bookbridge.effects.kinds import Context, Existing, Judgement, Landed, Reading, Settlement, Stuck
from bookbridge.effects.ledger import Effect
from bookbridge.effects.states import Found, Sent, State
from bookbridge.features.expenses import policy, store
from bookbridge.kernel import jsontext
from bookbridge.store.db import Tx
from bookbridge.store.organizations import Organization
from bookbridge.zoho.answers import Payload
from bookbridge.zoho.errors import RecordNotFoundError
from bookbridge.zoho.protocol import Prepared, Request

CREATE, UPDATE = "expense.create", "expense.update"
MOST_CANDIDATES = 5
_Row = Mapping[str, Any]


class CreateExpense:
    """One expense for one identity; its reference, and the unique field where there is one, carry the key."""

    name = CREATE
    creates = True

    def prepare(self, context: Context, effect: Effect, revision: int, /) -> Request | Existing | Stuck:
        """The create request; the accounts and the rate were settled when the expense was accepted."""
        body = _with_vendor(context, effect)
        if isinstance(body, Stuck):
            return body
        organization = context.zoho.organization(effect.organization_id)
        if _has_key(organization):
            body["custom_fields"] = keyfield.entry(organization, "expenses", effect.ekey)
        return Request(method="POST", path="/expenses", json=body)

    def judge(self, context: Context, effect: Effect, sent: Prepared, payload: Payload, /) -> Judgement:
        """Key and reference must be ours; any other difference is bound and shown to a person."""
        organization = context.zoho.organization(effect.organization_id)
        row, body = payload.body.get("expense") or {}, jsontext.decode(sent.content)
        key = keyfield.read(organization, row)
        if not row.get("expense_id") or (key and key != effect.ekey):
            return Judgement(Sent.AMBIGUOUS, detail="The answer does not show this expense.")
        if str(row.get("reference_number") or "") != body["reference_number"]:
            return Judgement(Sent.AMBIGUOUS, detail="The answer shows another reference.")
        differs = policy.difference(row, body)
        kind = Sent.CREATED_DIFFERENT if differs else Sent.CREATED
        return Judgement(kind, str(row["expense_id"]), kept(row), differs, Landed("expenses", row))

    def look(self, context: Context, effect: Effect, sent: Prepared, refused: bool, /) -> Reading:
        """By reference, after a refusal also by date; each candidate is read whole and compared."""
        body = jsontext.decode(sent.content)
        organization = context.zoho.organization(effect.organization_id)
        searches = [{"reference_number": body["reference_number"]}]
        if refused:
            searches.append({"date": body["date"]})
        for params in searches:
            rows = _candidates(context, organization, effect, body, params)
            ours = [row for row in rows if _is_ours(organization, effect, row, body)]
            if len(ours) > 1:
                return Reading(Found.SEVERAL)
            if ours:
                differs = policy.difference(ours[0], body)
                found = Found.OURS_DIFFERENT if differs else Found.OURS
                landed = Landed("expenses", ours[0])
                return Reading(found, str(ours[0]["expense_id"]), kept(ours[0]), differs, landed)
        if refused:
            _forget_lost_vendor(context, effect, body)
        return Reading(Found.NOTHING)

    def settled(self, tx: Tx, context: Context, effect: Effect, settlement: Settlement, /) -> None:
        """Nothing follows."""

    def noted(self, tx: Tx, context: Context, effect: Effect, state: State, reason: str, /) -> None:
        """Nothing to show: whoever sent it asks for the effect."""


class UpdateExpense:
    """Changes the fields of one expense; sending it twice does no harm, unless somebody changed it in between."""

    name = UPDATE
    creates = False

    def prepare(self, context: Context, effect: Effect, revision: int, /) -> Request | Existing | Stuck:
        """Only the changed fields are sent; the others stay as they are then (FACTS 4.1)."""
        body = _with_vendor(context, effect)
        if isinstance(body, Stuck):
            return body
        return Request(method="PUT", path=f"/expenses/{effect.intent['expense_id']}", json=body)

    def judge(self, context: Context, effect: Effect, sent: Prepared, payload: Payload, /) -> Judgement:
        """The echo must be of this expense."""
        row, body = payload.body.get("expense") or {}, jsontext.decode(sent.content)
        expense_id = effect.intent["expense_id"]
        if str(row.get("expense_id")) != expense_id:
            return Judgement(Sent.AMBIGUOUS, detail="The answer does not show this expense.")
        differs = policy.difference(row, body)
        kind = Sent.CREATED_DIFFERENT if differs else Sent.CREATED
        return Judgement(kind, expense_id, kept(row), differs, Landed("expenses", row))

    def look(self, context: Context, effect: Effect, sent: Prepared, refused: bool, /) -> Reading:
        """Whether the expense has the new values; if it has not and was changed since, a person decides.

        Sending again would undo a later change; only an expense untouched since we read it is certainly unchanged.
        """
        expense_id, body = effect.intent["expense_id"], jsontext.decode(sent.content)
        try:
            row = _detail(context, effect, expense_id)
        except RecordNotFoundError:
            return Reading(Found.NOTHING)
        if not policy.difference(row, body):
            return Reading(Found.OURS, expense_id, kept(row), landed=Landed("expenses", row))
        if refused:
            _forget_lost_vendor(context, effect, body)
        if refused or str(row.get("last_modified_time") or "") == effect.intent["modified"]:
            return Reading(Found.NOTHING)
        detail = "The expense was changed in Zoho meanwhile; look at it and, if need be, send the change again."
        return Reading(Found.OURS_DIFFERENT, expense_id, kept(row), detail, Landed("expenses", row))

    def settled(self, tx: Tx, context: Context, effect: Effect, settlement: Settlement, /) -> None:
        """Nothing follows."""

    def noted(self, tx: Tx, context: Context, effect: Effect, state: State, reason: str, /) -> None:
        """Nothing to show: whoever sent it asks for the effect."""


def _with_vendor(context: Context, effect: Effect) -> dict[str, Any] | Stuck:
    """The body of the intent with the vendor's id."""
    body = dict(effect.intent["body"])
    key = effect.intent.get("vendor_key")
    if not key:
        return body
    with context.db.read() as tx:
        vendor_id = parties.bound_contact(tx, effect.organization_id, key)
    if vendor_id is None:
        return Stuck("The vendor is not known in Zoho; send the expense again.", State.FAILED)
    return {**body, "vendor_id": vendor_id}


def _forget_lost_vendor(context: Context, effect: Effect, body: _Row) -> None:
    """After a refusal: a vendor that Zoho has no longer is forgotten, so that the next expense gets another."""
    vendor_id = str(body.get("vendor_id") or "")
    if not vendor_id or not effect.intent.get("vendor_key"):
        return
    books = context.zoho.books(effect.organization_id, call_class=effect.call_class)
    try:
        books.call("GET", f"/contacts/{vendor_id}")
    except RecordNotFoundError:
        with context.db.transaction() as tx:
            parties.forget(tx, effect.organization_id, vendor_id)


def _has_key(organization: Organization) -> bool:
    """Whether expenses have the unique field: what was seen of it, module by module, decides (FACTS 4.9)."""
    seen = organization.info.get("key_fields") or {}
    return organization.key_field is not None and (not seen or "expenses" in seen)


def _is_ours(organization: Organization, effect: Effect, row: _Row, body: _Row) -> bool:
    """The key decides; where none is shown, everything that was sent.

    An expense without a key in an organization that has the field was not made by us, unless its reference, which
    then is derived from the key, says so.
    """
    key = keyfield.read(organization, row)
    if key:
        return key == effect.ekey
    if not policy.could_be(row, body):
        return False
    return not _has_key(organization) or bool(effect.intent.get("derived_reference"))


def _candidates(
    context: Context, organization: Organization, effect: Effect, body: _Row, params: Mapping[str, str]
) -> list[_Row]:
    """Rows that may be ours, read whole; without those that are recorded for another expense of ours."""
    rows = _listed(context, effect, params)
    could = [row for row in rows if _may_be(keyfield.read(organization, row), effect, row, body)]
    ids = [str(row["expense_id"]) for row in could]
    with context.db.read() as tx:
        taken = store.bound_elsewhere(tx, effect.organization_id, CREATE, ids, but=effect.id)
    free = [expense_id for expense_id in ids if expense_id not in taken]
    return [_detail(context, effect, expense_id) for expense_id in free[:MOST_CANDIDATES]]


def _may_be(key: str, effect: Effect, row: _Row, body: _Row) -> bool:
    return key == effect.ekey if key else policy.could_be(row, body)


def _listed(context: Context, effect: Effect, params: Mapping[str, str]) -> list[_Row]:
    """Every row of the list: where Zoho ignores the filter, ours may stand on any page (FACTS 4.5)."""
    books = context.zoho.books(effect.organization_id, call_class=effect.call_class)
    rows: list[_Row] = []
    page = 1
    while True:
        body = books.call("GET", "/expenses", params={**params, "page": page, "per_page": 200}).body
        fresh = body.get("expenses") or []
        rows += fresh
        if not fresh or not (body.get("page_context") or {}).get("has_more_page"):
            return rows
        page += 1


def _detail(context: Context, effect: Effect, expense_id: str) -> _Row:
    books = context.zoho.books(effect.organization_id, call_class=effect.call_class)
    row: _Row = books.call("GET", f"/expenses/{expense_id}").body.get("expense") or {}
    return row


_KEPT = (
    "expense_id", "date", "account_id", "account_name", "paid_through_account_id", "paid_through_account_name",
    "amount", "sub_total", "tax_amount", "total", "bcy_total", "currency_id", "currency_code", "exchange_rate",
    "vendor_id", "vendor_name", "reference_number", "description", "status", "expense_receipt_name", "created_time",
    "last_modified_time",
)  # fmt: skip


def kept(row: _Row, /) -> dict[str, Any]:
    """The fields of an expense that are kept with its effect and answered."""
    return {name: row[name] for name in _KEPT if name in row}
