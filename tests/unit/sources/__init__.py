"""Tests: unit/sources."""
