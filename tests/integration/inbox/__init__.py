"""The inbox with real parts."""
