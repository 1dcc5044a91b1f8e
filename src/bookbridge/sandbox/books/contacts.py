"""Contacts: create, update, upsert, list, read, delete (FACTS 5.2)."""

from decimal import Decimal

from bookbridge.sandbox.books import addresses, balances, contactpersons, customfields
from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.comments import note
from bookbridge.sandbox.books.contacts_view import LISTING, TAX_FIELDS, detail, has_transactions
from bookbridge.sandbox.books.currencies import base, by_code
from bookbridge.sandbox.books.lists import answer
from bookbridge.sandbox.books.records import clashes, commit, get, insert, new_id, referenced, remove, save
from bookbridge.sandbox.books.upsert import upsert
from bookbridge.sandbox.books.values import (
    ZERO,
    Record,
    bad_enum,
    decimal_of,
    enum,
    flag,
    identities,
    invalid,
    number,
    objects,
    text,
    text_of,
)
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault

TEXTS = {
    "company_name": 200, "website": 200, "language_code": 5, "contact_number": 200, "payment_terms_label": 200,
    "notes": 2000, "facebook": 100, "twitter": 100,
}  # fmt: skip
LANGUAGES = ("de", "en", "es", "fr", "it", "ja", "nl", "pt", "pt_br", "sv", "zh", "en_gb")
EXTRA = (*TAX_FIELDS, "owner_id", "pricebook_id", "tax_id_type", "tax_id_value")
MAX_TERMS = 36_500
TOP_LEVEL = ("salutation", "first_name", "last_name", "email", "phone", "mobile", "designation", "department")


def terms_label(days: int) -> str:
    """Zoho's label of payment terms."""
    return f"Net {days}" if days > 0 else "Due on Receipt"


def payment_terms(body: Record, default: int) -> int:
    """Days of payment terms in a body."""
    days = number(body, "payment_terms", Decimal(default))
    if days != days.to_integral_value() or abs(days) > MAX_TERMS:
        raise invalid("payment_terms")
    return int(days)


def _blank(call: Call, contact_type: str) -> Record:
    return {
        "contact_id": new_id(call), "contact_type": contact_type, "status": "active", "customer_sub_type": "business",
        "currency_id": base(call.org)["currency_id"], "payment_terms": 0, "payment_terms_label": "Due on Receipt",
        "payment_reminder_enabled": True, "portal_status": "disabled", "track_1099": False, "is_taxable": True,
        "credit_limit": ZERO, "opening_balance_amount": ZERO, "opening_balances": [], "tags": [],
        **dict.fromkeys(("company_name", "website", "contact_number", "notes", "facebook", "twitter"), ""),
        "language_code": "en", "_persons": [], "_addresses": [], "_billing": addresses.empty(call),
        "_shipping": addresses.empty(call), "_extra": {}, "_templates": {}, "_custom": {}, **balances.empty(),
    }  # fmt: skip


def _name(call: Call, contact: Record) -> None:
    """Take ``contact_name``; unique over customers and vendors: 3062 (FACTS 3.2)."""
    if "contact_name" not in call.body and contact.get("contact_name"):
        return
    name = text(call.body, "contact_name", 200).strip()
    if not name:
        raise invalid("contact_name")
    allowed = call.world.switches.allow_duplicate_contact_names or call.org.settings.get("allow_duplicate_names")
    if not allowed and clashes(call, "contacts", "contact_name", name, contact["contact_id"]):
        raise ZohoFault(400, 3062, f'The customer "{name}" already exists. Please specify a different name.')
    contact["contact_name"] = name


def _terms(body: Record, contact: Record) -> None:
    if "payment_terms" in body:
        contact["payment_terms"] = payment_terms(body, contact["payment_terms"])
        contact["payment_terms_label"] = terms_label(contact["payment_terms"])
    for name, limit in TEXTS.items():
        contact[name] = text(body, name, limit, contact[name])
    if body.get("language_code") and contact["language_code"] not in LANGUAGES:
        raise bad_enum("language_code")


def _currency(call: Call, contact: Record) -> None:
    body = call.body
    if body.get("currency_id"):
        wanted = referenced(call, "currencies", body["currency_id"], "currency_id")["currency_id"]
    elif body.get("currency_code"):
        found = by_code(call.org, text(body, "currency_code"))
        if found is None:
            raise invalid("currency_code")
        wanted = found["currency_id"]
    else:
        return
    if wanted != contact["currency_id"] and has_transactions(call, contact["contact_id"]):
        raise refusal(call.world, "currency_mismatch")
    contact["currency_id"] = wanted


def _parts(call: Call, contact: Record) -> None:
    body = call.body
    for place, name in (("_billing", "billing_address"), ("_shipping", "shipping_address")):
        if body.get(name):
            contact[place] = addresses.fill(call, dict(contact[place]), body[name], name)
    if "contact_persons" in body:
        contactpersons.replace(call, contact)
    elif not contact["_persons"] and not call.world.switches.top_level_email_dropped:
        person = {name: body[name] for name in TOP_LEVEL if body.get(name)}
        if person:
            contact["_persons"] = [contactpersons.fill({"contact_person_id": new_id(call)}, person)]
    contactpersons.settle(contact)
    if isinstance(body.get("default_templates"), dict):
        contact["_templates"] = {**contact["_templates"], **body["default_templates"]}
    if isinstance(body.get("tags"), list):
        contact["tags"] = body["tags"]


