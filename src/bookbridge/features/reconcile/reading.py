"""What a comparison reads from Zoho: few calls of the lowest class, each row taken as it is, filters never trusted."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from bookbridge.effects import keyfield
from bookbridge.features.reconcile.halving import PAGE
from bookbridge.features.reconcile.sides import ContactSide, Days, InvoiceSide, Totals
from bookbridge.kernel.money import Money
from bookbridge.registry import Services
from bookbridge.store.organizations import Organization
from bookbridge.zoho.answers import Payload
from bookbridge.zoho.books.client import Books
from bookbridge.zoho.budget import CallClass, Observation, Permit
from bookbridge.zoho.errors import BudgetExhaustedError, RateLimitedError, RecordNotFoundError, UnreadableAnswerError
from bookbridge.zoho.limiter import Budget
from bookbridge.zoho.protocol import Param

TURN_S, TURNS = 60.0, 10
"""How long a call waits for its turn at a time, and how often it asks again, before the comparison ends incomplete."""
COUNT_AND_SUMS = 3
"""``response_option`` of a control total (FACTS 4.3)."""


@dataclass(slots=True)
class Counted:
    """A budget that counts the permits it gave: every attempt of every call."""

    inner: Budget
    calls: int = 0

    def acquire(self, call_class: CallClass, /, *, wait_s: float | None) -> Permit:
        """A permit of the budget."""
        permit = self.inner.acquire(call_class, wait_s=wait_s)
        self.calls += 1
        return permit

    def release(self, permit: Permit, observation: Observation, /) -> None:
        """Give it back."""
        self.inner.release(permit, observation)


@dataclass(slots=True)
class Reader:
    """Reads one organization; ``alive`` is told before each call and each wait."""

    services: Services
    organization: Organization
    alive: Callable[[], None] = lambda: None
    budget: Counted = field(init=False)
    books: Books = field(init=False)

    def __post_init__(self) -> None:
        session = self.services.zoho.session(self.organization.organization_id)
        self.budget = Counted(session.budget)
        wait_s = TURN_S * self.services.limits.scale
        counted = replace(session, budget=self.budget)
        self.books = Books(counted, call_class=CallClass.RECONCILE, wait_s=wait_s)

    @property
    def calls(self) -> int:
        """Calls made so far, repeated ones too."""
        return self.budget.calls

    def control_totals(self, days: Days, /) -> Totals:
        """Count and sums of the invoices of some days, in the organization's currency: one call.

        Raises:
            UnreadableAnswerError: Zoho gave no count or no sums.
        """
        params = {**_range(days), "response_option": COUNT_AND_SUMS, "per_page": 1}
        context = self._get("/invoices", params).body.get("page_context") or {}
        sums = context.get("sum_columns") or {}
        if not isinstance(context.get("total"), int) or "total" not in sums or "balance" not in sums:
            raise UnreadableAnswerError("Zoho's list of invoices gave no control totals (response_option).")
        return Totals(context["total"], self._base(sums["total"]), self._base(sums["balance"]))

    def invoices(self, days: Days = Days(), /, **filters: Param) -> Iterator[InvoiceSide]:  # noqa: B008 - frozen
        """Every invoice that Zoho lists for the days, each once (rows shift while pages are read, FACTS 4.3)."""
        for row in self._rows("/invoices", "invoices", "invoice_id", {**_range(days), **filters}):
            yield self.invoice_side(row)

    def changed_since(self, since: datetime, /) -> Iterator[InvoiceSide]:
        """Invoices that changed since a moment (inclusive, FACTS 4.6)."""
        text = since.strftime("%Y-%m-%dT%H:%M:%S%z")
        return self.invoices(last_modified_time=text)

    def invoice(self, invoice_id: str, /) -> InvoiceSide | None:
        """One invoice as it is now; ``None`` when there is none."""
        try:
            row = self._get(f"/invoices/{invoice_id}", {}).body.get("invoice") or {}
        except RecordNotFoundError:
            return None
        if str(row.get("invoice_id")) != invoice_id:
            raise UnreadableAnswerError(f"The answer about invoice {invoice_id} shows another one.")
        return self.invoice_side(row)

    def search(self, **filters: Param) -> list[InvoiceSide]:
        """The first page of a filtered list; whether a row fits is for the caller to see."""
        body = self._get("/invoices", {**filters, "per_page": PAGE}).body
        return [self.invoice_side(row) for row in _list(body, "invoices")]

    def contact(self, contact_id: str, /) -> ContactSide | None:
        """One contact with its balances; ``None`` when there is none."""
        try:
            row = self._get(f"/contacts/{contact_id}", {}).body.get("contact") or {}
        except RecordNotFoundError:
            return None
        if str(row.get("contact_id")) != contact_id:
            raise UnreadableAnswerError(f"The answer about contact {contact_id} shows another one.")
        return contact_side(row)

    def contacts(self, /, *, everyone: bool) -> Iterator[ContactSide]:
        """Contacts, who owes most first; unless ``everyone``, until the first page on which nobody owes anything."""
        order: dict[str, Param] = {"sort_column": "outstanding_receivable_amount", "sort_order": "D"}
        owing = False
        for count, row in enumerate(self._rows("/contacts", "contacts", "contact_id", order), 1):
            side = contact_side(row)
            yield side
            owing = owing or bool(side.outstanding)
            if count % PAGE == 0:
                if not owing and not everyone:
                    return
                owing = False

    def invoice_side(self, row: Mapping[str, Any], /) -> InvoiceSide:
        """A row of the list, or a detail, as one side of a comparison.

        Its part of the control totals is each amount times the rate, rounded half up on its own (FACTS 5.4).
        """
        rate = _amount(row.get("exchange_rate")) or Decimal(1)
        total, balance = _amount(row.get("total")), _amount(row.get("balance"))
        return InvoiceSide(
            invoice_id=str(row.get("invoice_id") or ""),
            number=str(row.get("invoice_number") or ""),
            reference=str(row.get("reference_number") or ""),
            key=keyfield.read(self.organization, row),
            status=str(row.get("status") or ""),
            customer_id=str(row.get("customer_id") or ""),
            customer_name=str(row.get("customer_name") or ""),
            currency=str(row.get("currency_code") or ""),
            total=total,
            balance=balance,
            dated_on=str(row.get("date") or ""),
            due_on=str(row.get("due_date") or ""),
            modified_at=_moment(row.get("last_modified_time")),
            base=Totals(1, self._base(total * rate), self._base(balance * rate)),
        )

    def _rows(self, path: str, key: str, id_name: str, params: Mapping[str, Param]) -> Iterator[Mapping[str, Any]]:
        seen: set[str] = set()
        number = 1
        while True:
            body = self._get(path, {**params, "page": number, "per_page": PAGE}).body
            context = body.get("page_context") or {}
            if context.get("page", number) != number:
                raise UnreadableAnswerError(f"Page {number} of {path} was asked for, another one came.")
            rows = [row for row in _list(body, key) if str(row.get(id_name)) not in seen]
            if context.get("has_more_page") and not rows:
                raise UnreadableAnswerError(f"The list {path} does not end: page {number} brought nothing new.")
            seen.update(str(row.get(id_name)) for row in rows)
            yield from rows
            if not context.get("has_more_page"):
                return
            number += 1

    def _get(self, path: str, params: Mapping[str, Param]) -> Payload:
        turn = 1
        while True:
            self.alive()
            try:
                return self.books.call("GET", path, params=params)
            except (BudgetExhaustedError, RateLimitedError) as error:
                pause_s = self._pause(error)
                if turn >= TURNS or pause_s is None:
                    raise
            self.services.clock.sleep(pause_s)
            turn += 1

    def _pause(self, error: BudgetExhaustedError | RateLimitedError) -> float | None:
        """Seconds until it is worth asking again; ``None`` when that is too far: the day's calls are used up."""
        scale = self.services.limits.scale
        if isinstance(error, RateLimitedError):
            return 1.0 * scale if error.kind in ("minute", "concurrency") else None
        left_s = error.until_ms / 1000 - self.services.clock.now().timestamp()
        if error.reason == "day" or left_s > TURN_S * TURNS * scale:
            return None
        return min(max(left_s, 1.0 * scale), TURN_S * scale)

    def _base(self, value: Any) -> int:
        organization = self.organization
        return Money.rounded(_amount(value), currency=organization.currency, exponent=organization.exponent).minor


