"""The protocol's decisions, against a model of a Zoho that loses, delays, refuses and lags."""

import random
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookbridge.effects.states import (
    LOOK_PAUSES_S,
    MAX_REVISIONS,
    Act,
    Decision,
    Found,
    Sent,
    Standing,
    after_look,
    after_send,
)
from bookbridge.kernel.limits import Limits

LIMITS = Limits()


@dataclass
class Remote:
    """A Zoho that refuses a number twice, and whose lists may lag behind."""

    documents: dict[str, str] = field(default_factory=dict)
    hidden_until: dict[str, float] = field(default_factory=dict)
    late: list[tuple[float, str, str]] = field(default_factory=list)

    def settle_late(self, now: float) -> None:
        """Requests whose client left are executed now, if their number is still free."""
        for at, number, owner in sorted(self.late):
            if at <= now:
                self.documents.setdefault(number, owner)
        self.late = [entry for entry in self.late if entry[0] > now]

    def create(self, number: str, owner: str, now: float, lag: float) -> bool:
        """False when the number is taken."""
        if number in self.documents:
            return False
        self.documents[number] = owner
        self.hidden_until[number] = now + lag
        return True

    def find(self, number: str, owner: str, now: float) -> Found:
        """What a reading by number shows."""
        if number not in self.documents or self.hidden_until.get(number, 0) > now:
            return Found.NOTHING
        return Found.OURS if self.documents[number] == owner else Found.FOREIGN


@dataclass
class Life:
    """One effect driven through the protocol; the counters are kept as the ledger keeps them."""

    remote: Remote
    rng: random.Random
    owner: str = "ours"
    now: float = 0.0
    unknown: bool = False
    standing: Standing = field(default_factory=Standing)
    refusal: str = ""
    sends: list[tuple[float, bool]] = field(default_factory=list)

    @property
    def number(self) -> str:
        """The number of the present revision."""
        return f"N-{self.standing.revision}"

    def change(self, **values: object) -> None:
        """Replace counters."""
        current = {name: getattr(self.standing, name) for name in Standing.__slots__}
        self.standing = Standing(**{**current, **values})  # type: ignore[arg-type]

    def run(self, faulty: float, steps: int = 400) -> Act:
        """Until it rests; every random choice comes from the seed."""
        decision = Decision(act=Act.SEND)
        for step in range(steps):
            self.change(age_s=self.now)
            self.remote.settle_late(self.now)
            calm = step > steps // 2
            match decision.act:
                case Act.SEND:
                    decision = self._send(0.0 if calm else faulty)
                case Act.LOOK:
                    decision = self._look(0.0 if calm else faulty)
                case Act.NEXT_KEY:
                    self.change(revision=self.standing.revision + 1, refusals=0)
                    self.refusal = ""
                    decision = Decision(act=Act.SEND)
                case Act.WAIT_PLANNED | Act.WAIT_UNKNOWN:
                    self.now += decision.delay_s + 0.001
                    unknown = decision.act is Act.WAIT_UNKNOWN
                    decision = Decision(act=Act.LOOK if unknown else Act.SEND)
                case _:
                    return decision.act
        raise AssertionError("the effect never came to rest")

    def _send(self, faulty: float) -> Decision:
        before = self.standing
        self.change(attempts=before.attempts + 1, lookups=0, unsettled=True)
        self.sends.append((self.now, True))
        if self.rng.random() < faulty:
            return self._faulty_send(before)
        if self.remote.create(self.number, self.owner, self.now, lag=self.rng.choice([0, 0, 0, 6.0])):
            return after_send(self.standing, Sent.CREATED, limits=LIMITS)
        self.sends[-1] = (self.now, False)
        self.refusal = "number taken"
        self.change(unsettled=before.unsettled, refusals=before.refusals + 1)
        return after_send(self.standing, Sent.UNCLEAR, limits=LIMITS)

    def _faulty_send(self, before: Standing) -> Decision:
        kind = self.rng.choice(["lost", "answer_lost", "late", "limited", "killed"])
        if kind == "limited":
            self.sends[-1] = (self.now, False)
            self.change(attempts=before.attempts, unsettled=before.unsettled)
            return after_send(before, Sent.RATE_LIMITED, limits=LIMITS)
        if kind in ("answer_lost", "killed"):
            self.remote.create(self.number, self.owner, self.now, lag=self.rng.choice([0, 6.0]))
        if kind == "late":
            at = self.now + self.rng.uniform(5, LIMITS.quarantine_s - 10)
            self.remote.late.append((at, self.number, self.owner))
        self.refusal = ""
        return after_send(self.standing, Sent.AMBIGUOUS, limits=LIMITS)

    def _look(self, faulty: float) -> Decision:
        found = self.remote.find(self.number, self.owner, self.now)
        if self.rng.random() < faulty:
            found = Found.UNREADABLE
        self.change(lookups=self.standing.lookups + 1)
        return after_look(self.standing, found, limits=LIMITS, refusal=self.refusal)


