"""What people do with contacts: find or create one, list them, read one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from bookbridge.effects import parties
from bookbridge.effects.ledger import Effect
from bookbridge.effects.states import OPEN_STATES, State
from bookbridge.http.bodies import Body, body_of
from bookbridge.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from bookbridge.kernel.orders import Party
from bookbridge.registry import Services
from bookbridge.store.organizations import Organization
from bookbridge.zoho.errors import RecordNotFoundError

MISSING = "email is required"
PRIORITY = 2
CONTACT_TYPES = ("customer", "vendor")


class ContactBody(Body):
    """Who is wanted; ``email`` is the identity, the other fields are used only when a contact is created.

    Unless ``currency`` is given, a new contact has the organization's base currency.
    """

    model_config = ConfigDict(alias_generator=to_camel)

    organization_id: str = ""
    email: str = Field(max_length=100)
    name: str = Field(default="", max_length=200)
    company_name: str = Field(default="", max_length=200)
    phone: str = Field(default="", max_length=50)
    country: str = Field(default="", max_length=100)
    currency: str = Field(default="", pattern=r"^([A-Z]{3})?$")
    contact_type: str = Field(default="customer", pattern="^(customer|vendor)$")


parse_contact = body_of(ContactBody, missing=MISSING)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A contact that is being found or created.

    ``contact_id`` when it is bound already, else ``effect_id`` of the effect that will; ``is_new`` when this call
    planned that effect.
    """

    key: str
    contact_id: str = ""
    effect_id: str = ""
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a wanted contact stands."""

    wanted: Wanted
    effect: Effect | None = None

    @property
    def contact_id(self) -> str:
        """The contact's id, empty while there is none."""
        return self.wanted.contact_id or (self.effect.zoho_id if self.effect else "") or ""

    @property
    def rests(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.effect is None or self.effect.state not in OPEN_STATES

    @property
    def created(self) -> bool:
        """Whether this call made the contact: it planned it, and something was sent."""
        return self.wanted.is_new and self.effect is not None and self.effect.attempts > 0


def want(services: Services, organization: Organization, body: ContactBody, /) -> Wanted:
    """Find the contact among those bound, else plan to find or create it, once for everybody who asks.

    Raises:
        InvalidInputError: not an e-mail address.
    """
    email = _address(body.email)
    plan = parties.plan_contact(
        organization.organization_id,
        source="contacts",
        party=Party(email=email, name=body.name, country=body.country),
        currency=body.currency or organization.currency,
        contact_type=body.contact_type,
        priority=PRIORITY,
    )
    extra = {"company_name": body.company_name.strip(), "phone": body.phone.strip()}
    plan = replace(plan, intent={**plan.intent, **{name: value for name, value in extra.items() if value}})
    key = plan.intent["key"]
    with services.db.transaction() as tx:
        bound = parties.bound_contact(tx, organization.organization_id, key)
        if bound:
            return Wanted(key, contact_id=bound)
        planned = parties.ensure(tx, services.ledger, plan)
        assert planned is not None
        effect = services.ledger.get(tx, planned.effect_id)
        assert effect is not None
        services.ledger.reopen(tx, effect, reason="Wanted again.")  # only what failed or waits for a person
    return Wanted(key, effect_id=planned.effect_id, is_new=planned.is_new)


def standing(services: Services, wanted: Wanted, /) -> Standing:
    """Where a wanted contact stands."""
    if not wanted.effect_id:
        return Standing(wanted)
    with services.db.read() as tx:
        return Standing(wanted, services.ledger.get(tx, wanted.effect_id))


def found(services: Services, organization: Organization, seen: Standing, /) -> dict[str, Any] | None:
    """The contact as Zoho gives it; ``None`` when Zoho has it no longer: then it is forgotten and must be wanted again.

    Raises:
        InvalidInputError: Zoho refused to create it.
        ConflictError: a person must look, for example because several contacts have the address.
    """
    if not seen.contact_id:
        reason = seen.effect.reason if seen.effect else ""
        if seen.effect is not None and seen.effect.state is State.FAILED:
            raise InvalidInputError(reason or "Zoho refused the contact.", remedy="Correct it and send it again.")
        raise ConflictError(reason or "A person must look at this contact in Zoho Books.")
    try:
        return read(services, organization, seen.contact_id)
    except RecordNotFoundError:
        with services.db.transaction() as tx:
            parties.forget(tx, organization.organization_id, seen.contact_id)
        return None


def read(services: Services, organization: Organization, contact_id: str, /) -> dict[str, Any]:
    """One contact with its persons and addresses, as Zoho gives it.

    Raises:
        RecordNotFoundError: there is none.
    """
    if not contact_id.isascii() or not contact_id.isdigit():
        raise NotFoundError("There is no contact with that id; list them with GET /api/contacts.")
    books = services.zoho.books(organization.organization_id)
    row: dict[str, Any] = books.call("GET", f"/contacts/{contact_id}").body.get("contact", {})
    return row


def list_page(services: Services, organization: Organization, query: Mapping[str, str], /) -> dict[str, Any]:
    """One page of contacts as Zoho lists them; customers, unless ``contact_type`` says ``vendor`` or ``all``.

    Raises:
        InvalidInputError: a filter Zoho does not document; it would ignore it and return everything.
    """
    params: dict[str, Any] = {"contact_type": "customer", **query}
    if params["contact_type"] in ("", "all"):
        del params["contact_type"]
    elif params["contact_type"] not in CONTACT_TYPES:
        raise InvalidInputError("contact_type must be customer, vendor or all.", field="contact_type")
    for name in ("page", "per_page"):
        if name in params:
            params[name] = _positive(params[name], name)
    books = services.zoho.books(organization.organization_id)
    request = books.contacts.page_request(**params)
    body = books.call("GET", request.path, params=request.params).body
    return {"contacts": body.get("contacts", []), "page_context": body.get("page_context", {})}


def _address(text: str) -> str:
    email = text.strip()
    if not email:
        raise InvalidInputError(MISSING, field="email", remedy="Send the contact's e-mail address.")
    name, at, host = email.partition("@")
    if not (name and at and host) or "@" in host or any(char.isspace() or char in "<>\"',;" for char in email):
        raise InvalidInputError("email is not an e-mail address.", field="email", remedy="Send one such as a@b.com.")
    return email


def _positive(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < 1:
        raise InvalidInputError(f"{name} must be a whole number from 1.", field=name)
    return int(text)
