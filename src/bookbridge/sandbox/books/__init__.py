"""The Zoho Books v3 resources of the sandbox: handlers, state and rules. ``ROUTES`` is all of it.

A path without placeholder stands before one with a placeholder at the same place.
"""

from bookbridge.sandbox.books import (
    accounttransactions,
    addresses,
    approvals,
    bankaccounts,
    bills,
    bills_actions,
    chartofaccounts,
    contactpersons,
    contacts,
    contacts_actions,
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
    reports_accounts,
    reports_tables,
    taxes,
    taxrules,
    users,
    vendorpayments,
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
    creditnotes,
    approvals,
    bills_actions,
    bills,
    vendorpayments,
    reports_accounts,
    reports_tables,
    fields,
    fieldvalues,
)

ROUTES: tuple[Route, ...] = tuple(
    sorted((route for module in _MODULES for route in module.ROUTES), key=lambda route: route.path.count("{"))
)
