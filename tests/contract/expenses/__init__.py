"""The HTTP side of expenses and contacts."""
