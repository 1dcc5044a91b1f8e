"""Tests of the Zoho client without a network."""