def contact_side(row: Mapping[str, Any], /) -> ContactSide:
    """A contact's row of the list, or its detail."""
    outstanding, unused = "outstanding_receivable_amount", "unused_credits_receivable_amount"
    return ContactSide(
        contact_id=str(row.get("contact_id") or ""),
        name=str(row.get("contact_name") or ""),
        currency=str(row.get("currency_code") or ""),
        outstanding=_amount(row.get(outstanding)),
        credits=_amount(row.get(unused)),
        base_outstanding=_amount(row.get(f"{outstanding}_bcy")),
        base_credits=_amount(row.get(f"{unused}_bcy")),
        opening=_amount(row.get("outstanding_ob_receivable_amount")),
    )


def _range(days: Days) -> dict[str, Param]:
    params: dict[str, Param] = {}
    if days.first:
        params["date_start"] = days.first
    if days.last:
        params["date_end"] = days.last
    return params


def _list(body: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = body.get(key)
    if not isinstance(rows, list):
        raise UnreadableAnswerError(f"The answer holds no list of {key}.")
    return [row for row in rows if isinstance(row, dict)]


def _amount(value: Any) -> Decimal:
    """Zoho writes an empty text where there is no amount (FACTS 4.7)."""
    return Decimal(0) if value in (None, "") else Decimal(value)


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%S%z") if value else None
    except ValueError:
        return None
