"""Tests: contract/sandbox."""
