"""Receivables by HTTP and on the command line."""
