"""The verdict on a campaign: three sources that know nothing of each other, compared. Pure.

The generator knows its orders and which were acknowledged. The sandbox's commit log knows what was written, whatever
became of the answer. The application's ledger knows what it believes. Keys are computed here from an order's identity
alone, so that a ledger that is wrong cannot hide it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from bookbridge.kernel.ids import derived_key

EXAMPLES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What the generator knows of an order: ``total`` in the order's currency, ``contact_name`` as seeded."""

    order_id: str
    source: str
    total: Decimal
    contact_name: str


@dataclass(kw_only=True)
class Verdict:
    """What the comparison found; every list holds examples for a person.

    ``difference`` is the sum of the absolute differences between each order's total and its document's.
    ``unresolved`` are acknowledged orders that are not done; ``strangers`` documents that belong to no order;
    ``unaudited`` live documents without exactly one line in the audit log; ``contacts_twice`` contacts beyond one for
    each customer.
    """

    invoices: int = 0
    duplicates: int = 0
    lost: int = 0
    wrong_bindings: int = 0
    difference: Decimal = Decimal(0)
    unresolved: int = 0
    strangers: int = 0
    unaudited: int = 0
    contacts_twice: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing at all was found."""
        counts = (self.duplicates, self.lost, self.wrong_bindings, self.unresolved, self.strangers)
        return not any((*counts, self.difference, self.unaudited, self.contacts_twice))

    def note(self, sentence: str) -> None:
        """Keep an example."""
        if len(self.examples) < EXAMPLES:
            self.examples.append(sentence)

    def as_dict(self) -> dict[str, Any]:
        """Plain values; the difference as text with two decimals at least."""
        return {**asdict(self), "difference": str(self.difference.quantize(Decimal("0.01")))}


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A live invoice of the commit log: which order's key it carries (empty: none of ours) and its last total."""

    invoice_id: str
    order_id: str
    total: Decimal | None


def live_documents(
    commits: Iterable[Mapping[str, Any]], expected: Sequence[Expected], *, organization_id: str
) -> dict[str, Document]:
    """The invoices that were created and not removed, from the commit log alone."""
    order_of = {key_of(organization_id, each): each.order_id for each in expected}
    live: dict[str, Document] = {}
    for row in commits:
        if row["resource"] != "invoices" or row["organization_id"] != organization_id:
            continue
        if row["method"] == "DELETE":
            live.pop(row["id"], None)
            continue
        known = live.get(row["id"])
        if known is None and (row["method"], row["path"]) not in (("POST", "/invoices"), ("PUT", "/invoices")):
            continue
        order_id = known.order_id if known else order_of.get(row["key"], "")
        total = Decimal(str(row["total"])) if row["total"] is not None else known.total if known else None
        live[row["id"]] = Document(invoice_id=row["id"], order_id=order_id, total=total)
    return live


def key_of(organization_id: str, order: Expected, /) -> str:
    """The key that an order's invoice must carry, from its identity (organization, source, order id)."""
    return derived_key(derived_key(organization_id, order.source, order.order_id), "invoice.create")


def check(
    *,
    organization_id: str,
    expected: Sequence[Expected],
    acknowledged: Collection[str],
    commits: Sequence[Mapping[str, Any]],
    listed: Sequence[Mapping[str, Any]],
    ledger: Sequence[Mapping[str, Any]],
    audit: Sequence[Mapping[str, Any]],
) -> Verdict:
    """Compare. ``listed`` is how the API shows the invoices, ``ledger`` and ``audit`` the application's own rows."""
    verdict = Verdict()
    live = live_documents(commits, expected, organization_id=organization_id)
    verdict.invoices = len(live)
    by_order: dict[str, list[Document]] = defaultdict(list)
    for document in live.values():
        if document.order_id:
            by_order[document.order_id].append(document)
        else:
            verdict.strangers += 1
            verdict.note(f"invoice {document.invoice_id} carries no order's key")
    _compare_orders(verdict, expected, acknowledged, by_order, {row["order_id"]: row for row in ledger})
    _compare_bindings(verdict, expected, live, ledger)
    _compare_listed(verdict, expected, live, listed)
    _compare_audit(verdict, live, audit)
    _compare_contacts(verdict, expected, commits, organization_id)
    return verdict


