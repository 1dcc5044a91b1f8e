"""One sandbox for the module, reset before each test; an application whose clock the test moves."""

from tests.support.zoho_app import app, clock, zoho, zoho_server

__all__ = ["app", "clock", "zoho", "zoho_server"]
