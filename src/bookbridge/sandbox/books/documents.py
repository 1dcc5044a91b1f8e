"""What invoices and credit notes have in common: customer, currency, terms of the totals, addresses, numbers."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from bookbridge.sandbox.books import addresses, lines
from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.currencies import base, rate_on
from bookbridge.sandbox.books.records import normal, referenced, refuse_duplicate, taken
from bookbridge.sandbox.books.totals import Result, Terms, compute
from bookbridge.sandbox.books.values import (
    ONE,
    ZERO,
    Record,
    enum,
    flag,
    flag_of,
    invalid,
    number,
    rounded,
    text,
    tidy,
    too_long,
)
from bookbridge.sandbox.call import Call, ZohoFault

DISCOUNT_TYPES = ("entity_level", "item_level")
BCY = ("sub_total", "discount_total", "tax_total", "total", "shipping_charge", "adjustment")
NUMBER_LIMIT = 100


def refuse_inline_addresses(body: Record) -> None:
    """Raise 15 for an address object on a document (FACTS 10 no. 12)."""
    for name in ("billing_address", "shipping_address"):
        value = body.get(name)
        if isinstance(value, dict | list) or len(str(value or "")) > 100:
            raise too_long(name, 100)


def refuse_locked(call: Call, *dates: str) -> None:
    """Raise the period-lock refusal when a date lies in the locked period (FACTS 10 no. 46)."""
    until = call.org.settings.get("lock_date", "")
    if until and any(one and one <= until for one in dates):
        raise refusal(call.world, "period_lock")


def customer_of(call: Call, document: Record) -> Record:
    """The customer of a body, else of the document; raises for a missing or unknown one."""
    wanted = call.body.get("customer_id") or document.get("customer_id", "")
    if not wanted:
        raise invalid("customer_id")
    return referenced(call, "contacts", wanted, "customer_id")


def take_customer(call: Call, document: Record, customer: Record) -> None:
    """Take customer, addresses and persons from a body or the contact."""
    changed = document.get("customer_id") != customer["contact_id"]
    document["customer_id"] = customer["contact_id"]
    for place, name in (("_billing", "billing_address_id"), ("_shipping", "shipping_address_id")):
        if call.body.get(name):
            found = addresses.find(customer, str(call.body[name]))
            if found is None:
                raise invalid(name)
            document[place] = dict(found)
        elif changed:
            document[place] = dict(customer[place])
    _take_persons(call, document, customer, changed)


def _take_persons(call: Call, document: Record, customer: Record, changed: bool) -> None:
    known = [person["contact_person_id"] for person in customer["_persons"]]
    wanted = call.body.get("contact_persons")
    associated = call.body.get("contact_persons_associated")
    if isinstance(associated, list) and associated:
        wanted = [row.get("contact_person_id", "") for row in associated if isinstance(row, dict)]
    if isinstance(wanted, list):
        wanted = [str(person_id) for person_id in wanted]
        if any(person_id not in known for person_id in wanted):
            raise invalid("contact_persons")
        document["_person_ids"] = wanted
    elif changed:
        document["_person_ids"] = [customer["primary_contact_id"]] if customer["primary_contact_id"] else []
    document["email"] = customer["email"]


def take_currency(call: Call, document: Record, customer: Record) -> None:
    """Currency and exchange rate: as sent, else the customer's and the stored rate of the document's date."""
    body = call.body
    if body.get("currency_id"):
        currency = referenced(call, "currencies", body["currency_id"], "currency_id")
    else:
        wanted = document.get("currency_id") or customer["currency_id"]
        currency = call.org.table("currencies")[wanted]
    stored = document.get("exchange_rate") if document.get("currency_id") == currency["currency_id"] else None
    document["currency_id"] = currency["currency_id"]
    rate = number(body, "exchange_rate", stored or rate_on(currency, document["date"]))
    if rate <= 0:
        raise invalid("exchange_rate")
    document["exchange_rate"] = ONE if currency["is_base_currency"] else tidy(rate)


def take_terms(call: Call, document: Record) -> None:
    """Discount, tax and shipping as a body says them; absent fields keep their value."""
    body = call.body
    document["_discount"] = lines.discount_of(body, document.get("_discount", ZERO))
    amount, _ = lines.discount_parts(document["_discount"])
    default = document.get("discount_type") or ("entity_level" if amount else "item_level")
    if not document.get("_type_sent") and amount and "discount_type" not in body:
        default = "entity_level"
    document["_type_sent"] = document.get("_type_sent", False) or bool(body.get("discount_type"))
    document["discount_type"] = enum(body, "discount_type", DISCOUNT_TYPES, default)
    document["is_discount_before_tax"] = flag(
        body, "is_discount_before_tax", document.get("is_discount_before_tax", True)
    )
    document["is_inclusive_tax"] = flag(body, "is_inclusive_tax", document.get("is_inclusive_tax", False))
    document["_shipping_charge"] = number(body, "shipping_charge", document.get("_shipping_charge", ZERO))
    if document["_shipping_charge"] and call.org.settings.get("vat_registered"):
        text_ = "Shipping and miscellaneous charges cannot be applied when registered for VAT."
        raise ZohoFault(400, 4, text_)
    if "shipping_charge_tax_id" in body:
        wanted = body["shipping_charge_tax_id"]
        found = referenced(call, "taxes", wanted, "shipping_charge_tax_id")["tax_id"] if wanted else ""
        document["shipping_charge_tax_id"] = found
    document.setdefault("shipping_charge_tax_id", "")
    document["_adjustment"] = number(body, "adjustment", document.get("_adjustment", ZERO))
    document["adjustment_description"] = text(
        body, "adjustment_description", 200, document.get("adjustment_description", "Adjustment")
    )


def places(call: Call, document: Record) -> int:
    """The price precision of the document's currency."""
    return int(call.org.table("currencies")[document["currency_id"]]["price_precision"])


