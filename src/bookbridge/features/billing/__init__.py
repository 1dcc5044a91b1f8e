"""Orders become invoices."""

from bookbridge.features.billing import api, direct, workflow
from bookbridge.registry import Feature

FEATURE = Feature(
    name="billing",
    effects=(workflow.CreateInvoice(), workflow.MarkInvoiceSent(), direct.EmailInvoice()),
    on={"order.created": workflow.planner},
    hooks={"orders_stuck": workflow.orders_stuck, "orders_freed": workflow.orders_freed},
    router=api.router,
)
