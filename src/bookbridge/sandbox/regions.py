"""The data centres a sandbox can play, and the fixed identities that work in each of them."""

from dataclasses import dataclass

CLIENT_ID = "1000.BOOKBRIDGESANDBOX0000000000000000"
CLIENT_SECRET = "sandbox-secret-00000000000000000000000000"
REDIRECT_URIS = (
    "http://127.0.0.1:8765/oauth/callback",
    "http://localhost:8765/oauth/callback",
    "http://127.0.0.1:3000/oauth/callback",
    "http://localhost:3000/oauth/callback",
)

# The order decides the organization ids and tokens of a region, whichever regions are started (FACTS 1.3).
REGION_KEYS = ("us", "eu", "in", "au", "jp", "ca", "sa", "uk", "cn", "ae")


@dataclass(frozen=True)
class Region:
    """One data centre of the sandbox: accounts server and API share one origin."""

    key: str
    url: str

    @property
    def index(self) -> int:
        """Give the region's place in the table."""
        return REGION_KEYS.index(self.key)

    @property
    def refresh_token(self) -> str:
        """Give the fixed refresh token, full access, of the region's user."""
        return refresh_token(self.key)

    @property
    def access_token(self) -> str:
        """Give the access token that is valid for the first hour."""
        return access_token(self.key)

    @property
    def organization_ids(self) -> tuple[str, str]:
        """Give the ids of the region's two organizations: dollars, pounds."""
        return organization_ids(self.key)


def refresh_token(region: str) -> str:
    """Give the fixed refresh token of a region (us: ``1000.b00c0001...``)."""
    number = REGION_KEYS.index(region) + 1
    return f"1000.{f'b00c{number:04d}' * 4}.{f'5eed{number:04d}' * 4}"


def access_token(region: str) -> str:
    """Give the access token a region starts with, valid for an hour of the sandbox's clock."""
    number = REGION_KEYS.index(region) + 1
    return f"1000.{f'acce{number:04d}' * 4}.{f'5eed{number:04d}' * 4}"


def organization_ids(region: str) -> tuple[str, str]:
    """Give a region's two organization ids; us has 10000001 and 10000002, each further region 100 more."""
    first = 10_000_001 + 100 * REGION_KEYS.index(region)
    return str(first), str(first + 1)


def organization_rows(region: str) -> tuple[dict[str, object], dict[str, object]]:
    """Give what the two organizations of a region start from; the resources complete the wire rows."""
    dollars = {"name": "Demo Trading Inc", "currency_code": "USD", "time_zone": "America/New_York"}
    pounds = {"name": "Demo Retail Ltd", "currency_code": "GBP", "time_zone": "Europe/London"}
    first, second = organization_ids(region)
    return {"organization_id": first, **dollars, "is_default_org": True}, {"organization_id": second, **pounds}
