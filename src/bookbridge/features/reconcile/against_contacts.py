"""Receivables against the balances Zoho shows at its contacts, and the maintained sums against the mirrored invoices.

A contact whose mirrored balance equals ours needs no call. The others are read anew, page by page with who owes most
first where there are many; whoever still differs is read once more by id, because only the detail shows how much of
the balance is an opening balance.
"""

from bookbridge.features.reconcile import policy
from bookbridge.features.reconcile.comparison import Comparison
from bookbridge.features.reconcile.halving import PAGE
from bookbridge.features.reconcile.kinds import BY_NAME, Difference
from bookbridge.features.reconcile.policy import money
from bookbridge.features.reconcile.sides import ContactSide, Owed
from bookbridge.features.reconcile.store import mirror
from bookbridge.features.reconcile.store import receivables as kept

PART = "receivables"
NOTHING = Owed(outstanding={}, credits={})


def compare_sums(run: Comparison, /) -> None:
    """Name every maintained sum that is not what the mirrored invoices come to; no call."""
    with run.services.db.read() as tx:
        if not mirror.mirror_of(tx, run.organization_id, "invoices").is_whole:
            return
        wrong = kept.wrong_sums(tx, run.organization_id)
        if wrong and mirror.is_syncing(tx, run.organization_id):
            run.notes.append("A sync is going on, so the maintained sums are compared the next time.")
            return
        places = kept.exponents(tx, run.organization_id)
    run.found += [_wrong_sum(run, each, places.get(each.key[1], 2)) for each in wrong]


def _wrong_sum(run: Comparison, wrong: kept.WrongSum, exponent: int) -> Difference:
    base = run.organization
    pairs = (
        [money(policy.scaled(value, exponent), wrong.key[1], exponent) for value in (wrong.kept[0], wrong.scanned[0])],
        [money(policy.scaled(value, base.exponent), base.currency, base.exponent) for value in _base(wrong)],
    )
    ours, theirs = pairs[0] if wrong.kept[0] != wrong.scanned[0] else pairs[1]
    subject = f"{wrong.table} {' '.join(wrong.key)}"
    sentence = f"{subject} is {ours}, the mirrored invoices come to {theirs}. {BY_NAME['sums'].remedy}"
    detail = {"table": wrong.table, "key": list(wrong.key), "kept": ours, "scanned": theirs}
    return Difference(kind="sums", subject=subject, sentence=sentence, detail=detail)


def _base(wrong: kept.WrongSum) -> tuple[int, int]:
    return wrong.kept[1], wrong.scanned[1]


def compare(run: Comparison, /) -> None:
    """Name every customer whose outstanding amount or credits differ."""
    with run.services.db.read() as tx:
        entities = ("invoices", "contacts", "creditnotes", "payments")
        whole = all(mirror.mirror_of(tx, run.organization_id, name).is_whole for name in entities)
        contacts = kept.contacts(tx, run.organization_id, run.organization.exponent)
    if not whole:
        run.notes.append("Receivables were not compared: the mirror is not filled yet; `bookbridge sync` fills it.")
        return
    ours = _owed(run)
    run.compared["customers"] = len(ours.keys() | {name for name, side in contacts.items() if _owes(side)})
    suspects = {name for name in ours.keys() | contacts.keys() if _differs(run, ours, contacts.get(name), name)}
    if run.wanted.full or len(suspects) > len(ours) // PAGE + 1:
        contacts |= {side.contact_id: side for side in run.reader.contacts(everyone=run.wanted.full)}
        ours = _owed(run)
        everybody = ours.keys() | contacts.keys()
        suspects = {name for name in everybody if _differs(run, ours, contacts.get(name), name)}
    left_out = suspects & run.touched
    if left_out:
        run.notes.append(f"{len(left_out)} customers with a differing invoice are compared after the next sync.")
    _read_and_name(run, sorted(suspects - run.touched))


def _owes(side: ContactSide) -> bool:
    return bool(side.outstanding or side.credits)


def _owed(run: Comparison) -> dict[str, Owed]:
    with run.services.db.read() as tx:
        places = kept.exponents(tx, run.organization_id)
        return kept.owed(tx, run.organization_id, places, run.organization.exponent)


def _differs(run: Comparison, ours: dict[str, Owed], contact: ContactSide | None, name: str) -> bool:
    mine = ours.get(name, NOTHING)
    if contact is None:
        return any(mine.outstanding.values()) or any(mine.credits.values())
    return bool(policy.customer_differences(mine, contact, base=run.organization.currency))


def _read_and_name(run: Comparison, ids: list[str]) -> None:
    """Read each contact once more, then our own side, which may have moved meanwhile."""
    read: dict[str, ContactSide | None] = {}
    for position, contact_id in enumerate(ids):
        run.tell(PART, position, len(ids))
        read[contact_id] = run.reader.contact(contact_id)
    if read and _named(run, read):
        moved = {row.customer_id for row in run.changed_meanwhile()}
        run.found += [each for each in _named(run, read) if each.detail["customer_id"] not in moved]


def _named(run: Comparison, read: dict[str, ContactSide | None]) -> list[Difference]:
    """The differences of the contacts that were read, against our side as it is now."""
    base, ours = run.organization.currency, _owed(run)
    return [
        each
        for contact_id, contact in read.items()
        for each in policy.customer_differences(
            ours.get(contact_id, NOTHING), contact or policy.no_balances(contact_id, base), base=base
        )
    ]
