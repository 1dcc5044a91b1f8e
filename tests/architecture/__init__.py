"""Rules about the source code itself: sizes, imports, money, transactions."""
