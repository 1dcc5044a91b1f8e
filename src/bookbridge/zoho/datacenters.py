"""Zoho's data centres: a closed table, because a host from outside must never become a URL (FACTS 1.3, SEC-023)."""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from bookbridge.kernel.errors import ConfigurationError
from bookbridge.zoho.errors import ForeignApiDomainError, UnknownRegionError


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """One data centre; ``accounts``, ``api`` and ``web`` are origins without a trailing slash.

    ``sure`` is false where only third parties report that Zoho Books exists there.
    """

    key: str
    accounts: str
    api: str
    web: str
    sure: bool = True

    @property
    def origins(self) -> frozenset[str]:
        """The origins a client of this region talks to."""
        return frozenset((self.accounts, self.api))


def _row(key: str, accounts: str, api: str, web: str, sure: bool = True) -> Region:
    return Region(key=key, accounts=f"https://{accounts}", api=f"https://{api}", web=f"https://{web}", sure=sure)


REGIONS: Mapping[str, Region] = MappingProxyType(
    {
        row.key: row
        for row in (
            _row("us", "accounts.zoho.com", "www.zohoapis.com", "books.zoho.com"),
            _row("eu", "accounts.zoho.eu", "www.zohoapis.eu", "books.zoho.eu"),
            _row("in", "accounts.zoho.in", "www.zohoapis.in", "books.zoho.in"),
            _row("au", "accounts.zoho.com.au", "www.zohoapis.com.au", "books.zoho.com.au"),
            _row("jp", "accounts.zoho.jp", "www.zohoapis.jp", "books.zoho.jp"),
            _row("ca", "accounts.zohocloud.ca", "www.zohoapis.ca", "books.zohocloud.ca"),
            _row("sa", "accounts.zoho.sa", "www.zohoapis.sa", "books.zoho.sa"),
            _row("uk", "accounts.zoho.uk", "www.zohoapis.uk", "books.zoho.uk"),
            _row("cn", "accounts.zoho.com.cn", "www.zohoapis.com.cn", "books.zoho.com.cn"),
            _row("ae", "accounts.zoho.ae", "www.zohoapis.ae", "books.zoho.ae", sure=False),
        )
    }
)
"""Region key to its row, in the order in which a sandbox numbers its ports."""


def region(key: str, /, *, regions: Mapping[str, Region] = REGIONS) -> Region:
    """The row of ``key``.

    Raises:
        UnknownRegionError: no such region.
    """
    try:
        return regions[key]
    except KeyError:
        raise UnknownRegionError(f"There is no Zoho region {key[:20]!r}; use one of {', '.join(regions)}.") from None


def region_for_callback(*, location: str, accounts_server: str, regions: Mapping[str, Region] = REGIONS) -> Region:
    """The region an OAuth callback speaks of.

    ``location`` is looked up and ``accounts_server`` must equal that row's accounts origin character by character;
    it is compared only, never used as an address (SEC-023).

    Raises:
        UnknownRegionError: anything else; nothing has been looked up or connected to.
    """
    row = regions.get(location)
    if row is None or accounts_server != row.accounts:
        raise UnknownRegionError(
            "The callback names a Zoho region that is not in the table; start the connection again."
        )
    return row


def check_api_domain(api_domain: str, /, *, region: Region) -> None:
    """Refuse a token answer whose ``api_domain`` is not the region's own (SEC-024); an absent one passes.

    Raises:
        ForeignApiDomainError: another host.
    """
    if api_domain and api_domain.rstrip("/") != region.api:
        raise ForeignApiDomainError


def sandbox_regions(base_url: str, /, *, ports: Mapping[str, int] | None = None) -> Mapping[str, Region]:
    """The table for a sandbox: region k listens on ``base_url``'s port + k, accounts and API on one origin.

    ``ports`` names the port of each region instead.

    Raises:
        ConfigurationError: the address is not ``http://`` on loopback with a port.
    """
    parts = urlsplit(base_url)
    try:
        first = parts.port
    except ValueError:
        first = None
    plain = parts.scheme == "http" and parts.path in ("", "/") and not (parts.query or parts.fragment)
    if not plain or first is None or "@" in parts.netloc or not _is_loopback(parts.hostname or ""):
        raise ConfigurationError("The sandbox address must look like http://127.0.0.1:9400 and stay on this machine.")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    chosen = ports if ports is not None else {key: first + place for place, key in enumerate(REGIONS)}
    rows = {}
    for key, port in chosen.items():
        origin = f"http://{host}:{port}"
        rows[key] = Region(key=key, accounts=origin, api=origin, web=origin)
    return MappingProxyType(rows)


def all_origins(regions: Iterable[Region], /) -> frozenset[str]:
    """Every origin of ``regions``: the allow-list of a transport."""
    return frozenset(origin for row in regions for origin in row.origins)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
