"""The mirror: our copy of Zoho's records, filled by syncs and by our own writes, read without a call to Zoho."""
