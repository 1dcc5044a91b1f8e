"""Tests: unit/access."""
