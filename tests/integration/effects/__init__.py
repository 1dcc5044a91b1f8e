"""The ledger, the sweep and replicas on both databases."""
