"""The Zoho Books v3 resources of the sandbox: handlers, state and rules. ``ROUTES`` is all of it."""

from bookbridge.sandbox.books import organizations
from bookbridge.sandbox.call import Route

ROUTES: tuple[Route, ...] = (*organizations.ROUTES,)
