"""Contact persons: parts of a contact; the primary one gives the contact its name, e-mail and telephone (FACTS 5.2)."""

import re
from typing import Any

from bookbridge.sandbox.books.lists import paged
from bookbridge.sandbox.books.records import commit, get, new_id, referenced, save
from bookbridge.sandbox.books.values import Record, flag, invalid, objects, text_of
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault

LIMITS = {
    "salutation": 25, "first_name": 100, "last_name": 100, "email": 100, "phone": 50, "mobile": 50,
    "designation": 100, "department": 50, "skype": 50,
}  # fmt: skip
MIRRORED = ("first_name", "last_name", "email", "phone", "mobile", "designation", "department")
EMAIL = re.compile(r"^[^@\s,;]+@[^@\s,;]+$")


def fill(person: Record, body: Record) -> Record:
    """Take the fields of a body into a person; raises 15 for an over-long one and 4 for a malformed e-mail."""
    for name, limit in LIMITS.items():
        person[name] = text_of(body[name], name, limit).strip() if name in body else person.get(name, "")
    if person["email"] and not EMAIL.match(person["email"]):
        raise invalid("email")
    person["is_primary_contact"] = flag(body, "is_primary_contact", person.get("is_primary_contact", False))
    person["enable_portal"] = flag(body, "enable_portal", person.get("enable_portal", False))
    choices = body.get("communication_preference")
    choices = choices if isinstance(choices, dict) else person.get("communication_preference", {})
    person["communication_preference"] = {
        "is_sms_enabled": bool(choices.get("is_sms_enabled", False)),
        "is_whatsapp_enabled": bool(choices.get("is_whatsapp_enabled", False)),
        "is_email_enabled": True,
    }
    return person


def replace(call: Call, contact: Record) -> None:
    """Take ``contact_persons`` of a body: it replaces the list; a row with a known id keeps its person."""
    rows = objects(call.body, "contact_persons")
    if not rows and not call.world.switches.empty_list_clears:
        return
    known = {person["contact_person_id"]: person for person in contact["_persons"]}
    persons: list[Record] = []
    for row in rows:
        kept = known.get(str(row.get("contact_person_id", "")))
        person = fill(dict(kept) if kept else {}, row)
        person.setdefault("contact_person_id", "")
        person["contact_person_id"] = person["contact_person_id"] or new_id(call)
        persons.append(person)
    contact["_persons"] = persons
    settle(contact)


def settle(contact: Record) -> None:
    """Make exactly one person primary and mirror it to the contact's top level."""
    persons = contact["_persons"]
    primary = next((person for person in persons if person["is_primary_contact"]), persons[0] if persons else None)
    for person in persons:
        person["is_primary_contact"] = person is primary
    contact["primary_contact_id"] = primary["contact_person_id"] if primary else ""
    for name in MIRRORED:
        contact[name] = primary[name] if primary else ""
    contact["contact_salutation"] = primary["salutation"] if primary else ""


def shown(person: Record, contact_id: str = "") -> Record:
    """The wire record of a person; with the contact's id on the endpoints of persons."""
    head = {"contact_id": contact_id} if contact_id else {}
    return {
        **head,
        "contact_person_id": person["contact_person_id"],
        **{name: person[name] for name in LIMITS},
        "is_primary_contact": person["is_primary_contact"],
        "is_added_in_portal": person["enable_portal"],
        "enable_portal": person["enable_portal"],
        "can_invite": True,
        "communication_preference": person["communication_preference"],
        "photo_url": "",
        "status": "1",
        "custom_fields": [],
        "custom_field_hash": {},
    }


def _missing() -> ZohoFault:
    return ZohoFault(404, 1002, "Contact person does not exist.")


def _in(contact: Record, person_id: str) -> Record:
    for person in contact["_persons"]:
        if person["contact_person_id"] == person_id:
            found: Record = person
            return found
    raise _missing()


def _owner(call: Call) -> tuple[Record, Record]:
    """The contact and person of an address that names only the person."""
    person_id = call.ids["contact_person_id"]
    for contact in call.org.table("contacts").values():
        if any(person["contact_person_id"] == person_id for person in contact["_persons"]):
            return contact, _in(contact, person_id)
    raise _missing()


def _saved(call: Call, contact: Record, person: Record) -> None:
    settle(contact)
    save(call, "contacts", contact)
    commit(call, "contacts", contact, person["contact_person_id"])


def created(call: Call) -> Reply:
    """``POST /contacts/contactpersons``; ``first_name`` is required here."""
    contact = referenced(call, "contacts", call.body.get("contact_id", ""), "contact_id")
    person = fill({"contact_person_id": new_id(call)}, call.body)
    if not person["first_name"]:
        raise invalid("first_name")
    if person["is_primary_contact"]:
        _no_primary(contact)
    contact["_persons"].append(person)
    _saved(call, contact, person)
    body = {"contact_person": shown(person, contact["contact_id"])}
    return Reply(body, 201, "The contactperson has been Created")


def _no_primary(contact: Record) -> None:
    for other in contact["_persons"]:
        other["is_primary_contact"] = False


def updated(call: Call) -> Reply:
    """``PUT /contacts/contactpersons/{id}``."""
    contact, person = _owner(call)
    changed = fill(dict(person), call.body)
    if changed["is_primary_contact"] and not person["is_primary_contact"]:
        _no_primary(contact)
    person.update(changed)
    _saved(call, contact, person)
    body = {"contact_person": shown(person, contact["contact_id"])}
    return Reply(body, message="The contactperson details has been updated.")


def deleted(call: Call) -> Reply:
    """``DELETE /contacts/contactpersons/{id}``."""
    contact, person = _owner(call)
    contact["_persons"].remove(person)
    _saved(call, contact, person)
    return Reply({}, message="The contact person has been deleted.")


def made_primary(call: Call) -> Reply:
    """``POST /contacts/contactpersons/{id}/primary``."""
    contact, person = _owner(call)
    _no_primary(contact)
    person["is_primary_contact"] = True
    _saved(call, contact, person)
    return Reply({}, message="This contact person has been marked as your primary contact person.")


def listed(call: Call) -> Reply:
    """``GET /contacts/{id}/contactpersons``."""
    contact = get(call, "contacts", call.ids["contact_id"])
    page, head = paged(call, list(contact["_persons"]))
    context: dict[str, Any] = {**head, "sort_column": "contact_person_id", "sort_order": "A"}
    return Reply({"contact_persons": [shown(person) for person in page], "page_context": context})


def got(call: Call) -> Reply:
    """``GET /contacts/{id}/contactpersons/{id}``."""
    contact = get(call, "contacts", call.ids["contact_id"])
    return Reply({"contact_person": shown(_in(contact, call.ids["contact_person_id"]), contact["contact_id"])})


_PERSON = "/contacts/contactpersons/{contact_person_id}"
ROUTES = (
    Route("POST", "/contacts/contactpersons", "contacts.CREATE", created),
    Route("PUT", _PERSON, "contacts.UPDATE", updated),
    Route("DELETE", _PERSON, "contacts.DELETE", deleted),
    Route("POST", _PERSON + "/primary", "contacts.CREATE", made_primary),
    Route("GET", "/contacts/{contact_id}/contactpersons", "contacts.READ", listed),
    Route("GET", "/contacts/{contact_id}/contactpersons/{contact_person_id}", "contacts.READ", got),
)
