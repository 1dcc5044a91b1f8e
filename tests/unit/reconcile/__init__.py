"""The pure part of comparisons."""
