"""Comparisons against the sandbox: everything that differs is named, nothing else is, whatever fails meanwhile."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bookbridge.bootstrap import App
from bookbridge.features.reconcile import actions, workflow
from bookbridge.features.reconcile.actions import Run, Wanted
from bookbridge.features.reconcile.comparison import Step
from bookbridge.features.reconcile.store import runs
from bookbridge.kernel.clock import FixedClock
from bookbridge.kernel.errors import ConflictError
from bookbridge.store import tables
from tests.support.app import built_app
from tests.support.reconciling import compare, invoiced, kinds, last, mirror, people
from tests.support.sandbox import Zoho

LINES = {"line_items": [{"name": "Tea", "rate": 99, "quantity": 1}]}
LIST = {"method": "GET", "path": "^/invoices$"}


def invoices(zoho: Zoho) -> dict[str, dict[str, Any]]:
    """Every invoice by its reference."""
    rows = zoho.books("GET", "/invoices").json()["invoices"]
    return {row["reference_number"]: row for row in rows}


def fault(zoho: Zoho, kind: str, *, times: int | None = 1, match: dict[str, str] | None = None, **params: Any) -> None:
    """Let the next matching calls go wrong."""
    rule = {"kind": kind, "match": match or LIST, "rate": 1.0, "times": times, "params": params}
    zoho.control("faults", {"rules": [rule], "seed": 1, "scale": 0.01})


def plant(zoho: Zoho) -> None:
    """One difference of each kind that people make in Zoho, on orders R0 to R7."""
    rows = invoices(zoho)
    ids = {name: str(row["invoice_id"]) for name, row in rows.items()}
    people(zoho, "delete", resource="invoices", id=ids["R0"])
    people(zoho, "mark_sent", id=ids["R1"])
    people(zoho, "void", id=ids["R1"])
    people(zoho, "edit", resource="invoices", id=ids["R2"], fields=LINES)
    people(zoho, "edit", resource="invoices", id=ids["R3"], fields={"customer_id": rows["R4"]["customer_id"]})
    copy = {"customer_id": rows["R5"]["customer_id"], "reference_number": "R5", "invoice_number": "COPY-5", **LINES}
    people(zoho, "create_invoice", body=copy)
    people(zoho, "renumber", id=ids["R6"], to="ACC-6")
    people(zoho, "delete", resource="invoices", id=ids["R7"])
    again = {"customer_id": rows["R7"]["customer_id"], "reference_number": "R7", "invoice_number": "AGAIN-7", **LINES}
    people(zoho, "create_invoice", body=again)
    alien = {
        "customer_id": rows["R4"]["customer_id"],
        "reference_number": "else",
        "invoice_number": "BB-ALIEN",
        **LINES,
    }
    people(zoho, "create_invoice", body=alien)


EXPECTED = {
    "deleted": ["R0"],
    "voided": ["R1"],
    "total": ["R2", "R7"],
    "customer": ["R3"],
    "doubled": ["R5"],
    "number": ["R6"],
    "replaced": ["R7"],
}


def of_orders(run: Run) -> dict[str, list[str]]:
    """The differences of orders, without orphans."""
    found = {kind: sorted(names) for kind, names in kinds(run).items() if not kind.startswith("mirror_")}
    assert len(found.pop("orphan", [])) == 1
    return found


@pytest.fixture
def any_app(zoho: Zoho, clock: FixedClock, database_url: str, tmp_path: Path) -> Any:
    """An application on each kind of database."""
    with built_app(zoho.server, url=database_url, home=tmp_path, clock=clock) as built:
        yield built


def test_every_difference_is_named_and_nothing_else(any_app: App, clock: FixedClock, zoho: Zoho) -> None:
    """Without a mirror, with one that is behind, and with one that has followed; on both databases.

    When everything agrees it costs a page, or two calls with a mirror.
    """
    app = any_app
    invoiced(app, clock, 12)
    clean = compare(app)
    assert (clean.state, clean.calls, clean.differences) == ("done", 1, ())
    mirror(app)
    clean = compare(app)
    assert (clean.state, clean.calls, clean.differences, clean.counts["notes"]) == ("done", 2, (), [])
    assert compare(app, Wanted(full=True)).differences == ()

    plant(zoho)
    before = len(zoho.control("requests"))
    behind = compare(app)
    assert {row["method"] for row in zoho.control("requests")[before:]} == {"GET"}  # it never writes to Zoho
    assert of_orders(behind) == EXPECTED
    found = {kind: len(names) for kind, names in kinds(behind).items() if kind.startswith("mirror_")}
    assert found == {
        "mirror_gone": 2, "mirror_missing": 3, "mirror_status": 1, "mirror_total": 1, "mirror_customer": 1,
        "mirror_details": 1,
    }  # fmt: skip

    mirror(app)
    followed = compare(app)
    assert of_orders(followed) == EXPECTED
    assert not [kind for kind in kinds(followed) if kind.startswith("mirror_")]
    assert followed.calls <= 2 + 3

    with app.services.db.transaction() as tx:
        tx.execute(sa.delete(tables.mirror_state))
    clock.advance(1)
    assert of_orders(compare(app)) == EXPECTED
    kept = last(app)
    assert kept is not None
    assert of_orders(kept) == EXPECTED


def test_maintained_sums_and_contact_balances_are_compared(any_app: App, clock: FixedClock, zoho: Zoho) -> None:
    """A wrong sum is named with both values; a balance that only our copy of the contact has wrong is read anew."""
    app = any_app
    invoiced(app, clock, 6, customers=3)
    for row in invoices(zoho).values():
        people(zoho, "mark_sent", id=row["invoice_id"])
    mirror(app)
    contacts, sums, now = tables.mirror_contacts, tables.receivable_customers, tables.receivable_now
    with app.services.db.transaction() as tx:
        stale = sa.update(contacts).where(contacts.c.name == "Customer 0")
        tx.execute(stale.values(receivable_minor=contacts.c.receivable_minor - 500))
    run = compare(app)
    assert (run.differences, run.counts["compared"]["customers"], run.calls) == ((), 3, 3)

    with app.services.db.transaction() as tx:
        tx.execute(sa.update(sums).values(minor=sums.c.minor + 100, base_minor=sums.c.base_minor + 100))
        tx.execute(sa.delete(now).where(now.c.basis == "due"))
    found = kinds(compare(app))
    assert {kind: len(names) for kind, names in found.items()} == {"sums": 4, "receivable": 3}

    mirror(app)
    first = next(iter(invoices(zoho).values()))
    paid = {"payment_mode": "cash", "amount": 5, "date": "2026-01-05", "customer_id": first["customer_id"]}
    assert zoho.books("POST", "/customerpayments", json=paid).status_code == 201
    with app.services.db.transaction() as tx:  # somebody read the contact, nobody the payment
        mine = contacts.c.contact_id == first["customer_id"]
        tx.execute(sa.update(contacts).where(mine).values(credits_minor=500, base_credits_minor=500))
    (credit,) = compare(app).differences
    assert credit.kind == "credits"
    assert "0 USD by our books, 5 USD by Zoho's" in credit.sentence


def test_what_changes_while_it_runs_is_no_difference(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """A person edits, voids and adds invoices between two calls of the comparison."""
    invoiced(app, clock, 8)
    mirror(app)
    rows = invoices(zoho)
    zoho.control("clock", {"advance_s": 5})
    edits: list[Callable[[], Any]] = [
        lambda: people(
            zoho, "edit", resource="invoices", id=rows["R1"]["invoice_id"], fields={"notes": "late", **LINES}
        ),
        lambda: people(zoho, "mark_sent", id=rows["R2"]["invoice_id"]),
        lambda: people(zoho, "create_invoice", body={"customer_id": rows["R3"]["customer_id"], **LINES}),
        lambda: people(zoho, "delete", resource="invoices", id=rows["R4"]["invoice_id"]),
    ]

    def told(step: Step) -> None:
        if step.part == "mirror" and edits:
            edits.pop(0)()

    people(zoho, "delete", resource="invoices", id=rows["R0"]["invoice_id"])
    organization = app.services.zoho.default_organization()
    wanted = Wanted(full=True)
    run_id = workflow.open_run(app.services, organization, wanted)
    run = workflow.carry_out(app.services, organization, wanted, run_id, told=told)
    assert not edits
    assert {kind: names for kind, names in kinds(run).items() if kind.startswith("mirror_")} == {
        "mirror_gone": [str(rows["R0"]["invoice_id"])]
    }
    assert kinds(run)["deleted"] == ["R0"]


def test_faults_that_pass_change_nothing(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """A cut answer, another one's answer, a page of HTML, a server error, a limit, a list that lags: same result."""
    invoiced(app, clock, 12)
    mirror(app)
    plant(zoho)
    for kind in ("cut_json", "error_before", "limit_1070", "other_answer"):
        fault(zoho, kind, after_bytes=40)
        run = compare(app)
        assert (run.state, run.error) == ("done", ""), kind
        assert of_orders(run) == EXPECTED, kind
    zoho.control("faults", {"rules": [{"kind": "list_lag", "rate": 1.0, "params": {"min_s": 600, "max_s": 900}}]})
    invoiced(app, clock, 14)
    mirror(app)
    run = compare(app)
    assert of_orders(run) == EXPECTED


