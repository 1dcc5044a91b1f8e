"""The mirror, without a database."""
