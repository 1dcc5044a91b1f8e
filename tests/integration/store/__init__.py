"""Tests: integration/store."""
