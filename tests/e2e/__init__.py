"""The whole program as real processes, as a user runs it."""
