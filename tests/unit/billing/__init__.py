"""Arithmetic and numbering of invoices."""
