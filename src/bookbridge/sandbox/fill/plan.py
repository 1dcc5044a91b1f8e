"""What a fill is asked for: how much, over how many months, in which currencies, and what happens how often."""

from dataclasses import dataclass, field, fields
from typing import Any

MIX: dict[str, int] = {
    "paid": 46,  # in full, until the due date
    "late": 20,  # in full, after it
    "parts": 6,  # in full, by several payments
    "partial": 4,  # something, and never the rest
    "together": 7,  # with other invoices of the customer in one payment
    "credited": 4,  # a credit note for all or part of it, the rest paid
    "written_off": 2,  # after a part or nothing was paid; some write-offs are cancelled
    "advance": 2,  # from a payment that came before it
    "bounced": 1,  # a payment that is deleted again
    "void": 2,  # some after a part was paid, which becomes a credit
    "draft": 3,  # never sent
    "disputed": 2,  # never paid
    "deleted": 1,  # written on top of the number asked for, and gone again
}
"""Stories of an invoice and their weights; one whose next step lies in the future stays open or overdue."""

_LARGEST = 1_000_000
_MONTHS = 240


@dataclass(frozen=True)
class Plan:
    """One fill; numbers left at -1 follow from ``invoices``.

    ``currencies`` come beside the base currency. ``mix`` replaces weights of ``MIX``. ``advances`` and ``credit_notes``
    are those that belong to no invoice. ``withheld`` per cent of the payments come with a tenth withheld as tax.
    """

    organization_id: str = ""
    invoices: int = 1000
    months: int = 12
    seed: int = 0
    currencies: tuple[str, ...] = ("EUR", "JPY")
    customers: int = -1
    vendors: int = -1
    items: int = 40
    expenses: int = -1
    bills: int = -1
    advances: int = -1
    credit_notes: int = -1
    withheld: int = 0
    mix: dict[str, int] = field(default_factory=dict)

    def number(self, name: str) -> int:
        """Give a number as asked for, or the one that goes with so many invoices."""
        asked = int(getattr(self, name))
        many = self.invoices
        usual = {
            "customers": max(5, min(4000, many // 20)),
            "vendors": max(3, min(200, many // 200)),
            "expenses": many // 10,
            "bills": many // 20,
            "advances": many // 50,
            "credit_notes": many // 40,
        }
        return usual[name] if asked < 0 else asked

    def weights(self) -> dict[str, int]:
        """Give the weight of each story."""
        return {**MIX, **self.mix}


def read_plan(data: dict[str, Any]) -> Plan:
    """Read a plan from JSON; raises ValueError that names the member and what it takes."""
    known = {one.name: one for one in fields(Plan)}
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise ValueError(f"fill has no {unknown[0]}; it takes {', '.join(known)}")
    values = dict(data)
    for name in known:
        if name in values and name not in ("organization_id", "currencies", "mix"):
            _require_number(name, values[name])
    if not 1 <= values.get("months", 12) <= _MONTHS:
        raise ValueError(f"months must be from 1 to {_MONTHS}")
    values["organization_id"] = str(values.get("organization_id", ""))
    values["currencies"] = _currencies(values.get("currencies", Plan.currencies))
    values["mix"] = _mix(values.get("mix", {}))
    return Plan(**values)


def _require_number(name: str, value: Any) -> None:
    lowest = -1 if name != "seed" else -(2**63)
    if type(value) is not int or not lowest <= value <= (_LARGEST if name != "seed" else 2**63):
        raise ValueError(f"{name} must be a whole number up to {_LARGEST}")


def _currencies(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(code, str) for code in value):
        raise ValueError('currencies must be a list of codes, as ["EUR", "JPY"]')
    return tuple(code.upper() for code in value)


def _mix(value: Any) -> dict[str, int]:
    if not isinstance(value, dict) or not all(type(weight) is int and weight >= 0 for weight in value.values()):
        raise ValueError("mix must be an object of whole weights from 0")
    unknown = sorted(set(value) - set(MIX))
    if unknown:
        raise ValueError(f"mix has no story {unknown[0]}; it knows {', '.join(MIX)}")
    if not any({**MIX, **value}.values()):
        raise ValueError("mix leaves no story with a weight above 0")
    return dict(value)
