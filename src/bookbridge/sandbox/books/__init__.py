"""The Zoho Books v3 resources of the sandbox: handlers, state and rules. ``ROUTES`` is all of it.

A path without placeholder stands before one with a placeholder at the same place.
"""

from bookbridge.sandbox.books import (
    accounttransactions,
    addresses,
    bankaccounts,
    chartofaccounts,
    contactpersons,
    contacts,
    contacts_actions,
    creditnote_refunds,
    creditnotes,
    currencies,
    customerpayments,
    expenses,
    fields,
    fieldvalues,
    invoices_actions,
    invoices_create,
    invoices_mail,
    invoices_money,
    items,
    organizations,
    refunds,
    taxes,
    taxrules,
    users,
)
from bookbridge.sandbox.call import Route

_MODULES = (
    organizations,
    users,
    currencies,
    taxes,
    taxrules,
    accounttransactions,
    chartofaccounts,
    bankaccounts,
    contactpersons,
    contacts_actions,
    addresses,
    contacts,
    items,
    invoices_mail,
    invoices_actions,
    invoices_money,
    invoices_create,
    refunds,
    customerpayments,
    expenses,
    creditnote_refunds,
    creditnotes,
    fields,
    fieldvalues,
)

ROUTES: tuple[Route, ...] = tuple(
    sorted((route for module in _MODULES for route in module.ROUTES), key=lambda route: route.path.count("{"))
)
