"""The closed table of data centres: nothing from outside becomes an address."""

import pytest

from bookbridge.kernel.errors import ConfigurationError
from bookbridge.zoho.datacenters import (
    REGIONS,
    all_origins,
    check_api_domain,
    region,
    region_for_callback,
    sandbox_regions,
)
from bookbridge.zoho.errors import ForeignApiDomainError, UnknownRegionError

GOOD = "https://accounts.zoho.eu"
HOSTILE_SERVERS = [
    "", "accounts.zoho.eu", "http://accounts.zoho.eu", "https://accounts.zoho.eu/", "https://accounts.zoho.eu:443",
    "https://accounts.zoho.eu:8443", "https://accounts.zoho.eu.evil.example", "https://evil.example",
    "https://evil.example/https://accounts.zoho.eu", "https://accounts.zoho.eu@evil.example",
    "https://user@accounts.zoho.eu", "https://user:pw@accounts.zoho.eu", "https://evil.example#accounts.zoho.eu",
    "https://evil.example?accounts.zoho.eu", "https://accounts.zoho.eu?x=1", "https://accounts.zoho.eu#x",
    "https://accounts.zoho.eu/oauth", "https://accounts.zoho.eu//", "https://accounts.zoho.eu\\@evil.example",
    "https:\\\\accounts.zoho.eu", "https:accounts.zoho.eu", "//accounts.zoho.eu", "HTTPS://accounts.zoho.eu",
    "https://ACCOUNTS.zoho.eu", "https://accounts.zoho.eu.", "https://accounts-zoho.eu", "https://accounts.zoho.eu\r\n",
    "https://accounts.zoho.eu\r\nHost: evil.example", "https://accounts.zoho.eu\n", "https://accounts.zoho.eu\t",
    " https://accounts.zoho.eu", "https://accounts.zoho.eu ", "https://accounts.zoho.eu\x00", "https://accounts.zoho.eu%00",
    "https://accounts.zoho.eu%2eevil.example", "https://accounts%2ezoho.eu", "https%3A%2F%2Faccounts.zoho.eu",
    "https://аccounts.zoho.eu", "https://accounts.zöho.eu", "https://accounts.zoho。eu", "https://xn--ccounts-5fg.zoho.eu",
    "https://127.0.0.1", "https://localhost", "https://[::1]", "https://0.0.0.0", "https://2130706433", "https://0x7f000001",
    "https://0177.0.0.1", "https://127.1", "https://[::ffff:127.0.0.1]", "https://169.254.169.254", "https://10.0.0.1",
    "ftp://accounts.zoho.eu", "file:///etc/passwd", "gopher://accounts.zoho.eu", "javascript:alert(1)",
    "data:text/html,x",
    "https://accounts.zoho.com", "https://accounts.zoho.in", "https://www.zohoapis.eu", "https://zoho.eu",
    "https://sub.accounts.zoho.eu", "https://accounts.zoho.eu,https://evil.example", "https://accounts.zoho.euevil.example",
]  # fmt: skip
HOSTILE_LOCATIONS = ["", "EU", "eu ", "eu\r\n", "../eu", "xx", "eu.evil", "https://accounts.zoho.eu", "us,eu", "ｅｕ"]


@pytest.mark.parametrize("server", HOSTILE_SERVERS)
def test_only_the_tables_own_server_is_accepted(server: str) -> None:
    """SEC-023: character by character; every hostile spelling is refused without an address having been made of it."""
    with pytest.raises(UnknownRegionError) as caught:
        region_for_callback(location="eu", accounts_server=server)
    assert not server or server not in str(caught.value)


@pytest.mark.parametrize("location", HOSTILE_LOCATIONS)
def test_only_the_tables_own_keys_are_accepted(location: str) -> None:
    """A location is a key and nothing else."""
    with pytest.raises(UnknownRegionError):
        region_for_callback(location=location, accounts_server=GOOD)


def test_each_region_of_the_table_is_found_by_its_callback() -> None:
    """The pair Zoho documents gives the row."""
    for key, row in REGIONS.items():
        assert region_for_callback(location=key, accounts_server=row.accounts) is row
    assert REGIONS["ca"].api == "https://www.zohoapis.ca" and REGIONS["ca"].accounts == "https://accounts.zohocloud.ca"
    assert not REGIONS["ae"].sure
    with pytest.raises(UnknownRegionError, match="us, eu"):
        region("mars")


@pytest.mark.parametrize("domain", ["https://www.zohoapis.com", "https://evil.example", "http://www.zohoapis.eu"])
def test_a_foreign_api_domain_is_refused(domain: str) -> None:
    """SEC-024: the token answer cannot move the client to another host."""
    with pytest.raises(ForeignApiDomainError):
        check_api_domain(domain, region=region("eu"))


def test_the_own_api_domain_or_none_passes() -> None:
    """Zoho's answer names the row's own host."""
    check_api_domain("https://www.zohoapis.eu", region=region("eu"))
    check_api_domain("", region=region("eu"))


def test_a_sandbox_replaces_every_host_by_loopback() -> None:
    """Region k stands on port + k, or where the mapping says; accounts and API share the origin."""
    table = sandbox_regions("http://127.0.0.1:9400")
    assert [table[key].api for key in ("us", "eu", "in")] == [f"http://127.0.0.1:{port}" for port in (9400, 9401, 9402)]
    assert table["eu"].accounts == table["eu"].api
    assert sandbox_regions("http://[::1]:9400", ports={"eu": 7000})["eu"].api == "http://[::1]:7000"
    assert all_origins(table.values()) == {f"http://127.0.0.1:{port}" for port in range(9400, 9410)}


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1:9400", "http://zoho.example:9400", "http://127.0.0.1", "http://10.0.0.1:9400",
     "http://127.0.0.1:9400/x", "http://u@127.0.0.1:9400", "http://127.0.0.1:99999", "", "9400"],
)  # fmt: skip
def test_a_sandbox_off_this_machine_is_refused(url: str) -> None:
    """Only plain http on loopback with a port."""
    with pytest.raises(ConfigurationError):
        sandbox_regions(url)
