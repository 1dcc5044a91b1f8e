"""Expenses: booked to an account by category, in any currency of the organization, exactly once."""

from bookbridge.features.expenses import api, workflow
from bookbridge.registry import Feature

FEATURE = Feature(name="expenses", effects=(workflow.CreateExpense(), workflow.UpdateExpense()), router=api.router)
