"""Decisions about expenses."""
