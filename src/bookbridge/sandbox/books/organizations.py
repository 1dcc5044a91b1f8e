"""Organizations (FACTS 5.1): list, detail, user's organizations, update, own addresses."""

from typing import Any

from bookbridge.sandbox.books.values import Record, flag, text
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault

EDITABLE = (
    "name", "fiscal_year_start_month", "time_zone", "date_format", "field_separator", "language_code",
    "industry_type", "industry_size", "portal_name", "contact_name", "email",
)  # fmt: skip
PRIVATE = ("phone", "fax", "website", "org_address", "remit_to_address")
LABELS = ("company_id_label", "company_id_value", "tax_id_label", "tax_id_value")
ADDRESS = ("street_address1", "street_address2", "city", "state", "country", "zip")
OWN_ADDRESS = ("attention", "address1", "address2", "city", "state", "state_code", "country", "zip", "phone")


def _all(call: Call) -> list[Any]:
    return [org for org in call.world.orgs.values() if org.region == call.org.region]


def row(org: Any) -> Record:
    """The wire row of the list."""
    return {name: value for name, value in org.info.items() if name not in (*PRIVATE, "address", "custom_fields")}


def detail(org: Any) -> Record:
    """The wire record of one organization."""
    address = org.info.get("address", {})
    return {
        **org.info,
        "is_org_active": True,
        **{name: org.info.get(name, "") for name in PRIVATE},
        "address": {name: address.get(name, "") for name in ADDRESS},
        "custom_fields": org.info.get("custom_fields", []),
    }


def listed(call: Call) -> Reply:
    """``GET /organizations`` and ``/organizations/user``."""
    return Reply({"organizations": [row(org) for org in _all(call)]})


def _wanted(call: Call) -> Any:
    found = next((org for org in _all(call) if org.organization_id == call.ids["organization_id"]), None)
    if found is None:
        raise ZohoFault(404, 1002, "Organization does not exist.")
    return found


def got(call: Call) -> Reply:
    """``GET /organizations/{id}``."""
    return Reply({"organization": detail(_wanted(call))})


def _commit(call: Call, org: Any) -> None:
    call.world.commit(call, resource="organizations", record_id=org.organization_id, key=org.info.get("name", ""))


def updated(call: Call) -> Reply:
    """``PUT /organizations/{id}``: only sent fields change."""
    org = _wanted(call)
    sent: Record = {}
    for name in (*EDITABLE, *PRIVATE, *LABELS):
        spelled = name if name in call.body else name.replace("_id_", "id_")
        if spelled in call.body:
            sent[name] = text(call.body, spelled)
    org.info.update(sent)
    if isinstance(call.body.get("address"), dict):
        org.info["address"] = {**org.info.get("address", {}), **call.body["address"]}
    if "is_logo_uploaded" in call.body:
        org.info["is_logo_uploaded"] = flag(call.body, "is_logo_uploaded")
    _commit(call, org)
    return Reply({"organization": detail(org)})


def addresses(call: Call) -> Reply:
    """``GET /organizations/address``."""
    return Reply({"organization_addresses": list(call.org.table("organization_addresses").values())})


def _address(call: Call, record: Record) -> Reply:
    record.update({name: text(call.body, name) for name in OWN_ADDRESS if name in call.body})
    call.world.commit(call, resource="organization_addresses", record_id=record["organization_address_id"])
    return Reply({"organization_address": dict(record)}, 201 if call.method == "POST" else 200)


def address_added(call: Call) -> Reply:
    """``POST /organizations/address``."""
    address_id = str(call.world.ids.record_id(call.org))
    record: Record = {"organization_address_id": address_id, **dict.fromkeys(OWN_ADDRESS, "")}
    call.org.table("organization_addresses")[address_id] = record
    return _address(call, record)


def _own_address(call: Call) -> Record:
    record: Record | None = call.org.table("organization_addresses").get(call.ids["address_id"])
    if record is None:
        raise ZohoFault(404, 1002, "Address does not exist.")
    return record


def address_updated(call: Call) -> Reply:
    """``PUT /organizations/address/{id}``."""
    return _address(call, _own_address(call))


def address_deleted(call: Call) -> Reply:
    """``DELETE /organizations/address/{id}``."""
    _own_address(call)
    del call.org.table("organization_addresses")[call.ids["address_id"]]
    call.world.commit(call, resource="organization_addresses", record_id=call.ids["address_id"])
    return Reply({}, message="The organization address has been deleted.")


ROUTES = (
    Route("GET", "/organizations", "settings.READ", listed),
    Route("GET", "/organizations/user", "settings.READ", listed),
    Route("GET", "/organizations/address", "settings.READ", addresses),
    Route("POST", "/organizations/address", "settings.CREATE", address_added),
    Route("PUT", "/organizations/address/{address_id}", "settings.UPDATE", address_updated),
    Route("DELETE", "/organizations/address/{address_id}", "settings.DELETE", address_deleted),
    Route("GET", "/organizations/{organization_id}", "settings.READ", got),
    Route("PUT", "/organizations/{organization_id}", "settings.UPDATE", updated),
)
