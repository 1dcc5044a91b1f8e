"""The campaign's own parts: what it feeds, and the verdict."""
