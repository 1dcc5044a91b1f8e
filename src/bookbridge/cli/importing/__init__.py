"""Importing files of orders: reading, accepting, watching, and saying what came of it."""
