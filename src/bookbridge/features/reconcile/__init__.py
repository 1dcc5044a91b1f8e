"""Do our orders, the mirror and Zoho agree? Each difference is named; nothing is ever written to Zoho."""

from bookbridge.features.reconcile import actions, api
from bookbridge.registry import Feature, Schedule

FEATURE = Feature(
    name="reconcile",
    router=api.router,
    schedules=(Schedule(name="reconcile", every_s=actions.LOOK_EVERY_S, run=actions.daily),),
)
