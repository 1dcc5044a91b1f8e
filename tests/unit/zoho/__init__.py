"""Tests: unit/zoho."""
