"""Tests: contract/connection."""
