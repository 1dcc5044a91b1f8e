"""What every HTTP route shares: exact JSON in, exact JSON out, problem documents.

A route of a feature takes its body with ``body_of`` and answers with ``JsonAnswer``, so that no amount ever passes
through a float (DESIGN D5)::

    @router.post("/api/things", status_code=201)
    def create(body: Annotated[NewThing, Depends(body_of(NewThing))],
               who: Annotated[Principal, Depends(requires("invoices:write"))]) -> JsonAnswer:
        return JsonAnswer({"total": Decimal("12.50")}, status_code=201)
"""

from bookbridge.http.answers import JsonAnswer
from bookbridge.http.bodies import Amount, Body, Count, Day, InvalidBodyError, Moment, body_of
from bookbridge.http.problems import Problem, ProblemAnswer, TooLargeError

__all__ = [
    "Amount",
    "Body",
    "Count",
    "Day",
    "InvalidBodyError",
    "JsonAnswer",
    "Moment",
    "Problem",
    "ProblemAnswer",
    "TooLargeError",
    "body_of",
]