def _opening(contact: Record, body: Record) -> None:
    if "opening_balances" not in body:
        return
    rows = objects(body, "opening_balances")
    contact["opening_balances"] = rows
    amounts = [decimal_of(row.get("opening_balance_amount", 0), "opening_balance_amount") for row in rows]
    contact["opening_balance_amount"] = sum(amounts, ZERO)


def _fill(call: Call, contact: Record) -> Record:
    body = call.body
    _name(call, contact)
    wanted_type = enum(body, "contact_type", ("customer", "vendor"), contact["contact_type"])
    if wanted_type != contact["contact_type"] and has_transactions(call, contact["contact_id"]):
        raise bad_enum("contact_type")
    contact["contact_type"] = wanted_type
    kinds = ("individual", "business")
    contact["customer_sub_type"] = enum(body, "customer_sub_type", kinds, contact["customer_sub_type"])
    _terms(body, contact)
    _currency(call, contact)
    contact["credit_limit"] = number(body, "credit_limit", contact["credit_limit"])
    contact["track_1099"] = flag(body, "track_1099", contact["track_1099"])
    contact["is_taxable"] = flag(body, "is_taxable", contact["is_taxable"])
    if "is_portal_enabled" in body:
        contact["portal_status"] = "enabled" if flag(body, "is_portal_enabled") else "disabled"
    contact["_extra"] = {
        **contact["_extra"],
        **{name: text_of(body[name], name, 200) for name in EXTRA if name in body},
    }
    customfields.write(call, "contacts", contact, body, contact["contact_id"])
    _parts(call, contact)
    _opening(contact, body)
    return contact


def created(call: Call) -> Reply:
    """``POST /contacts`` and the aliases ``/customers`` and ``/vendors``."""
    default = "vendor" if call.path.rstrip("/").endswith("/vendors") else "customer"
    contact = _fill(call, _blank(call, default))
    insert(call, "contacts", contact)
    note(call, contact, "Contact added")
    commit(call, "contacts", contact)
    return Reply({"contact": detail(call, contact)}, 201, "The contact has been added.")


def updated(call: Call) -> Reply:
    """``PUT /contacts/{id}``: only sent fields change; ``contact_persons`` replaces the list."""
    contact = get(call, "contacts", call.ids["contact_id"])
    contact.update(_fill(call, dict(contact)))
    save(call, "contacts", contact)
    note(call, contact, "Contact updated")
    commit(call, "contacts", contact)
    return Reply({"contact": detail(call, contact)}, message="Contact information has been saved.")


def upserted(call: Call) -> Reply:
    """``PUT /contacts`` with ``X-Unique-Identifier-*``."""
    return upsert(call, "contacts", created, updated)


def listed(call: Call) -> Reply:
    """``GET /contacts``; ``/customers`` and ``/vendors`` list only theirs, under the same key."""
    wanted = call.query.get("contact_type", "")
    if wanted and wanted not in ("customer", "vendor"):
        raise bad_enum("contact_type")
    last = call.path.rstrip("/").rsplit("/", 1)[-1]
    if last in ("customers", "vendors"):
        call.query = {**call.query, "contact_type": last[:-1]}
    return answer(LISTING, call)


def got(call: Call) -> Reply:
    """``GET /contacts/{id}``."""
    return Reply({"contact": detail(call, get(call, "contacts", call.ids["contact_id"]))})


def delete_one(call: Call, contact_id: str) -> Record:
    """Delete a contact; refused when a document names it."""
    contact = get(call, "contacts", contact_id)
    if has_transactions(call, contact_id):
        raise refusal(call.world, "has_dependents")
    remove(call, "contacts", contact_id)
    commit(call, "contacts", contact)
    return contact


def deleted(call: Call) -> Reply:
    """``DELETE /contacts/{id}``."""
    contact = delete_one(call, call.ids["contact_id"])
    return Reply({}, message=f"The {contact['contact_type']} has been deleted.")


def bulk_deleted(call: Call) -> Reply:
    """``DELETE /contacts?contact_ids=``."""
    for contact_id in _several(call):
        delete_one(call, contact_id)
    return Reply({}, message="The contacts have been deleted.")


def _several(call: Call) -> list[str]:
    found = identities(call.query.get("contact_ids"))
    if not found:
        raise invalid("contact_ids")
    return found


def _routes(word: str) -> tuple[Route, ...]:
    one = f"/{word}/{{contact_id}}"
    return (
        Route("GET", f"/{word}", "contacts.READ", listed),
        Route("POST", f"/{word}", "contacts.CREATE", created),
        Route("PUT", f"/{word}", "contacts.UPDATE", upserted),
        Route("DELETE", f"/{word}", "contacts.DELETE", bulk_deleted),
        Route("GET", one, "contacts.READ", got),
        Route("PUT", one, "contacts.UPDATE", updated),
        Route("DELETE", one, "contacts.DELETE", deleted),
    )


ROUTES = (*_routes("contacts"), *_routes("customers"), *_routes("vendors"))
