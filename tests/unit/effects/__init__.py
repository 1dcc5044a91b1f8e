"""The protocol of effects."""
