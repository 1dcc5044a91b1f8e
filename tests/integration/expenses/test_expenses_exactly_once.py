"""An expense is recorded exactly once, whatever Zoho, the network and people do meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.bootstrap import App
from bookbridge.features.expenses import actions
from bookbridge.features.expenses.actions import Asked
from bookbridge.features.expenses.request import ExpenseBody, ExpenseChanges
from bookbridge.kernel.clock import FixedClock
from bookbridge.kernel.errors import ConflictError, InvalidInputError
from tests.support.app import settle
from tests.support.sandbox import Zoho

CREATE = {"method": "POST", "path": "^/expenses$"}
CHANGE = {"method": "PUT", "path": "^/expenses/"}


def an_expense(external_id: str = "e-1", **changes: Any) -> ExpenseBody:
    """A taxi in dollars."""
    given: dict[str, Any] = {
        "external_id": external_id, "amount": Decimal("18.40"), "currency": "USD", "category": "Travel Expense",
        "date": "2026-03-02", "description": "Taxi",
    }  # fmt: skip
    return ExpenseBody(**{**given, **changes})


def record(app: App, body: ExpenseBody | None = None, **options: Any) -> Asked:
    """Accept an expense as the API does."""
    organization = app.services.zoho.default_organization()
    return actions.record(app.services, organization, body or an_expense(), **options)


def change(app: App, expense_id: str, **fields: Any) -> Asked:
    """Accept a change as the API does."""
    organization = app.services.zoho.default_organization()
    return actions.change(app.services, organization, expense_id, ExpenseChanges(**fields))


def told(app: App, asked: Asked) -> dict[str, Any]:
    """What the API answers about it."""
    return actions.outcome(actions.standing(app.services, asked.effect_id))


def expenses(zoho: Zoho) -> list[dict[str, Any]]:
    """Every expense there is."""
    rows: list[dict[str, Any]] = zoho.books("GET", "/expenses").json()["expenses"]
    return rows


def vendors(zoho: Zoho) -> list[dict[str, Any]]:
    """Every vendor there is."""
    rows: list[dict[str, Any]] = zoho.books("GET", "/contacts", params={"contact_type": "vendor"}).json()["contacts"]
    return rows


def fault(zoho: Zoho, kind: str, match: dict[str, str], *, times: int = 1, **params: Any) -> None:
    """Let the next matching calls go wrong."""
    rule = {"kind": kind, "match": match, "rate": 1.0, "times": times, "params": params}
    zoho.control("faults", {"rules": [rule], "seed": 1, "scale": 0.01})


def no_key_field(app: App) -> None:
    """The organization has no unique custom field."""
    organization = app.services.zoho.default_organization()
    from bookbridge.store import organizations

    with app.services.db.transaction() as tx:
        organizations.set_key_field(tx, organization.organization_id, None, by_module={})
    app.services.zoho.forget(organization.organization_id)


def test_an_expense_is_booked_by_category_with_its_key_and_a_reference(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """Account by name, Petty Cash paid, the amount exact, our key in the unique field."""
    asked = record(app)
    settle(app, clock)

    answer = told(app, asked)
    expense = answer["expense"]
    assert (answer["success"], expense["account_name"], expense["amount"]) == (True, "Travel Expense", Decimal("18.4"))
    assert expense["paid_through_account_name"] == "Petty Cash"
    assert answer["reference_number"].startswith("BB-")
    (row,) = expenses(zoho)
    assert len(row["custom_field_hash"]["cf_bookbridge_key"]) == 16


def test_a_second_expense_costs_one_call(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """Accounts are kept; recording is the create alone."""
    record(app)
    settle(app, clock)
    before = len(zoho.control("requests"))
    record(app, an_expense("e-2"))
    settle(app, clock)
    assert len(zoho.control("requests")) - before == 1


def test_the_same_identity_again_is_the_same_expense(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """However the amount is written; nothing is asked of Zoho."""
    first = record(app)
    settle(app, clock)
    before = len(zoho.control("requests"))
    again = record(app, an_expense(amount=Decimal("18.400")))
    settle(app, clock)

    assert (again.effect_id, again.is_new) == (first.effect_id, False)
    assert len(zoho.control("requests")) == before
    assert len(expenses(zoho)) == 1


def test_the_same_identity_with_other_content_is_a_conflict(app: App) -> None:
    """Nothing is guessed about which of the two was meant."""
    record(app)
    with pytest.raises(ConflictError):
        record(app, an_expense(amount=Decimal("18.41")))


def test_without_identity_each_request_is_an_expense(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """As documented; a key makes them one."""
    for _ in range(2):
        record(app, an_expense(""))
    for _ in range(2):
        record(app, an_expense(""), key="k")
    settle(app, clock)
    assert len(expenses(zoho)) == 3


def test_the_same_key_at_the_same_moment_makes_one(either_app: App, clock: FixedClock, zoho: Zoho) -> None:
    """Eight at once, with a vendor nobody knows: one expense, one vendor, one of them is new."""
    app = either_app
    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(lambda _: record(app, an_expense(vendor="City Cabs")), range(8)))
    settle(app, clock)

    assert len({each.effect_id for each in asked}) == 1
    assert sum(each.is_new for each in asked) == 1
    assert len(expenses(zoho)) == 1
    assert [row["contact_name"] for row in vendors(zoho)] == ["City Cabs"]


@pytest.mark.parametrize(
    ("kind", "has_key"),
    [
        *((kind, True) for kind in ("request_lost", "error_before", "error_after", "answer_lost", "late_commit",
                                    "cut_json", "html_200", "code_nonzero_200", "limit_44", "limit_1070")),
        *((kind, False) for kind in ("request_lost", "error_after", "answer_lost", "late_commit")),
    ],
)  # fmt: skip
def test_a_faulty_call_still_makes_one_expense(
    kind: str, has_key: bool, app: App, clock: FixedClock, zoho: Zoho
) -> None:
    """Whatever becomes of the first create, the answer is the one expense; with and without the unique field."""
    app.services.zoho.default_organization()
    if not has_key:
        no_key_field(app)
    fault(zoho, kind, CREATE)
    asked = record(app, an_expense(reference="T-77"))
    settle(app, clock)

    answer = told(app, asked)
    (row,) = expenses(zoho)
    assert answer["expense_id"] == row["expense_id"]
    assert (answer["effect"]["state"], answer["reference_number"]) == ("done", "T-77")


def test_another_expense_with_equal_content_is_not_taken_for_ours(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """Two equal expenses without a unique field, both answers lost in turn: two expenses, each bound to its own."""
    app.services.zoho.default_organization()
    no_key_field(app)
    first = record(app, an_expense("a", reference="SAME"))
    settle(app, clock)
    fault(zoho, "answer_lost", CREATE)
    second = record(app, an_expense("b", reference="SAME"))
    settle(app, clock)

    bound = {told(app, each)["expense_id"] for each in (first, second)}
    assert bound == {row["expense_id"] for row in expenses(zoho)}
    assert len(bound) == 2


def test_the_answer_of_another_request_binds_nothing_wrong(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """An answer that shows another expense is no answer; reading settles it."""
    other = record(app, an_expense("other"))
    settle(app, clock)
    fault(zoho, "other_answer", CREATE)
    asked = record(app, an_expense("mine", amount=Decimal("7.00")))
    settle(app, clock)

    assert told(app, asked)["expense_id"] != told(app, other)["expense_id"]
    assert told(app, asked)["expense"]["amount"] == 7
    assert len(expenses(zoho)) == 2


def test_a_refusal_is_told_and_sending_again_tries_again(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """Zoho's words reach the caller; when the books are mended, the same request succeeds."""
    organization = app.services.zoho.default_organization()
    zoho.control("seed", {"organizations": [{"organization_id": organization.organization_id,
                                             "settings": {"lock_date": "2026-12-31"}}]})  # fmt: skip
    asked = record(app)
    settle(app, clock)
    with pytest.raises(InvalidInputError, match="closed accounting period"):
        told(app, asked)

    zoho.control("seed", {"organizations": [{"organization_id": organization.organization_id,
                                             "settings": {"lock_date": ""}}]})  # fmt: skip
    again = record(app)
    settle(app, clock)
    assert again.effect_id == asked.effect_id
    assert told(app, again)["success"]
    assert len(expenses(zoho)) == 1


