"""Expenses: booked to an account by category, in any currency of the organization, exactly once."""

from bookbridge.features.expenses import workflow
from bookbridge.registry import Feature, routes_in

FEATURE = Feature(
    name="expenses",
    effects=(workflow.CreateExpense(), workflow.UpdateExpense()),
    router=routes_in(f"{__name__}.api"),
)