@settings(max_examples=400, deadline=None)
@given(seed=st.integers(0, 2**32), faulty=st.sampled_from([0.0, 0.13, 0.5, 0.9]), foreign=st.integers(0, 2))
def test_an_effect_ends_with_exactly_one_document_whatever_is_lost_or_late(
    seed: int, faulty: float, foreign: int
) -> None:
    """At most one document is ours (I1), and an effect that ends as done has it (I3)."""
    remote = Remote({f"N-{revision}": "stranger" for revision in range(foreign)})
    life = Life(remote, random.Random(seed))

    end = life.run(faulty)

    ours = [number for number, owner in remote.documents.items() if owner == "ours"]
    assert len(ours) <= 1
    if end is Act.SETTLE:
        assert len(ours) == 1
        assert life.number == ours[0]


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_two_sends_are_a_quarantine_apart_unless_the_first_was_certainly_not_executed(seed: int) -> None:
    """I5, for effects whose number nobody else has: a refusal is not an execution either."""
    life = Life(Remote(), random.Random(seed))

    life.run(0.7)

    executed = [at for at, maybe in life.sends if maybe]
    gaps = [later - earlier for earlier, later in pairwise(executed)]
    assert all(gap >= LIMITS.quarantine_s for gap in gaps)


def test_a_refused_content_fails_with_its_reason_when_nothing_is_there() -> None:
    """A validation refusal with nothing under the key is a dead letter at once."""
    decision = after_look(
        Standing(attempts=1, lookups=1, refusals=1), Found.NOTHING, limits=LIMITS, refusal="bad tax", certain=True
    )

    assert decision == Decision(act=Act.FAIL, reason="bad tax")


def test_a_refusal_after_an_unsettled_send_is_read_again_before_it_fails() -> None:
    """An earlier send may have made the document that the list does not show yet."""
    standing = Standing(attempts=2, lookups=1, refusals=1, unsettled=True)

    decision = after_look(standing, Found.NOTHING, limits=LIMITS, refusal="bad tax", certain=True)

    assert decision.act is Act.WAIT_UNKNOWN
    assert decision.delay_s == LOOK_PAUSES_S[1]


def test_an_ambiguous_send_waits_for_the_quarantine() -> None:
    """What may still be executed is not read before the quarantine is over."""
    decision = after_send(Standing(attempts=1), Sent.AMBIGUOUS, limits=LIMITS, detail="timeout")

    assert (decision.act, decision.delay_s) == (Act.WAIT_UNKNOWN, LIMITS.quarantine_s)


def test_attempts_end_in_a_dead_letter() -> None:
    """Twelve sends without an answer are enough."""
    standing = Standing(attempts=LIMITS.max_attempts, lookups=1, unsettled=True)

    assert after_look(standing, Found.NOTHING, limits=LIMITS).act is Act.FAIL


def test_a_taken_number_leads_to_the_next_until_there_are_too_many() -> None:
    """A foreign document on our number gives the order another; the fourth is for a person."""
    for revision in range(MAX_REVISIONS):
        assert after_look(Standing(revision=revision), Found.FOREIGN, limits=LIMITS).act is Act.NEXT_KEY
    assert after_look(Standing(revision=MAX_REVISIONS), Found.FOREIGN, limits=LIMITS).act is Act.REVIEW


@pytest.mark.parametrize("found", [Found.SEVERAL, Found.OURS_DIFFERENT])
def test_what_only_a_person_can_judge_is_reviewed(found: Found) -> None:
    """Two documents with our key, or one that differs, are never touched."""
    assert after_look(Standing(attempts=1), found, limits=LIMITS).act is Act.REVIEW


def test_a_day_of_refused_calls_gives_up_only_what_was_never_executed() -> None:
    """Nothing that may be in Zoho is given up because of rate limits."""
    old = Standing(age_s=LIMITS.give_up_s + 1)

    assert after_send(old, Sent.RATE_LIMITED, limits=LIMITS, detail="limit").act is Act.FAIL
    unsettled = Standing(age_s=LIMITS.give_up_s + 1, unsettled=True)
    assert after_send(unsettled, Sent.RATE_LIMITED, limits=LIMITS).act is Act.WAIT_UNKNOWN
