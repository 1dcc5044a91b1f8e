"""Zoho with the shared parts in our database: one token for all processes, one budget for all processes."""
