"""The guide's variables work without a connect step."""

from collections.abc import Iterator

import pytest

from bookbridge.kernel.errors import ConfigurationError, NotConnectedError
from bookbridge.sandbox.launch import SandboxServer
from bookbridge.store import grants
from bookbridge.store.db import Database
from bookbridge.zoho.protocol import Request
from tests.support.access import opened
from tests.support.sandbox import Zoho, running_sandbox

CURRENCIES = Request(method="GET", path="/settings/currencies")


@pytest.fixture
def box() -> Iterator[SandboxServer]:
    """A sandbox without Zoho's limits."""
    with running_sandbox(limits="off") as server:
        yield server


@pytest.fixture
def zoho(box: SandboxServer) -> Iterator[Zoho]:
    """The sandbox's control plane."""
    client = Zoho(box)
    yield client
    client.close()


def test_organization_is_fetched_once(database: Database, box: SandboxServer, zoho: Zoho) -> None:
    """First need asks Zoho for the organization; afterwards, and in other processes, the database knows it."""
    with opened(database, box) as access:
        found = access.organization("10000001")
    assert (found.name, found.currency, found.exponent, found.time_zone) == (
        "Demo Trading Inc", "USD", 2, "America/New_York",
    )  # fmt: skip
    assert (found.key_field, found.is_default) == ("cf_bookbridge_key", True)
    asked = len(zoho.control("requests"))
    with opened(database, box) as again:
        assert again.default_organization().organization_id == "10000001"
    assert len(zoho.control("requests")) == asked


def test_given_access_token_is_used_until_rejected(database: Database, box: SandboxServer, zoho: Zoho) -> None:
    """ZOHO_ACCESS_TOKEN saves the first refresh; once it is rejected there is one."""
    with opened(database, box, {"ZOHO_ACCESS_TOKEN": zoho.token}) as access:
        access.session("10000001").call(CURRENCIES)
        assert zoho.control("tokens")["counts"]["refreshes"] == 0
        zoho.control("tokens", {"action": "expire_access"})
        access.session("10000001").call(CURRENCIES)
        assert zoho.control("tokens")["counts"]["refreshes"] == 1


def test_several_organizations_and_none_named(database: Database, box: SandboxServer) -> None:
    """The sentence lists what is visible."""
    with opened(database, box, {"ZOHO_ORG_ID": ""}) as access, pytest.raises(ConfigurationError, match="10000002"):
        access.default_organization()


def test_only_organization_needs_no_name(database: Database, box: SandboxServer) -> None:
    """A user with one organization need not name it."""
    del box.world.orgs["10000002"]
    with opened(database, box, {"ZOHO_ORG_ID": ""}) as access:
        assert access.default_organization().organization_id == "10000001"


def test_new_refresh_token_replaces_the_old(database: Database, box: SandboxServer, zoho: Zoho) -> None:
    """After the variable changed, the organization is served by the new grant; a pause ends."""
    with opened(database, box) as access:
        access.organization("10000001")
    zoho.control("tokens", {"action": "revoke_refresh"})
    made = zoho.control("tokens", {"action": "grant"})
    with opened(database, box, {"ZOHO_REFRESH_TOKEN": made["refresh_token"]}) as access:
        zoho.control("tokens", {"action": "expire_access"})
        assert access.session("10000001").call(CURRENCIES).message == "success"


def test_other_organizations_are_not_connected(database: Database, box: SandboxServer) -> None:
    """An id that nobody connected is refused although the user could see it."""
    with opened(database, box) as access, pytest.raises(NotConnectedError):
        access.organization("10000002")


def test_key_field_without_the_listing(database: Database, box: SandboxServer, zoho: Zoho) -> None:
    """Where Zoho lists no definitions and shows no field, only the operator's own setting confirms it."""
    zoho.control("switches", {"fields_listed": False, "page_context_custom_fields": False})
    with opened(database, box) as access:
        assert access.organization("10000001").key_field is None
    with opened(database, box, {"BOOKBRIDGE_KEY_FIELD": "cf_bookbridge_key"}) as access:
        assert access.find_key_fields("10000001").name == "cf_bookbridge_key"


def test_zoho_numbering_needs_the_field(database: Database, box: SandboxServer) -> None:
    """``BOOKBRIDGE_NUMBERING=zoho`` without the unique field is refused before anything starts."""
    with opened(database, box, {"BOOKBRIDGE_NUMBERING": "zoho"}) as access:
        access.check()
    for field in box.world.orgs["10000001"].custom_fields["invoices"]:
        field["is_unique"] = False
    with opened(database, box, {"BOOKBRIDGE_NUMBERING": "zoho"}) as access:
        access.find_key_fields("10000001")
        with pytest.raises(ConfigurationError, match="BOOKBRIDGE_KEY_FIELD"):
            access.check()


def test_grant_row_is_marked_as_the_environment(database: Database, box: SandboxServer) -> None:
    """The row says where it came from, so that connecting never ends the operator's own token."""
    with opened(database, box) as access:
        access.organization("10000001")
        with database.read() as tx:
            assert [each.origin for each in grants.list_all(tx, access.sealer)] == ["environment"]
