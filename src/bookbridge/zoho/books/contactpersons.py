"""Contact persons: the people of a contact (FACTS 5.2)."""

from bookbridge.zoho.protocol import Param, Request, path_id
from bookbridge.zoho.records import Record
from bookbridge.zoho.resource import Body, Draft, Send, body_of


class ContactPerson(Record, frozen=True, kw_only=True):
    """One person of a contact."""

    contact_person_id: str = ""
    contact_id: str = ""
    salutation: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    mobile: str = ""
    designation: str = ""
    department: str = ""
    is_primary_contact: bool = False


class ContactPersonDraft(Draft, frozen=True, kw_only=True):
    """A person to be created: inside a contact, or alone with ``contact_id``."""

    contact_id: str = ""
    salutation: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    mobile: str = ""
    designation: str = ""
    department: str = ""
    is_primary_contact: bool | None = None


class ContactPersons:
    """The people of contacts; lists and reads stand below their contact, writes below all contacts."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def list(self, contact_id: str, /) -> list[ContactPerson]:
        """The persons of a contact."""
        payload = self._send(Request(method="GET", path=f"/contacts/{path_id(contact_id)}/contactpersons"))
        return payload.records("contact_persons", ContactPerson)

    def get(self, contact_id: str, person_id: str, /) -> ContactPerson:
        """One person.

        Raises:
            RecordNotFoundError: there is none.
        """
        path = f"/contacts/{path_id(contact_id)}/contactpersons/{path_id(person_id)}"
        return self._send(Request(method="GET", path=path)).record("contact_person", ContactPerson)

    def create(self, draft: Body, /) -> ContactPerson:
        """A new person; the draft names the ``contact_id``."""
        return self._one(self.create_request(draft))

    def update(self, person_id: str, patch: Body, /) -> ContactPerson:
        """Change a person; the patch names the ``contact_id``."""
        path = f"/contacts/contactpersons/{path_id(person_id)}"
        return self._one(Request(method="PUT", path=path, json=body_of(patch)))

    def delete(self, person_id: str, /) -> None:
        """Delete a person."""
        self._send(Request(method="DELETE", path=f"/contacts/contactpersons/{path_id(person_id)}"))

    def make_primary(self, person_id: str, /) -> None:
        """Make this the person whose address the contact shows; doing so twice does no harm."""
        path = f"/contacts/contactpersons/{path_id(person_id)}/primary"
        self._send(Request(method="POST", path=path, idempotent=True))

    def create_request(self, draft: Body, /, **params: Param) -> Request:
        """The request that creates a person."""
        return Request(method="POST", path="/contacts/contactpersons", params=params, json=body_of(draft))

    def _one(self, request: Request) -> ContactPerson:
        payload = self._send(request)
        key = "contact_person" if "contact_person" in payload.body else "contactperson"
        return payload.record(key, ContactPerson)
