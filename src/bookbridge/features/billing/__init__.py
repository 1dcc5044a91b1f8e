"""Orders become invoices."""

from bookbridge.features.billing import direct, workflow
from bookbridge.registry import Feature, routes_in

FEATURE = Feature(
    name="billing",
    effects=(workflow.CreateInvoice(), workflow.MarkInvoiceSent(), direct.EmailInvoice()),
    on={"order.created": workflow.planner},
    hooks={"orders_stuck": workflow.orders_stuck, "orders_freed": workflow.orders_freed},
    router=routes_in(f"{__name__}.api"),
)
