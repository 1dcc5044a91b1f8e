"""Events in: verified, stored once, planned and queued in one transaction."""