def _round_to(settings: dict[str, Any]) -> Decimal:
    kind = settings.get("transaction_rounding_type", "no_rounding")
    if kind == "no_rounding":
        return ZERO
    return ONE if kind == "round_to_dollar" else Decimal(str(settings.get("rounding_increment", "1")))


def _terms(call: Call, document: Record) -> Terms:
    precision = places(call, document)
    amount, is_percent = lines.discount_parts(document["_discount"])
    return Terms(
        places=precision,
        inclusive=document["is_inclusive_tax"],
        entity_level=document["discount_type"] == "entity_level",
        discount=amount,
        discount_is_percent=is_percent,
        before_tax=document["is_discount_before_tax"],
        rounding_per_line=call.org.settings.get("tax_rounding") == "item_level",
        shipping=rounded(document["_shipping_charge"], precision),
        shipping_taxes=lines.tax_shares(call, document["shipping_charge_tax_id"]),
        adjustment=rounded(document["_adjustment"], precision),
        round_to=_round_to(call.org.settings),
    )


def calculate(call: Call, document: Record) -> None:
    """Compute the figures of a document from its lines and terms; raises when the total is negative."""
    result = compute([lines.as_input(call, line) for line in document["_lines"]], _terms(call, document))
    if result.total < 0:
        raise invalid("total")
    base_places = int(base(call.org)["price_precision"])
    for line, figures in zip(document["_lines"], result.lines, strict=True):
        lines.settle(call, line, figures, document["exchange_rate"], base_places)
    _store(document, result)
    _store_taxes(call, document, result)
    for name in BCY:
        document[f"bcy_{name}"] = rounded(document[name] * document["exchange_rate"], base_places)


