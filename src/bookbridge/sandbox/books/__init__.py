"""The Zoho Books v3 resources of the sandbox: handlers, state and rules. ``ROUTES`` is all of it."""

from bookbridge.sandbox.books import (
    bankaccounts,
    chartofaccounts,
    currencies,
    fields,
    organizations,
    taxes,
    taxrules,
    users,
)
from bookbridge.sandbox.call import Route

ROUTES: tuple[Route, ...] = (
    *organizations.ROUTES,
    *users.ROUTES,
    *fields.ROUTES,
    *currencies.ROUTES,
    *taxes.ROUTES,
    *taxrules.ROUTES,
    *chartofaccounts.ROUTES,
    *bankaccounts.ROUTES,
)
