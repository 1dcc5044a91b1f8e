"""Tests: contract/sandbox/books."""