def _store(document: Record, result: Result) -> None:
    document.update(
        sub_total=result.sub_total,
        sub_total_inclusive_of_tax=result.sub_total_inclusive,
        discount_total=result.discount_total,
        discount_applied_on_amount=result.discount_base if document["discount_type"] == "entity_level" else ZERO,
        total_taxable_amount=result.taxable,
        tax_total=result.tax_total,
        shipping_charge=result.shipping,
        shipping_charge_exclusive_of_tax=result.shipping_exclusive,
        adjustment=result.adjustment,
        roundoff_value=result.roundoff,
        total=result.total,
    )


def _store_taxes(call: Call, document: Record, result: Result) -> None:
    table = call.org.table("taxes")
    document["_taxes"] = [
        {"tax_id": tax_id, "tax_name": lines.named(table[tax_id]), "tax_amount": amount}
        for tax_id, amount in result.taxes.items()
    ]
    shipping_tax = table.get(document["shipping_charge_tax_id"])
    exclusive = result.shipping_exclusive
    rate = sum((share.rate for share in lines.tax_shares(call, document["shipping_charge_tax_id"])), start=0)
    document["shipping_charge_tax_name"] = shipping_tax["tax_name"] if shipping_tax else ""
    document["shipping_charge_inclusive_of_tax"] = (
        result.shipping
        if document["is_inclusive_tax"] or not shipping_tax
        else rounded(
            exclusive + exclusive * Decimal(rate.numerator) / Decimal(rate.denominator), places(call, document)
        )
    )


def due_after(start: str, days: int) -> str:
    """The due date of payment terms; negative special terms count as none."""
    try:
        return (date.fromisoformat(start) + timedelta(days=max(days, 0))).isoformat()
    except OverflowError as error:
        raise invalid("payment_terms") from error


def own_number_wanted(call: Call) -> bool:
    """Whether the caller numbers the document (query, or body as some documents show it)."""
    value = call.query.get("ignore_auto_number_generation", call.body.get("ignore_auto_number_generation", ""))
    return flag_of(value)


def take_number(call: Call, resource: str, field: str, prefix: str, document: Record) -> None:
    """Number a document by FACTS 5.4 "Numbering": own number, next of the series, or refusals 4097, 6 and duplicate."""
    record_id = document.get("invoice_id") or document.get("creditnote_id") or ""
    wanted = text(call.body, field, NUMBER_LIMIT).strip()
    if wanted and normal(wanted) == normal(document.get(field, "")):
        return
    automatic = call.org.settings.get("auto_number", True)
    ignore = own_number_wanted(call)
    if not wanted:
        if document.get(field) and field not in call.body:
            return
        if ignore or not automatic:
            raise ZohoFault(400, 6, f"Invalid value passed for {field}")
        document[field] = next_number(call, resource, field, prefix)
        return
    if automatic and not ignore:
        upcoming = next_number(call, resource, field, prefix, peek=True)
        if wanted != upcoming or not call.world.switches.auto_number_equal_passes:
            raise ZohoFault(400, 4097, "Number entered does not match the auto-generated number")
        next_number(call, resource, field, prefix)
    refuse_duplicate(call, resource, field, wanted, record_id)
    reused = normal(wanted) in call.org.table(f"_deleted/{resource}")
    if reused and not call.world.switches.reuse_deleted_number:
        raise refusal(call.world, "duplicate_number")
    document[field] = wanted


def next_number(call: Call, resource: str, field: str, prefix: str, *, peek: bool = False) -> str:
    """The next number of a series: prefix and six digits (five for credit notes), jumping over numbers in use."""
    width = 5 if resource == "creditnotes" else 6
    count = call.org.sequences.get(resource, 1)
    while taken(call.org, resource, field, f"{prefix}{count:0{width}d}"):
        count += 1
    if not peek:
        call.org.sequences[resource] = count + 1
    return f"{prefix}{count:0{width}d}"


def forget_number(call: Call, resource: str, number_: str) -> None:
    """Remember that a number belonged to a deleted document."""
    call.org.table(f"_deleted/{resource}")[normal(number_)] = {}