@pytest.mark.parametrize(
    ("kind", "path"), [("error_before", "^/invoices$"), ("limit_45", "^/invoices/"), ("cut_json", "^/invoices/")]
)
def test_faults_that_stay_end_it_as_incomplete_without_a_false_difference(
    app: App, clock: FixedClock, zoho: Zoho, kind: str, path: str
) -> None:
    """What was named was confirmed; what could not be read is not judged; the next comparison finds everything."""
    invoiced(app, clock, 12)
    plant(zoho)
    fault(zoho, kind, times=None, match={"method": "GET", "path": path}, after_bytes=40)
    run = compare(app)
    assert run.state == "incomplete"
    assert run.error
    found = {kind: set(names) for kind, names in kinds(run).items()}
    assert all(names <= set(EXPECTED[kind]) for kind, names in found.items())
    zoho.control("faults", None, method="DELETE")
    with app.services.db.transaction() as tx:
        tx.execute(sa.delete(tables.budgets))  # the day is over
    assert of_orders(compare(app)) == EXPECTED


def test_what_a_person_was_told_already_is_known(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """An order in review for its total, and one whose invoice is known to be deleted, cost no further call."""
    first, second, *_ = invoiced(app, clock, 4)
    rows = invoices(zoho)
    people(zoho, "edit", resource="invoices", id=rows["R0"]["invoice_id"], fields=LINES)
    people(zoho, "delete", resource="invoices", id=rows["R1"]["invoice_id"])
    orders = tables.orders
    with app.services.db.transaction() as tx:
        review = sa.update(orders).values(state="review", reason="Zoho made the total 99.00 USD.")
        tx.execute(review.where(orders.c.id == first).values(invoice_total_minor=9900))
        tx.execute(review.where(orders.c.id == second).values(invoice_status="deleted"))
    mirror(app)
    run = compare(app)
    assert [(each.kind, each.known) for each in run.differences] == [("deleted", True), ("total", True)]
    assert (run.counts["known"], run.calls) == (2, 2)


def test_an_invoice_of_an_order_that_has_none_here_is_named(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """An order was given up although its invoice had been made; an order on its way is left alone."""
    lost, moving, forgotten, *_ = invoiced(app, clock, 4)
    orders, effects = tables.orders, tables.effects
    with app.services.db.transaction() as tx:
        for pk, state in ((lost, "failed"), (moving, "unknown")):
            nothing = {"invoice_id": None, "invoice_number": None}
            tx.execute(sa.update(orders).where(orders.c.id == pk).values(state=state, **nothing))
            tx.execute(sa.update(effects).where(effects.c.order_pk == pk).values(state=state, zoho_id=None))
        tx.execute(sa.delete(effects).where(effects.c.order_pk == forgotten))
        tx.execute(sa.delete(orders).where(orders.c.id == forgotten))
    wanted = {"unbound": ["R0"], "orphan": [str(invoices(zoho)["R2"]["invoice_id"])]}
    assert kinds(compare(app)) == wanted
    mirror(app)
    assert kinds(compare(app)) == wanted


def test_a_period_looks_at_its_own_days(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """Orders and invoices of other days are neither compared nor named."""
    invoiced(app, clock, 6)
    plant_one = invoices(zoho)["R1"]
    people(zoho, "delete", resource="invoices", id=plant_one["invoice_id"])
    day = plant_one["date"]
    assert kinds(compare(app, actions.wanted_of(day, day))) == {"deleted": ["R1"]}
    before = compare(app, actions.wanted_of("2020-01-01", "2020-12-31"))
    assert (before.differences, before.counts["compared"]["orders"]) == ((), 0)
    mirror(app)
    before = compare(app, actions.wanted_of("2020-01-01", "2020-12-31"))
    assert (before.differences, before.counts["compared"]["orders"]) == ((), 0)


def test_one_comparison_at_a_time_and_the_last_ones_are_kept(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """A second one is refused until the first ended or was silent for long; old runs go."""
    organization = app.services.zoho.default_organization()
    organization_id = organization.organization_id
    first = workflow.open_run(app.services, organization, Wanted())
    with pytest.raises(ConflictError):
        workflow.open_run(app.services, organization, Wanted())
    clock.advance(workflow.LEASE_S + 1)
    workflow.open_run(app.services, organization, Wanted())
    broken = actions.last_run(app.services, organization_id, run_id=first)
    assert broken is not None
    assert broken.state == runs.BROKEN
    clock.advance(workflow.LEASE_S + 1)
    for _ in range(runs.KEPT_RUNS + 2):
        clock.advance(1)
        compare(app)
    with app.services.db.read() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(tables.reconcile_runs)).scalar_one() == runs.KEPT_RUNS


def test_the_daily_comparison_is_due_a_day_after_the_last_one(
    app: App, clock: FixedClock, zoho: Zoho, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the first one a day after the organization was connected; a paused one has none."""
    begun: list[Wanted] = []
    monkeypatch.setattr(actions, "start", lambda services, organization, wanted: begun.append(wanted))
    app.services.zoho.default_organization()
    actions.daily(app.services)
    assert not begun
    clock.advance(actions.DAY_S)
    actions.daily(app.services)
    assert [wanted.recent_days for wanted in begun] == [actions.RECENT_DAYS]
    compare(app)
    actions.daily(app.services)
    assert len(begun) == 1
    clock.advance(actions.DAY_S)
    actions.daily(app.services)
    assert len(begun) == 2
