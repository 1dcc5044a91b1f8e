"""Comparisons of orders, mirror and Zoho against the sandbox."""