def _compare_orders(
    verdict: Verdict,
    expected: Sequence[Expected],
    acknowledged: Collection[str],
    by_order: Mapping[str, list[Document]],
    ledger: Mapping[str, Mapping[str, Any]],
) -> None:
    for order in expected:
        documents = by_order.get(order.order_id, [])
        state = ledger[order.order_id]["state"] if order.order_id in ledger else "absent"
        if len(documents) > 1:
            verdict.duplicates += len(documents) - 1
            verdict.note(f"order {order.order_id} has {len(documents)} invoices")
        for document in documents[:1]:
            difference = abs((document.total or Decimal(0)) - order.total)
            verdict.difference += difference
            if difference:
                verdict.note(f"order {order.order_id} comes to {order.total}, its invoice to {document.total}")
        if order.order_id not in acknowledged:
            continue
        if not documents and state in ("absent", "done", "discarded"):
            verdict.lost += 1
            verdict.note(f"order {order.order_id} was acknowledged and has no invoice ({state})")
        elif state != "done":
            verdict.unresolved += 1
            reason = ledger[order.order_id]["reason"] if order.order_id in ledger else ""
            verdict.note(f"order {order.order_id} is {state}: {reason}")


def _compare_bindings(
    verdict: Verdict,
    expected: Sequence[Expected],
    live: Mapping[str, Document],
    ledger: Sequence[Mapping[str, Any]],
) -> None:
    """Each bound order must be bound to its own living document, with the total the ledger believes."""
    known = {order.order_id for order in expected}
    for row in ledger:
        if row["invoice_id"] is None:
            continue
        document = live.get(row["invoice_id"])
        believed = Decimal(row["invoice_total_minor"] or 0).scaleb(-row["exponent"])
        if document is None or row["order_id"] not in known or document.order_id != row["order_id"]:
            verdict.wrong_bindings += 1
            verdict.note(f"order {row['order_id']} is bound to {row['invoice_id']}, which is not its own")
        elif document.total is not None and believed != document.total:
            verdict.difference += abs(believed - document.total)
            verdict.note(f"order {row['order_id']}: ledger {believed}, invoice {document.total}")


def _compare_listed(
    verdict: Verdict,
    expected: Sequence[Expected],
    live: Mapping[str, Document],
    listed: Sequence[Mapping[str, Any]],
) -> None:
    """What the API shows must be what the log says: the same documents, each with its order's number and customer."""
    orders = {order.order_id: order for order in expected}
    seen: set[str] = set()
    for row in listed:
        seen.add(str(row["invoice_id"]))
        document = live.get(str(row["invoice_id"]))
        order = orders.get(document.order_id) if document else None
        if order is None:
            continue
        if row["reference_number"] != order.order_id or row["customer_name"] != order.contact_name:
            verdict.wrong_bindings += 1
            verdict.note(f"invoice {row['invoice_id']} of order {order.order_id} shows {row['reference_number']}")
    missing = set(live) - seen
    if missing:
        verdict.strangers += len(missing)
        verdict.note(f"{len(missing)} invoices of the commit log are not listed, {sorted(missing)[0]} for one")


def _compare_audit(verdict: Verdict, live: Mapping[str, Document], audit: Sequence[Mapping[str, Any]]) -> None:
    lines = Counter(
        str(row["detail"].get("zoho_id"))
        for row in audit
        if row["action"].startswith("invoice.create:") and row["detail"].get("zoho_id")
    )
    wrong = [invoice_id for invoice_id in live if lines[invoice_id] != 1]
    verdict.unaudited = len(wrong)
    if wrong:
        verdict.note(f"invoice {wrong[0]} has {lines[wrong[0]]} lines in the audit log")


def _compare_contacts(
    verdict: Verdict, expected: Sequence[Expected], commits: Sequence[Mapping[str, Any]], organization_id: str
) -> None:
    """Contacts of the commit log, seeded ones too, beyond one for each customer of the orders."""
    made = sum(
        row["resource"] == "contacts"
        and row["organization_id"] == organization_id
        and (row["method"], row["path"]) == ("POST", "/contacts")
        for row in commits
    )
    verdict.contacts_twice = max(0, made - len({order.contact_name for order in expected}))
