"""Exactly-once writes to Zoho: the keyed-intent protocol."""
