"""Organizations: the companies a grant can see (FACTS 5.1)."""

from collections.abc import Mapping
from datetime import date

from bookbridge.zoho.protocol import Param, Request
from bookbridge.zoho.records import Record
from bookbridge.zoho.resource import Resource


class Organization(Record, frozen=True, kw_only=True):
    """A company's books; ``price_precision`` is the number of decimals of its base currency.

    ``fiscal_year_start_month`` comes as ``"1"``, ``1`` or ``"april"``.
    """

    organization_id: str
    name: str = ""
    contact_name: str = ""
    email: str = ""
    is_default_org: bool = False
    time_zone: str = ""
    language_code: str = ""
    fiscal_year_start_month: str | int = ""
    account_created_date: date | None = None
    date_format: str = ""
    currency_id: str = ""
    currency_code: str = ""
    currency_symbol: str = ""
    price_precision: int = 2
    plan_name: str = ""
    country_code: str = ""
    portal_name: str = ""


class Organizations(Resource[Organization]):
    """The organizations this grant can see; none of these calls belongs to an organization."""

    PATH, ONE, MANY, ID = "/organizations", "organization", "organizations", "organization_id"
    KIND = Organization

    def _page_request(self, filters: Mapping[str, Param], page: int, per_page: int) -> Request:
        """The list has neither pages nor filters, and belongs to no organization (FACTS 4.3)."""
        request = super()._page_request(filters, page, per_page)
        return Request(method="GET", path=request.path, scoped=False)

    def get_request(self, record_id: str, /) -> Request:
        """The request of one organization."""
        return Request(method="GET", path=self._path(record_id), params={"organization_id": record_id}, scoped=False)
