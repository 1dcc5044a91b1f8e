"""The Zoho Books client: one object with a member for each resource."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from bookbridge.kernel.clock import SystemClock
from bookbridge.net import Transport
from bookbridge.zoho.answers import Payload
from bookbridge.zoho.authenticator import Authenticator
from bookbridge.zoho.books.bankaccounts import BankAccounts
from bookbridge.zoho.books.bills import Bills
from bookbridge.zoho.books.chartofaccounts import Accounts
from bookbridge.zoho.books.contactpersons import ContactPersons
from bookbridge.zoho.books.contacts import Contacts
from bookbridge.zoho.books.creditnotes import CreditNotes
from bookbridge.zoho.books.currencies import Currencies
from bookbridge.zoho.books.customerpayments import Payments
from bookbridge.zoho.books.expenses import Expenses
from bookbridge.zoho.books.invoices import Invoices
from bookbridge.zoho.books.items import Items
from bookbridge.zoho.books.organizations import Organizations
from bookbridge.zoho.books.taxes import Taxes
from bookbridge.zoho.books.users import Users
from bookbridge.zoho.budget import BudgetPolicy, CallClass
from bookbridge.zoho.datacenters import REGIONS, Region, region, sandbox_regions
from bookbridge.zoho.limiter import InMemoryBudget
from bookbridge.zoho.protocol import Accept, FilePart, Param, Request
from bookbridge.zoho.session import Session
from bookbridge.zoho.tokens import CachedTokens, StaticToken, TokenSource


class Books:
    """Zoho Books of one organization.

    ``call_class`` says who the calls are for when several share the limits, ``wait_s`` how many seconds a call waits
    for its turn (``None``: as long as it takes). Close it, or use it in a ``with`` block, when it was made by
    ``connect`` or ``with_access_token``.
    """

    def __init__(
        self, session: Session, *, call_class: CallClass | str = CallClass.INTERACTIVE, wait_s: float | None = None
    ) -> None:
        self.session = session
        self.call_class = CallClass(call_class)
        self.wait_s = wait_s

    @classmethod
    def connect(
        cls,
        *,
        client_id: str,
        client_secret: str,
        refresh_token: str,
        region: str = "us",
        organization_id: str = "",
        sandbox_url: str | None = None,
        calls_per_minute: int = 100,
        slots: int = 8,
        timeout_s: float = 30.0,
    ) -> "Books":
        """A client that renews its own access token; nothing is sent before the first call.

        ``sandbox_url`` (loopback only) replaces Zoho's hosts; ``calls_per_minute`` is Zoho's limit (0: none),
        ``slots`` how many calls may run at once (3 on the Free plan).

        Raises:
            UnknownRegionError: there is no such region.
        """
        row, transport = _reach(region, sandbox_url, timeout_s)
        authenticator = Authenticator(transport=transport, region=row, client_id=client_id, client_secret=client_secret)
        tokens = CachedTokens(authenticator=authenticator, refresh_token=refresh_token)
        policy = BudgetPolicy.for_minute(calls_per_minute, slots=slots)
        return cls(_session(row, transport, tokens, organization_id, policy))

    @classmethod
    def with_access_token(
        cls,
        access_token: str,
        /,
        *,
        region: str = "us",
        organization_id: str = "",
        sandbox_url: str | None = None,
        calls_per_minute: int = 100,
        slots: int = 8,
        timeout_s: float = 30.0,
    ) -> "Books":
        """A client with an access token somebody else obtained; it works until that token ends (one hour)."""
        row, transport = _reach(region, sandbox_url, timeout_s)
        policy = BudgetPolicy.for_minute(calls_per_minute, slots=slots)
        return cls(_session(row, transport, StaticToken(access_token), organization_id, policy))

    def __enter__(self) -> "Books":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        close = getattr(self.session.transport, "close", None)
        if close is not None:
            close()

    def with_class(self, call_class: CallClass | str, /) -> "Books":
        """The same client calling for somebody else; connections, token and limits are shared."""
        return Books(self.session, call_class=call_class, wait_s=self.wait_s)

    def send(self, request: Request, /) -> Payload:
        """Send any request, repeating where that is safe."""
        return self.session.call(request, call_class=self.call_class, wait_s=self.wait_s)

    def call(
        self,
        method: str,
        path: str,
        /,
        *,
        params: Mapping[str, Param] | None = None,
        json: Any = None,
        files: tuple[FilePart, ...] = (),
        headers: Mapping[str, str] | None = None,
        accept: Accept = "json",
        idempotent: bool | None = None,
    ) -> Payload:
        """Any call of the API that has no method here: ``books.call("GET", "/estimates").body["estimates"]``.

        ``path`` stands below ``/books/v3``. Numbers in ``body`` are exact. ``idempotent`` says whether a repetition
        does no harm (GET, PUT and DELETE yes, POST no, unless told otherwise).

        Raises:
            InvalidInputError: not a path, or a float in ``json``.
            ZohoError: see ``bookbridge.zoho.errors``.
        """
        request = Request(
            method=method.upper(),
            path=path,
            params=params or {},
            json=json,
            files=files,
            headers=headers or {},
            accept=accept,
            idempotent=idempotent,
        )
        return self.send(request)

    @cached_property
    def organizations(self) -> Organizations:
        """The companies this grant can see."""
        return Organizations(self.send)

    @cached_property
    def contacts(self) -> Contacts:
        """Customers and vendors."""
        return Contacts(self.send)

    @cached_property
    def contact_persons(self) -> ContactPersons:
        """The people of contacts."""
        return ContactPersons(self.send)

    @cached_property
    def invoices(self) -> Invoices:
        """Invoices."""
        return Invoices(self.send)

    @cached_property
    def items(self) -> Items:
        """The catalog."""
        return Items(self.send)

    @cached_property
    def taxes(self) -> Taxes:
        """Taxes."""
        return Taxes(self.send)

    @cached_property
    def currencies(self) -> Currencies:
        """Currencies and exchange rates."""
        return Currencies(self.send)

    @cached_property
    def accounts(self) -> Accounts:
        """The chart of accounts."""
        return Accounts(self.send)

    @cached_property
    def bank_accounts(self) -> BankAccounts:
        """Bank, card and cash accounts."""
        return BankAccounts(self.send)

    @cached_property
    def payments(self) -> Payments:
        """Payments received from customers."""
        return Payments(self.send)

    @cached_property
    def credit_notes(self) -> CreditNotes:
        """Credit notes."""
        return CreditNotes(self.send)

    @cached_property
    def bills(self) -> Bills:
        """Bills of vendors."""
        return Bills(self.send)

    @cached_property
    def expenses(self) -> Expenses:
        """Expenses and receipts."""
        return Expenses(self.send)

    @cached_property
    def users(self) -> Users:
        """The users of the organization."""
        return Users(self.send)


def _reach(key: str, sandbox_url: str | None, timeout_s: float) -> tuple[Region, Transport]:
    """The region and a transport that reaches nothing else."""
    from bookbridge.net.transport import HttpTransport  # here, because the HTTP library takes longer than all of this

    row = region(key, regions=REGIONS if sandbox_url is None else sandbox_regions(sandbox_url))
    return row, HttpTransport(origins=row.origins, timeout_s=timeout_s)


def _session(
    row: Region, transport: Transport, tokens: TokenSource, organization_id: str, policy: BudgetPolicy
) -> Session:
    clock = SystemClock()
    budget = InMemoryBudget(policy=policy, clock=clock)
    return Session(
        transport=transport,
        region=row,
        tokens=tokens,
        budget=budget,
        organization_id=organization_id,
        clock=clock,
    )
