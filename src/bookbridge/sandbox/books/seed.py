"""What an organization starts with, and bulk seeding through the same code as the API.

``seed_org`` fills a new organization; ``apply_seed`` takes ``{organizations, currencies, taxes, contacts, items,
invoices, customerpayments, creditnotes, expenses, bills, vendorpayments}``, each a list of request bodies; a body may
name its ``organization_id``.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from bookbridge.sandbox.books import chartofaccounts, currencies, seedchart
from bookbridge.sandbox.books.records import insert
from bookbridge.sandbox.books.values import ONE, Record, rounded
from bookbridge.sandbox.call import Call, Handler

COUNTRIES = {
    "USD": ("US", "U.S.A"), "GBP": ("GB", "United Kingdom"), "EUR": ("DE", "Germany"), "INR": ("IN", "India"),
    "AUD": ("AU", "Australia"), "CAD": ("CA", "Canada"), "JPY": ("JP", "Japan"), "AED": ("AE", "U.A.E"),
    "SAR": ("SA", "Saudi Arabia"), "CNY": ("CN", "China"),
}  # fmt: skip
UK_TAXES = (("VAT", Decimal(20)), ("VAT Reduced", Decimal(5)))


def internal_call(world: Any, org: Any, method: str, path: str, body: Record, *, by: str, **query: str) -> Call:
    """A call that did not come over HTTP: the sandbox itself, its seed or a person."""
    return Call(
        world=world,
        org=org,
        now=world.org_now(org),
        method=method,
        path=path,
        ids={},
        query=dict(query),
        body=body,
        headers={},
        by=by,
    )


def _defaults(org: Any) -> Record:
    code = org.info.get("currency_code") or "USD"
    _, name, symbol, places, _ = next(
        (row for row in seedchart.CURRENCIES if row[0] == code), (code, code, code, 2, ONE)
    )
    country_code, country = COUNTRIES.get(code, ("US", "U.S.A"))
    portal = "".join(letter for letter in str(org.info.get("name", "")).lower() if letter.isalnum())
    return {
        "organization_id": org.organization_id, "name": "Demo", "contact_name": "Alex Doe",
        "email": "owner@example.com", "is_default_org": False, "language_code": "en", "fiscal_year_start_month": "1",
        "account_created_date": "2026-01-01", "account_created_date_formatted": "01 Jan 2026",
        "time_zone": "America/New_York", "is_dst_active": True, "date_format": "MM/dd/yyyy", "field_separator": ",",
        "industry_type": "", "industry_size": "", "company_id_label": "", "company_id_value": "", "tax_id_label": "",
        "tax_id_value": "", "tax_group_enabled": True, "zi_migration_status": 0, "is_org_active": True,
        "currency_id": "", "currency_code": code, "currency_symbol": symbol, "currency_name": name,
        "currency_format": "###,##0.00" if places else "###,##0", "price_precision": places, "plan_type": 3,
        "plan_name": "Professional", "plan_period": "Month", "country_code": country_code, "country_name": country,
        "country": country, "portal_name": portal or "demo", "user_role": "admin", "user_status": "1",
        "org_settings": {"is_org_active": True},
    }  # fmt: skip


SETTINGS: dict[str, Any] = {
    "tax_rounding": "entity_level",
    "transaction_rounding_type": "no_rounding",
    "rounding_increment": Decimal("0.5"),
    "taxes_enabled": True,
    "vat_registered": False,
    "auto_number": True,
    "invoice_prefix": "INV-",
    "creditnote_prefix": "CN-",
    "lock_date": "",
    "approvals": False,
    "approval_levels": 1,
    "invoice_notes": "Thanks for your business.",
}


def seed_org(world: Any, org: Any, options: Record | None = None) -> None:
    """Fill a new organization: wire row, settings, currencies, accounts, user, key fields, taxes."""
    org.info.update({name: value for name, value in _defaults(org).items() if name not in org.info})
    org.settings.update({**SETTINGS, **org.settings, **(options or {})})
    call = internal_call(world, org, "POST", "/_seed", {}, by="sandbox")
    _seed_currencies(call)
    for account_type, names in seedchart.ACCOUNTS:
        for name in names:
            _seed_account(call, name, account_type)
    _seed_user(call)
    for module, entity in seedchart.KEY_MODULES:
        add_custom_field(world, org, module, "Bookbridge Key", "cf_bookbridge_key", is_unique=True, entity=entity)
    if org.info["currency_code"] == "GBP":
        for name, percent in UK_TAXES:
            insert(call, "taxes", {
                "tax_name": name, "tax_percentage": percent, "tax_type": "tax", "tax_factor": "rate",
                "is_value_added": True, "country": "United Kingdom", "country_code": "GB",
            })  # fmt: skip


def _seed_currencies(call: Call) -> None:
    code = call.org.info["currency_code"]
    dollars = {row[0]: row[4] for row in seedchart.CURRENCIES}
    base_value = dollars.get(code, ONE)
    known = [row for row in seedchart.CURRENCIES if row[0] != code]
    own = next((row for row in seedchart.CURRENCIES if row[0] == code), (code, code, code[:4], 2, ONE))
    for name, _, symbol, places, value in sorted([own, *known]):
        record = currencies.new_currency(name, symbol, places, is_base=name == code)
        insert(call, "currencies", record)
        if record["is_base_currency"]:
            call.org.info["currency_id"] = record["currency_id"]
        else:
            currencies.add_rate(call, record, "2000-01-01", rounded(value / base_value, 6))


def _seed_account(call: Call, name: str, account_type: str) -> None:
    account = chartofaccounts.new_account(name, account_type)
    account["is_system_account"] = name in seedchart.SYSTEM_ACCOUNTS
    account["is_user_created"] = name == "Business Checking"
    account["placeholder"] = seedchart.PLACEHOLDERS.get(name, "")
    if name == "Business Checking":
        account.update(bank_name="Demo Bank", account_number="0123456789", is_primary_account=True)
    insert(call, "chartofaccounts", account)


def _seed_user(call: Call) -> None:
    insert(call, "users", {
        "role_id": str(call.world.ids.record_id(call.org)), "name": call.org.info["contact_name"],
        "email": call.org.info["email"], "user_role": "admin", "status": "active", "is_current_user": True,
        "user_type": "zoho",
    })  # fmt: skip


def add_custom_field(
    world: Any,
    org: Any,
    module: str,
    label: str,
    api_name: str,
    *,
    data_type: str = "string",
    is_unique: bool = False,
    entity: str = "",
) -> Record:
    """Define a custom field of a module; in Zoho only the user interface can."""
    field = {
        "customfield_id": str(world.ids.record_id(org)),
        "api_name": api_name,
        "label": label,
        "data_type": data_type,
        "is_unique": is_unique,
        "entity": entity or module.rstrip("s"),
    }
    org.custom_fields.setdefault(module, []).append(field)
    return field


def _organizations(world: Any, rows: list[Record], default: Any) -> None:
    """Create organizations or change settings and info of those that exist."""
    for row in rows:
        org = world.orgs.get(str(row.get("organization_id", "")))
        settings = dict(row.get("settings", {}))
        info = {name: value for name, value in row.items() if name not in ("settings", "custom_fields", "region")}
        if org is None:
            org = world.add_org(
                organization_id=str(row["organization_id"]), region=row.get("region", default.region), info=info
            )
            seed_org(world, org, settings)
        else:
            org.info.update(info)
            org.settings.update(settings)
        for field in row.get("custom_fields", []):
            add_custom_field(world, org, **field)


def handlers() -> dict[str, tuple[str, Handler]]:
    """The create handler behind each list of a seed, with its path."""
    from bookbridge.sandbox.books import (  # late: those modules are many and seeding is rare
        bills,
        contacts,
        creditnotes,
        customerpayments,
        expenses,
        invoices_create,
        items,
        taxes,
        vendorpayments,
    )

    return {
        "currencies": ("/settings/currencies", currencies.created),
        "taxes": ("/settings/taxes", taxes.created),
        "accounts": ("/chartofaccounts", chartofaccounts.created),
        "contacts": ("/contacts", contacts.created),
        "items": ("/items", items.created),
        "invoices": ("/invoices", invoices_create.created),
        "customerpayments": ("/customerpayments", customerpayments.created),
        "creditnotes": ("/creditnotes", creditnotes.created),
        "expenses": ("/expenses", expenses.created),
        "bills": ("/bills", bills.created),
        "vendorpayments": ("/vendorpayments", vendorpayments.created),
    }


def apply_seed(world: Any, data: Record, *, organization_id: str = "") -> Record:
    """Create everything ``data`` lists; returns the ids by list. Raises ZohoFault at the first refusal.

    Without an organization the first one is meant. Invoices with their own number need no extra parameter.
    """
    first = next(iter(world.orgs.values()))
    default = world.orgs.get(organization_id, first)
    _organizations(world, data.get("organizations", []), default)
    made: dict[str, list[str]] = {}
    for name, (path, handler) in handlers().items():
        made[name] = [_create(world, default, path, handler, row) for row in data.get(name, [])]
    return {name: ids for name, ids in made.items() if ids}


def _create(world: Any, default: Any, path: str, handler: Callable[[Call], Any], row: Record) -> str:
    body = dict(row)
    org = world.orgs[str(body.pop("organization_id", default.organization_id))]
    reply = handler(internal_call(world, org, "POST", path, body, by="seed", ignore_auto_number_generation="true"))
    record = next(value for value in reply.body.values() if isinstance(value, dict))
    return str(next(value for name, value in record.items() if name.endswith("_id")))
