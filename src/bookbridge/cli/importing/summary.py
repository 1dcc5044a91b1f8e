"""What an import came to, for people and for programs."""

from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from bookbridge.cli.importing.accept import Outcome
from bookbridge.cli.importing.files import Overview
from bookbridge.inbox.imports import Problem
from bookbridge.kernel.money import Money

MOST_SHOWN = 10


@dataclass(frozen=True)
class Summary:
    """The result: ``currencies`` are the totals Zoho gave, ``calls`` all calls of the organization."""

    overview: Overview
    outcome: Outcome
    import_id: str = ""
    states: dict[str, int] = field(default_factory=dict)
    invoices_new: int = 0
    invoices_before: int = 0
    currencies: tuple[Money, ...] = ()
    problems: tuple[Problem, ...] = ()
    calls: int = 0
    storing_s: float = 0.0
    all_s: float = 0.0
    unfinished: int = 0
    is_dry_run: bool = False

    @property
    def leaves_work(self) -> bool:
        """Whether a person has to look: rows that are wrong, orders in review, failed or changed."""
        return bool(self.outcome.wrong or self.problems or self.outcome.accepted.get("changed"))

    def as_json(self, *, complete: bool = True) -> dict[str, Any]:
        """Everything as plain values; ``complete`` with every row that became no order."""
        accepted = self.outcome.accepted
        told: dict[str, Any] = {
            "import_id": self.import_id,
            "dry_run": self.is_dry_run,
            "read": self.outcome.read,
            "orders": {name: accepted.get(name, 0) for name in ("new", "same", "changed")},
            "left_out": len(self.outcome.left_out),
            "wrong": len(self.outcome.wrong),
            "reasons": [{"reason": reason, "count": count} for reason, count in self.outcome.reasons],
            "ignored_columns": list(self.overview.ignored),
        }
        if not self.is_dry_run:
            told |= {
                "states": self.states,
                "unfinished": self.unfinished,
                "invoices": {"new": self.invoices_new, "before": self.invoices_before},
                "totals": {money.currency: money.amount for money in self.currencies},
                "calls": self.calls,
                "seconds": round(self.all_s, 3),
                "storing_seconds": round(self.storing_s, 3),
                "orders_per_second": round(self.rate, 1),
                "problems": [{name: getattr(each, name) for name in _PROBLEM} for each in self.problems],
            }
        return told | ({"entries": self.outcome.as_json()} if complete else {})

    @property
    def rate(self) -> float:
        """New invoices a second, over the whole import."""
        return self.invoices_new / self.all_s if self.all_s > 0 else 0.0

    def show(self, console: Console) -> None:
        """Print tables for people."""
        console.print(self._figures())
        if self.outcome.reasons:
            console.print(self._reasons())
        for each in self.outcome.wrong[:MOST_SHOWN]:
            console.print(
                f"line {each.line}, order {each.order_id or '?'}: {each.message} {each.remedy}".rstrip(), soft_wrap=True
            )
        self._more(console, len(self.outcome.wrong))
        for problem in self.problems[:MOST_SHOWN]:
            console.print(f"{problem.state}: order {problem.order_id}: {problem.reason}", soft_wrap=True)
        self._more(console, len(self.problems))
        if self.problems:
            console.print("Look at them with `bookbridge orders list --state review` (or failed).", soft_wrap=True)
        if self.overview.ignored:
            console.print(f"Columns that are not used: {', '.join(self.overview.ignored)}.", soft_wrap=True)

    def _figures(self) -> Table:
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column()
        table.add_column(justify="right")
        for name, value in self._rows():
            table.add_row(name, value)
        return table

    def _rows(self) -> list[tuple[str, str]]:
        accepted, would = self.outcome.accepted, "would be " if self.is_dry_run else ""
        rows = [
            ("read", f"{self.outcome.read:,}"),
            (f"orders {would}new", f"{accepted.get('new', 0):,}"),
            ("orders there before", f"{accepted.get('same', 0):,}"),
        ]
        rows += [("there with other content", f"{accepted['changed']:,}")] if accepted.get("changed") else []
        rows.append(("left out, with their reason", f"{len(self.outcome.left_out):,}"))
        rows.append(("wrong", f"{len(self.outcome.wrong):,}"))
        if self.is_dry_run:
            return rows
        rows.append(("invoices new", f"{self.invoices_new:,}"))
        rows.append(("invoices there before", f"{self.invoices_before:,}"))
        rows += [(f"total {money.currency}", f"{money.amount:,}") for money in self.currencies]
        rows += [(state, f"{count:,}") for state, count in sorted(self.states.items()) if state != "done"]
        rows.append(("API calls", f"{self.calls:,}"))
        rows.append(("seconds", f"{self.all_s:,.1f}"))
        rows += [("invoices a second", f"{self.rate:,.0f}")] if self.invoices_new else []
        return rows

    def _reasons(self) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("not imported because")
        table.add_column("orders", justify="right")
        for reason, count in self.outcome.reasons[:MOST_SHOWN]:
            table.add_row(reason, f"{count:,}")
        return table

    @staticmethod
    def _more(console: Console, count: int) -> None:
        if count > MOST_SHOWN:
            console.print(
                f"... and {count - MOST_SHOWN:,} more; --json or --report FILE lists every one.", soft_wrap=True
            )


_PROBLEM = ("order_pk", "order_id", "state", "reason")
