"""Financial summaries from the mirror; a report is one file here and one line in ``REPORTS``."""

from bookbridge.features.reports import summary
from bookbridge.features.reports.frame import Report

REPORTS: tuple[Report, ...] = (
    summary.REPORT,
)  # fmt: skip
"""Every report, on purpose: routes, files, command, page and reference follow from this."""
