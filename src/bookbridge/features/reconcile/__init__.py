"""Do our orders, the mirror and Zoho agree? Each difference is named; nothing is ever written to Zoho."""

from bookbridge.features.reconcile import actions
from bookbridge.registry import Feature, Schedule, routes_in

FEATURE = Feature(
    name="reconcile",
    router=routes_in(f"{__name__}.api"),
    schedules=(Schedule(name="reconcile", every_s=actions.LOOK_EVERY_S, run=actions.daily),),
)
