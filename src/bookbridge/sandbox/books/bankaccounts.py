"""Bank, card and cash accounts (FACTS 5.8): the right source for ``paid_through_account_id``."""

from bookbridge.sandbox.books.chartofaccounts import BANKING, delete_one, fill, new_account
from bookbridge.sandbox.books.currencies import base, by_code
from bookbridge.sandbox.books.lists import Listing, answer
from bookbridge.sandbox.books.postings import balance_of
from bookbridge.sandbox.books.records import commit, get, insert, missing, save
from bookbridge.sandbox.books.unused import BANK_ACCOUNT, BANK_ACCOUNT_ROW
from bookbridge.sandbox.books.values import ZERO, Record, flag, invalid, text
from bookbridge.sandbox.call import Call, Reply, Route

CREATABLE = ("bank", "credit_card", "payment_clearing")
TEXTS = (("account_number", 100), ("bank_name", 100), ("routing_number", 50))


def masked(number: str) -> str:
    """An account number as Zoho shows it: only its last four digits."""
    return f"xxxx{number[-4:]}" if number else ""


def row(call: Call, account: Record) -> Record:
    """The wire row of the list."""
    currency = call.org.table("currencies").get(account["currency_id"]) or base(call.org)
    balance = balance_of(call, account)
    return {
        **BANK_ACCOUNT_ROW,
        "account_id": account["account_id"],
        "account_name": account["account_name"],
        "account_code": account["account_code"],
        "currency_id": currency["currency_id"],
        "currency_code": currency["currency_code"],
        "account_type": account["account_type"],
        "account_sub_type": "",
        "account_number": masked(account["account_number"]),
        "uncategorized_transactions": 0,
        "total_unprinted_checks": 0,
        "is_active": account["is_active"],
        "balance": balance,
        "bank_balance": ZERO,
        "bcy_balance": balance,
        "bank_name": account["bank_name"],
        "routing_number": account["routing_number"],
        "is_primary_account": account["is_primary_account"],
        "is_paypal_account": account["is_paypal_account"],
        "feeds_last_refresh_date": "",
        "is_direct_paypal": False,
        "mfa_required": False,
    }


def detail(call: Call, account: Record) -> Record:
    """The wire record of one account."""
    currency = call.org.table("currencies").get(account["currency_id"]) or base(call.org)
    return {
        **BANK_ACCOUNT,
        **row(call, account),
        "custom_fields": [],
        "custom_field_hash": {},
        "is_undeposited_funds": account["account_name"] == "Undeposited Funds",
        "currency_symbol": currency["currency_symbol"],
        "price_precision": currency["price_precision"],
        "is_feeds_subscribed": False,
        "is_feeds_active": False,
        "description": account["description"],
        "refresh_status_code": "",
        "service_id": "",
        "is_system_account": account["is_system_account"],
        "is_show_warning_for_feeds_refresh": False,
        "created_time": account["created_time"],
        "last_modified_time": account["last_modified_time"],
    }


def _banking(account: Record) -> bool:
    return account["account_type"] in BANKING


LISTING = Listing(
    resource="chartofaccounts",
    key="bankaccounts",
    report_name="Bank Accounts",
    row=row,
    sort_column="account_name",
    sort_order="A",
    sorts=("account_name", "account_type", "account_code"),
    filter_by={
        "Status.All": lambda call, account: _banking(account),
        "Status.Active": lambda call, account: _banking(account) and account["is_active"],
        "Status.Inactive": lambda call, account: _banking(account) and not account["is_active"],
    },
    default_filter=lambda call, account: _banking(account),
)


def listed(call: Call) -> Reply:
    """``GET /bankaccounts``."""
    return answer(LISTING, call)


def _get(call: Call) -> Record:
    record = get(call, "chartofaccounts", call.ids["account_id"])
    if not _banking(record):
        raise missing("chartofaccounts")
    return record


def got(call: Call) -> Reply:
    """``GET /bankaccounts/{id}``."""
    return Reply({"bankaccount": detail(call, _get(call))})


def _fill(call: Call, record: Record) -> Record:
    fill(call, record, CREATABLE)
    for name, limit in TEXTS:
        record[name] = text(call.body, name, limit, record[name])
    for name in ("is_primary_account", "is_paypal_account"):
        record[name] = flag(call.body, name, record[name])
    code = text(call.body, "currency_code")
    if code and not call.body.get("currency_id"):
        currency = by_code(call.org, code)
        if currency is None:
            raise invalid("currency_code")
        record["currency_id"] = currency["currency_id"]
    return record


def created(call: Call) -> Reply:
    """``POST /bankaccounts``."""
    record = new_account("", "")
    _fill(call, record)
    insert(call, "chartofaccounts", record)
    commit(call, "chartofaccounts", record)
    return Reply({"bankaccount": detail(call, record)}, 201, "The account has been created.")


def updated(call: Call) -> Reply:
    """``PUT /bankaccounts/{id}``."""
    record = _get(call)
    record.update(_fill(call, dict(record)))
    save(call, "chartofaccounts", record)
    commit(call, "chartofaccounts", record)
    return Reply({"bankaccount": detail(call, record)}, message="The details of the account have been updated.")


def deleted(call: Call) -> Reply:
    """``DELETE /bankaccounts/{id}``."""
    delete_one(call, _get(call)["account_id"])
    return Reply({}, message="The account has been deleted.")


def _marked(call: Call, active: bool) -> Reply:
    record = _get(call)
    record["is_active"] = active
    save(call, "chartofaccounts", record)
    commit(call, "chartofaccounts", record)
    return Reply({}, message=f"The account has been marked as {'active' if active else 'inactive'}.")


def activated(call: Call) -> Reply:
    """``POST /bankaccounts/{id}/active``."""
    return _marked(call, True)


def inactivated(call: Call) -> Reply:
    """``POST /bankaccounts/{id}/inactive``."""
    return _marked(call, False)


_ONE = "/bankaccounts/{account_id}"
ROUTES = (
    Route("GET", "/bankaccounts", "banking.READ", listed),
    Route("POST", "/bankaccounts", "banking.CREATE", created),
    Route("GET", _ONE, "banking.READ", got),
    Route("PUT", _ONE, "banking.UPDATE", updated),
    Route("DELETE", _ONE, "banking.DELETE", deleted),
    Route("POST", _ONE + "/active", "banking.CREATE", activated),
    Route("POST", _ONE + "/inactive", "banking.CREATE", inactivated),
)