def test_a_vendor_is_found_by_name_whoever_entered_it(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """Without regard to case, and also when it has an e-mail address; a customer of that name is not it."""
    seeded = {
        "contact_name": "Staples", "contact_type": "vendor",
        "contact_persons": [{"email": "sales@staples.example", "is_primary_contact": True}],
    }  # fmt: skip
    zoho.control("seed", {"contacts": [seeded, {"contact_name": "Grand Hotel", "contact_type": "customer"}]})
    known = record(app, an_expense("1", vendor="STAPLES"))
    taken = record(app, an_expense("2", vendor="Grand Hotel"))
    settle(app, clock)

    assert told(app, known)["expense"]["vendor_name"] == "Staples"
    assert told(app, taken)["expense"]["vendor_name"] == "Grand Hotel (vendor)"
    assert sorted(row["contact_name"] for row in vendors(zoho)) == ["Grand Hotel (vendor)", "Staples"]


def test_a_vendor_that_cannot_be_had_is_told_and_mended(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """The expense waits; sending it again goes on."""
    app.services.zoho.default_organization()
    fault(zoho, "code_nonzero_200", {"method": "POST", "path": "^/contacts$"}, times=30)
    asked = record(app, an_expense(vendor="City Cabs"))
    settle(app, clock, rounds=400)
    with pytest.raises(ConflictError, match="vendor could not be had"):
        told(app, asked)

    zoho.control("faults", method="DELETE")
    again = record(app, an_expense(vendor="City Cabs"))
    settle(app, clock)
    assert told(app, again)["expense"]["vendor_name"] == "City Cabs"
    assert len(expenses(zoho)) == 1


def test_a_vendor_deleted_in_zoho_is_replaced_after_one_refusal(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """The expense that met the loss is told; the next one has a new vendor of that name."""
    asked = record(app, an_expense("1", vendor="City Cabs"))
    settle(app, clock)
    expense = told(app, asked)["expense"]
    zoho.books("DELETE", f"/expenses/{expense['expense_id']}")
    assert zoho.books("DELETE", f"/contacts/{expense['vendor_id']}").status_code == 200
    refused = record(app, an_expense("2", vendor="City Cabs"))
    settle(app, clock)
    with pytest.raises(InvalidInputError):
        told(app, refused)

    again = record(app, an_expense("3", vendor="City Cabs"))
    settle(app, clock)
    assert told(app, again)["expense"]["vendor_id"] != expense["vendor_id"]
    assert told(app, again)["expense"]["vendor_name"] == "City Cabs"


@pytest.mark.parametrize("kind", ["answer_lost", "request_lost", "error_after", "late_commit", "cut_json"])
def test_a_faulty_change_is_made_once_and_told(kind: str, app: App, clock: FixedClock, zoho: Zoho) -> None:
    """The new values are there and nothing else changed."""
    asked = record(app)
    settle(app, clock)
    expense_id = told(app, asked)["expense_id"]
    fault(zoho, kind, CHANGE)
    changed = change(app, expense_id, amount=Decimal("20.00"), category="Lodging", vendor="City Cabs")
    settle(app, clock)

    answer = told(app, changed)
    assert (answer["effect"]["state"], answer["expense"]["amount"]) == ("done", 20)
    assert answer["expense"]["account_name"] == "Lodging"
    (row,) = expenses(zoho)
    assert (row["total"], row["description"], row["vendor_name"]) == (20, "Taxi", "City Cabs")


def test_a_lost_change_never_undoes_a_later_one(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """Our change was lost, a person changed the expense since: it is left alone and told."""
    asked = record(app)
    settle(app, clock)
    expense_id = told(app, asked)["expense_id"]
    fault(zoho, "answer_lost", CHANGE)
    changed = change(app, expense_id, amount=Decimal("20.00"))
    app.runner.run(changed.effect_id)
    zoho.control("clock", {"advance_s": 5})
    zoho.books("PUT", f"/expenses/{expense_id}", json={"amount": 25})
    settle(app, clock)

    answer = told(app, changed)
    assert answer["effect"]["state"] == "review"
    assert "changed in Zoho meanwhile" in answer["effect"]["reason"]
    assert expenses(zoho)[0]["total"] == 25


def test_one_change_of_an_expense_at_a_time(app: App, clock: FixedClock) -> None:
    """The second is refused while the first is on its way."""
    asked = record(app)
    settle(app, clock)
    expense_id = told(app, asked)["expense_id"]
    change(app, expense_id, amount=Decimal("20.00"))
    with pytest.raises(ConflictError, match="still on its way"):
        change(app, expense_id, amount=Decimal("21.00"))
