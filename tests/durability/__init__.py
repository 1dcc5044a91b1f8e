"""Processes that really die, at exact moments, and what must hold afterwards (RELIABILITY 1.3, I1 to I7)."""
