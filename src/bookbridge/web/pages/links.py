"""Addresses of documents in Zoho's own pages."""

from dataclasses import dataclass
from urllib.parse import quote

from bookbridge.store.organizations import Organization
from bookbridge.zoho.datacenters import REGIONS


@dataclass(frozen=True, kw_only=True)
class ZohoLinks:
    """Addresses below ``base``; empty ones where there are no pages, as in the sandbox."""

    base: str

    def invoice(self, invoice_id: str, /) -> str:
        """The page of an invoice."""
        return self._of("invoices", invoice_id)

    def contact(self, contact_id: str, /) -> str:
        """The page of a contact."""
        return self._of("contacts", contact_id)

    def _of(self, kind: str, record_id: str) -> str:
        return f"{self.base}/{kind}/{quote(record_id, safe='')}" if self.base and record_id else ""


def of(organization: Organization | None, /, *, is_sandbox: bool) -> ZohoLinks:
    """The addresses of an organization's documents."""
    row = REGIONS.get(organization.region) if organization is not None else None
    if organization is None or row is None or is_sandbox:
        return ZohoLinks(base="")
    return ZohoLinks(base=f"{row.web}/app/{organization.organization_id}#")
