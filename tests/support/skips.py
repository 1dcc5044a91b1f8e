"""A plug-in for continuous integration: with ``BOOKBRIDGE_NO_SKIPS=1`` a skipped test has failed.

A test that cannot run says nothing, so a machine that should run everything must not skip silently. The reasons in
``ALLOWED`` are the exceptions.
"""

import os
from collections.abc import Generator

import pytest

ALLOWED: tuple[str, ...] = ("BOOKBRIDGE_SPEC_DIR",)
"""Parts of reasons that may be skipped everywhere: Zoho's own API documents are not part of the repository."""

ENFORCED = os.environ.get("BOOKBRIDGE_NO_SKIPS") == "1"


def reason_of(report: pytest.TestReport | pytest.CollectReport, /) -> str:
    """Why a test or a module was skipped; empty when it was not."""
    if not report.skipped or hasattr(report, "wasxfail"):
        return ""
    told = report.longrepr
    return (str(told[2]) if isinstance(told, tuple) else str(told)).removeprefix("Skipped: ")


def forbid(report: pytest.TestReport | pytest.CollectReport, /) -> None:
    """Turn a skip without an allowed reason into a failure."""
    reason = reason_of(report)
    if reason and not any(part in reason for part in ALLOWED):
        report.outcome = "failed"
        report.longrepr = f"skipped, which is not allowed here: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Look at every test."""
    report = yield
    if ENFORCED:
        forbid(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Look at every module."""
    report = yield
    if ENFORCED:
        forbid(report)
    return report
