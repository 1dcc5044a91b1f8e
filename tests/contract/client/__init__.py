"""Tests: contract/client."""
