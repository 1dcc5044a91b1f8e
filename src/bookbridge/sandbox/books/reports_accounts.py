"""Reports read from the ledger: profit and loss, balance sheet, cash flow, trial balance, transactions (FACTS 6).

Zoho documents none of them; paths, parameters and nesting are what public programs use. Amounts in base currency.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

from bookbridge.sandbox.books.ledger import Entry, entries, own_direction, totals
from bookbridge.sandbox.books.lists import paged
from bookbridge.sandbox.books.values import ZERO, Record, day, flag_of, tidy
from bookbridge.sandbox.call import Call, Reply, Route

SCOPE = "reports.READ"
PER_PAGE = 500
OPERATING_INCOME, OTHER_INCOME = ("income",), ("other_income",)
COST, EXPENSE, OTHER_EXPENSE = ("cost_of_goods_sold",), ("expense",), ("other_expense",)
CASH = ("cash", "bank")
RESULT = {*OPERATING_INCOME, *OTHER_INCOME, *COST, *EXPENSE, *OTHER_EXPENSE}
CURRENT_ASSETS = (
    ("Cash", ("cash",)),
    ("Bank", ("bank",)),
    ("Accounts Receivable", ("accounts_receivable",)),
    ("Other current assets", ("other_current_asset", "stock", "payment_clearing")),
)
LIABILITIES = (
    ("Current Liabilities", (
        "accounts_payable", "other_current_liability", "credit_card", "output_tax", "overseas_tax_payable",
    )),
    ("Long Term Liabilities", ("long_term_liability", "deferred_tax_liability")),
    ("Other Liabilities", ("other_liability",)),
)  # fmt: skip
FIXED, OTHER_ASSETS = ("fixed_asset",), ("other_asset", "intangible_asset", "right_to_use_asset", "deferred_tax_asset")


def period(call: Call) -> tuple[str, str]:
    """``from_date`` and ``to_date`` (or ``date``, ``as_of_date``); without them this month until today."""
    today = call.now.date()
    start = day(call.query, "from_date", today.replace(day=1).isoformat())
    end = next((day(call.query, name) for name in ("to_date", "as_of_date", "date") if call.query.get(name)), "")
    return start, end or today.isoformat()


def cash_based(call: Call) -> bool:
    """Whether income and cost count when money moves."""
    return flag_of(call.query.get("cash_based", ""))


def context(call: Call, name: str, **members: object) -> Record:
    """The ``page_context`` of a report."""
    start, end = period(call)
    return {"report_name": name, "from_date": start, "to_date": end, "cash_based": cash_based(call), **members}


class Sums:
    """The balances of all accounts over a period, grouped by the type of account."""

    def __init__(self, call: Call, sums: dict[str, Decimal]) -> None:
        self._accounts = list(call.org.table("chartofaccounts").values())
        self._sums = sums
        self._all_rows = call.query.get("show_rows", "non_zero") == "all"

    def rows(self, kinds: Iterable[str], sign: Callable[[Record, Decimal], Decimal] = own_direction) -> list[Record]:
        """Give a row of each account of these types, by name; empty accounts only when asked for."""
        wanted = set(kinds)
        found = []
        for account in self._accounts:
            amount = sign(account, self._sums.get(account["account_id"], ZERO))
            if account["account_type"] in wanted and (amount or self._all_rows):
                found.append({
                    "name": account["account_name"],
                    "account_id": account["account_id"],
                    "account_code": account["account_code"],
                    "account_type": account["account_type"],
                    "total": amount,
                    "previous_values": [],
                })  # fmt: skip
        return sorted(found, key=lambda row: str(row["name"]))

    def group(self, name: str, kinds: Iterable[str]) -> Record:
        """Give a named group of accounts with its total."""
        return grouped(name, self.rows(kinds))

    def result(self) -> Decimal:
        """Give income less cost."""
        return tidy(-sum(
            (self._sums.get(row["account_id"], ZERO) for row in self._accounts if row["account_type"] in RESULT), ZERO
        ))  # fmt: skip


def grouped(name: str, rows: list[Record], total: Decimal | None = None) -> Record:
    """A named group of rows; its total is their sum unless given."""
    amount = tidy(sum((row["total"] for row in rows), ZERO)) if total is None else tidy(total)
    return {"name": name, "total": amount, "previous_values": [], "account_transactions": rows}


def profit_and_loss(call: Call) -> Reply:
    """``GET /reports/profitandloss``."""
    start, end = period(call)
    sums = Sums(call, totals(entries(call, cash_based=cash_based(call)), since=start, until=end))
    income, cost = sums.group("Operating Income", OPERATING_INCOME), sums.group("Cost of Goods Sold", COST)
    expense = sums.group("Operating Expense", EXPENSE)
    more, less = sums.group("Non Operating Income", OTHER_INCOME), sums.group("Non Operating Expense", OTHER_EXPENSE)
    gross = income["total"] - cost["total"]
    operating = gross - expense["total"]
    return Reply({
        "profit_and_loss": [
            grouped("Gross Profit", [income, cost], gross),
            grouped("Operating Profit", [expense], operating),
            grouped("Net Profit/Loss", [more, less], operating + more["total"] - less["total"]),
        ],
        "page_context": context(call, "Profit and Loss"),
    })  # fmt: skip


def balance_sheet(call: Call) -> Reply:
    """``GET /reports/balancesheet``: what earlier and this year earned stands under the equities."""
    _, end = period(call)
    sums = Sums(call, totals(entries(call, cash_based=cash_based(call)), until=end))
    current = grouped("Current Assets", [sums.group(name, kinds) for name, kinds in CURRENT_ASSETS])
    assets = [current, sums.group("Fixed Assets", FIXED), sums.group("Other Assets", OTHER_ASSETS)]
    owed = grouped("Liabilities", [sums.group(name, kinds) for name, kinds in LIABILITIES])
    earned = {"name": "Current Year Earnings", "account_id": "", "account_code": "", "total": sums.result()}
    equities = grouped("Equities", [*sums.rows(("equity",)), {**earned, "previous_values": []}])
    sheet = [grouped("Assets", assets), grouped("Liabilities & Equities", [owed, equities])]
    return Reply({"balance_sheet": sheet, "page_context": context(call, "Balance Sheet")})


def cash_flow(call: Call) -> Reply:
    """``GET /reports/cashflow``: the indirect method; its change is that of the cash and bank accounts."""
    start, end = period(call)
    found = entries(call, cash_based=cash_based(call))
    sums = Sums(call, totals(found, since=start, until=end))

    def freed(account: Record, amount: Decimal) -> Decimal:
        return tidy(-amount)

    held = {row["account_id"] for row in call.org.table("chartofaccounts").values() if row["account_type"] in CASH}
    before = tidy(sum((entry.amount for entry in found if entry.account_id in held and entry.date < start), ZERO))
    earned = {"name": "Net Income", "account_id": "", "account_code": "", "total": sums.result()}
    working = [kind for name, kinds in (*CURRENT_ASSETS, LIABILITIES[0]) for kind in kinds if kind not in CASH]
    parts = [
        grouped("Cash Flow from Operating Activities", [{**earned, "previous_values": []}, *sums.rows(working, freed)]),
        grouped("Cash Flow from Investing Activities", sums.rows((*FIXED, *OTHER_ASSETS), freed)),
        grouped("Cash Flow from Financing Activities", sums.rows(
            ("equity", *(kind for _, kinds in LIABILITIES[1:] for kind in kinds)), freed)),
    ]  # fmt: skip
    change = sum((part["total"] for part in parts), ZERO)
    ends = [
        ("Net Change in Cash", change),
        ("Beginning Cash Balance", before),
        ("Ending Cash Balance", before + change),
    ]
    parts.extend(grouped(name, [], amount) for name, amount in ends)
    return Reply({"cash_flow": parts, "page_context": context(call, "Cash Flow Statement")})


def trial_balance(call: Call) -> Reply:
    """``GET /reports/trialbalance``: the balance of each account at the end, as debit or credit."""
    _, end = period(call)
    sums = Sums(call, totals(entries(call, cash_based=cash_based(call)), until=end))
    groups = [
        ("Assets", [kind for _, kinds in CURRENT_ASSETS for kind in kinds] + [*FIXED, *OTHER_ASSETS]),
        ("Liabilities", [kind for _, kinds in LIABILITIES for kind in kinds]),
        ("Equities", ["equity"]),
        ("Income", [*OPERATING_INCOME, *OTHER_INCOME]),
        ("Expense", [*COST, *EXPENSE, *OTHER_EXPENSE]),
    ]
    shown: list[Record] = []
    for name, kinds in groups:
        rows = [_two_sided(row) for row in sums.rows(kinds, lambda account, amount: tidy(amount))]
        shown.append({
            "name": name,
            "debit": tidy(sum((row["debit"] for row in rows), ZERO)),
            "credit": tidy(sum((row["credit"] for row in rows), ZERO)),
            "account_transactions": rows,
        })  # fmt: skip
    debit = tidy(sum((group["debit"] for group in shown), ZERO))
    credit = tidy(sum((group["credit"] for group in shown), ZERO))
    members = {"debit_total": debit, "credit_total": credit}
    return Reply({"trial_balance": shown, **members, "page_context": context(call, "Trial Balance")})


def _two_sided(row: Record) -> Record:
    amount = row.pop("total")
    row.pop("previous_values")
    return {**row, "debit": max(amount, ZERO), "credit": max(-amount, ZERO), "net_amount": amount}


def account_transactions(call: Call) -> Reply:
    """``GET /reports/accounttransaction``: every entry of a period, of all accounts or those asked for."""
    start, end = period(call)
    accounts = call.org.table("chartofaccounts")
    wanted_ids = {one for one in (call.query.get("account_id") or call.query.get("account_ids", "")).split(",") if one}
    wanted_type = call.query.get("account_type", "")
    found = [
        entry
        for entry in entries(call, cash_based=cash_based(call))
        if start <= entry.date <= end
        and (not wanted_ids or entry.account_id in wanted_ids)
        and wanted_type in ("", accounts[entry.account_id]["account_type"])
    ]
    page, head = paged(call, [_transaction(call, entry) for entry in found], PER_PAGE)
    members = context(call, "Account Transactions", **head)
    return Reply({"account_transactions": [{"account_transactions": page}], "page_context": members})


def _transaction(call: Call, entry: Entry) -> Record:
    account = call.org.table("chartofaccounts")[entry.account_id]
    contact = call.org.table("contacts").get(entry.contact_id, {})
    return {
        "date": entry.date,
        "account_id": entry.account_id,
        "account_name": account["account_name"],
        "account": {"account_group": _group_of(account["account_type"]), "account_type": account["account_type"]},
        "transaction_details": contact.get("contact_name", ""),
        "transaction_id": entry.record_id,
        "transaction_type": entry.kind,
        "transaction_number": entry.reference,
        "reference_number": entry.reference,
        "debit": max(entry.amount, ZERO),
        "credit": max(-entry.amount, ZERO),
        "net_amount": own_direction(account, entry.amount),
        "contact_id": entry.contact_id,
        "contact_name": contact.get("contact_name", ""),
        "currency_code": entry.currency_code,
        "branch": {},
    }


def _group_of(kind: str) -> str:
    if kind in RESULT:
        return "income" if kind in (*OPERATING_INCOME, *OTHER_INCOME) else "expense"
    if kind == "equity":
        return "equity"
    return "liability" if any(kind in kinds for _, kinds in LIABILITIES) else "asset"


ROUTES = (
    Route("GET", "/reports/profitandloss", SCOPE, profit_and_loss),
    Route("GET", "/reports/balancesheet", SCOPE, balance_sheet),
    Route("GET", "/reports/cashflow", SCOPE, cash_flow),
    Route("GET", "/reports/trialbalance", SCOPE, trial_balance),
    Route("GET", "/reports/accounttransaction", SCOPE, account_transactions),
)
