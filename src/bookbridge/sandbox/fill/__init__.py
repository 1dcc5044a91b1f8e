"""A fast seeded fill: months of a company's life in one call, written by the rules the handlers keep.

Whatever happens to a document happens at its time: created, paid, credited, written off, voided, in order, each with
its line of the commit log. What is rare goes through the API's own handlers; invoices and payments, which are many,
are written by ``writing`` and differ in nothing but speed.
"""

from bookbridge.sandbox.fill.company import fill
from bookbridge.sandbox.fill.plan import Plan, read_plan

__all__ = ["Plan", "fill", "read_plan"]
