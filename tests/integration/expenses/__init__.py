"""Expenses on the real sandbox."""
