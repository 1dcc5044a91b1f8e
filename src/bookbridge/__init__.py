"""Bookbridge: the accounting back office for apps that keep their books in Zoho Books."""

__version__ = "0.1.0"
