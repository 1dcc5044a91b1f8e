"""Tests: integration/access."""
