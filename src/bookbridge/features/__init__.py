"""Business capabilities, independent of each other: billing, contacts, expenses, connection."""
