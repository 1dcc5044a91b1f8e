"""Financial summaries from the mirror; a report is one file here and one line in ``REPORTS``."""

from bookbridge.features.reports import cash, expenses_by_category, sales_by_customer, sales_by_item, summary, tax
from bookbridge.features.reports.frame import Report
from bookbridge.registry import Feature, routes_in

REPORTS: tuple[Report, ...] = (
    summary.REPORT,
    cash.REPORT,
    sales_by_customer.REPORT,
    sales_by_item.REPORT,
    expenses_by_category.REPORT,
    tax.REPORT,
)
"""Every report, on purpose: routes, files, command, page and reference follow from this."""

FEATURE = Feature(name="reports", router=routes_in(f"{__name__}.api"))
