"""The effect ``contact.ensure``: one Zoho contact for one customer or vendor, found or created."""

from collections.abc import Mapping, Sequence
from typing import Any

from bookbridge.access import catalog
from bookbridge.effects import keyfield, parties
from bookbridge.effects.kinds import Context, Existing, Judgement, Landed, Reading, Settlement, Stuck
from bookbridge.effects.ledger import Effect
from bookbridge.effects.states import Found, Sent, State
from bookbridge.features.contacts import policy
from bookbridge.kernel import jsontext
from bookbridge.store.db import Tx
from bookbridge.zoho.answers import Payload
from bookbridge.zoho.protocol import Prepared, Request

FRESH_MS = 15 * 60 * 1000
"""After every contact was loaded, an unknown one is created without a look-up for this long."""


class EnsureContact:
    """Look for the contact by e-mail address (else by name), create it when nobody is there."""

    name = parties.ENSURE
    creates = True

    def prepare(self, context: Context, effect: Effect, revision: int, /) -> Request | Existing | Stuck:
        """Look first, unless all contacts were loaded a moment ago; then the create request."""
        organization = context.zoho.organization(effect.organization_id)
        intent = effect.intent
        if revision == 0:
            found = self._seen(context, effect)
            if found.contact_id:
                return Existing(found.contact_id)
            if found.reason:
                return Stuck(found.reason)
            revision = 1 if found.is_taken else 0
        body = _new(intent, _name(intent, revision))
        if intent["currency"] and intent["currency"] != organization.currency:
            body["currency_id"] = catalog.currency(context.zoho, context.db, organization, intent["currency"]).ref_id
        body["custom_fields"] = keyfield.entry(organization, "contacts", intent["key"])
        return Request(method="POST", path="/contacts", json=body)

    def judge(self, context: Context, effect: Effect, sent: Prepared, payload: Payload, /) -> Judgement:
        """The echo must have the name we sent."""
        row = payload.body.get("contact") or {}
        name = jsontext.decode(sent.content)["contact_name"]
        if not row.get("contact_id") or not policy.same_name(row.get("contact_name"), name):
            return Judgement(Sent.AMBIGUOUS, detail="The answer shows another contact.")
        return Judgement(Sent.CREATED, str(row["contact_id"]), _result(row), landed=Landed("contacts", row))

    def look(self, context: Context, effect: Effect, sent: Prepared, refused: bool, /) -> Reading:
        """By e-mail address; without one, or after a refusal, by name too."""
        name = jsontext.decode(sent.content)["contact_name"]
        by_name = refused or not effect.intent["email"]
        rows = _listed(context, effect, by_name=by_name, name=name)
        found = _match(context, effect, rows, name)
        if found.contact_id:
            return Reading(Found.OURS, found.contact_id)
        if found.reason:
            return Reading(Found.SEVERAL, detail=found.reason)
        return Reading(Found.FOREIGN if found.is_taken and refused else Found.NOTHING)

    def settled(self, tx: Tx, context: Context, effect: Effect, settlement: Settlement, /) -> None:
        """Bind the identity; when it failed, tell the orders that wait for it."""
        if settlement.zoho_id is None:
            context.options["orders_stuck"](tx, context, effect, settlement)
            return
        organization = context.zoho.organization(effect.organization_id)
        row = settlement.result or {
            "contact_id": settlement.zoho_id,
            "contact_name": effect.intent["name"],
            "email": effect.intent["email"],
            "contact_type": effect.intent["contact_type"],
        }
        parties.remember(context.db, tx, organization, [row], key=effect.intent["key"])
        parties.bind(context.db, tx, effect.organization_id, effect.intent["key"], settlement.zoho_id)
        context.options["orders_freed"](tx, context, effect)

    def noted(self, tx: Tx, context: Context, effect: Effect, state: State, reason: str, /) -> None:
        """Nothing to show: the orders that wait show it."""

    def _seen(self, context: Context, effect: Effect) -> policy.Match:
        """Ours among the contacts seen before, else (unless all were loaded a moment ago) among those Zoho lists."""
        intent = effect.intent
        name = _name(intent)
        wanted = {"key": intent["key"], "email": intent["email"], "name": name}
        with context.db.read() as tx:
            known = parties.known_rows(tx, effect.organization_id, contact_type=intent["contact_type"], **wanted)
        keys = [row["key"] for row in known]
        found = policy.match(known, keys=keys, is_vendor=_is_vendor(intent), **wanted)
        if found.contact_id or self._is_fresh(context, effect.organization_id):
            return found
        return _match(context, effect, _listed(context, effect, by_name=not intent["email"]), name)

    def _is_fresh(self, context: Context, organization_id: str) -> bool:
        with context.db.read() as tx:
            loaded = parties.loaded_at_millis(tx, organization_id)
            now = int(context.db.now(tx).timestamp() * 1000)
        return loaded is not None and now - loaded < FRESH_MS


def _listed(context: Context, effect: Effect, /, *, by_name: bool, name: str = "") -> list[Mapping[str, Any]]:
    """Rows that could be ours; filters are not trusted, every row is compared by the caller."""
    books = context.zoho.books(effect.organization_id, call_class=effect.call_class)
    intent = effect.intent
    rows: list[Mapping[str, Any]] = []
    if intent["email"]:
        params = {"email": intent["email"], "contact_type": intent["contact_type"]}
        rows += books.call("GET", "/contacts", params=params).body.get("contacts", [])
    if by_name:
        wanted = name or _name(intent)
        rows += books.call("GET", "/contacts", params={"contact_name": wanted}).body.get("contacts", [])
    return rows


def _match(context: Context, effect: Effect, rows: Sequence[Mapping[str, Any]], name: str) -> policy.Match:
    organization = context.zoho.organization(effect.organization_id)
    intent = effect.intent
    mine = [row for row in rows if row.get("contact_type", intent["contact_type"]) == intent["contact_type"]]
    keys = [keyfield.read(organization, row) for row in mine]
    found = policy.match(
        mine, key=intent["key"], keys=keys, email=intent["email"], name=name, is_vendor=_is_vendor(intent)
    )
    taken = found.is_taken or any(policy.same_name(row.get("contact_name"), name) for row in rows)
    return policy.Match(found.contact_id, taken, found.reason)


def _new(intent: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The contact to create: its e-mail address and phone belong to its primary person (FACTS 5.2)."""
    body: dict[str, Any] = {"contact_name": name, "contact_type": intent["contact_type"]}
    if intent.get("company_name"):
        body["company_name"] = intent["company_name"]
    if intent["email"] or (intent["name"] and not _is_vendor(intent)):
        first, _, last = (intent["name"] or intent["email"]).partition(" ")
        person = {"first_name": first[:100], "last_name": last[:100], "email": intent["email"]}
        if intent.get("phone"):
            person["phone"] = intent["phone"]
        body["contact_persons"] = [{**person, "is_primary_contact": True}]
    if intent["country"]:
        body["billing_address"] = {"country": intent["country"][:100]}
    return body


def _is_vendor(intent: Mapping[str, Any]) -> bool:
    return bool(intent["contact_type"] == "vendor")


def _name(intent: Mapping[str, Any], revision: int = 0) -> str:
    return policy.display_name(
        intent["name"], intent["email"], intent["customer_id"], revision=revision, is_vendor=_is_vendor(intent)
    )


def _result(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("contact_id", "contact_name", "email", "contact_type", "status", "currency_code", "custom_field_hash")
    return {name: row[name] for name in kept if name in row}
