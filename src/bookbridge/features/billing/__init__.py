"""Orders become invoices."""

from bookbridge.features.billing import workflow
from bookbridge.registry import Feature

FEATURE = Feature(
    name="billing",
    effects=(workflow.CreateInvoice(), workflow.MarkInvoiceSent()),
    on={"order.created": workflow.planner},
    hooks={"orders_stuck": workflow.orders_stuck},
)
