"""What a kind of effect (an invoice, a contact, an expense) must know; the protocol around it is the same for all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bookbridge.access.zoho import ZohoAccess
from bookbridge.effects.ledger import Effect, Ledger
from bookbridge.effects.states import Found, Sent, State
from bookbridge.kernel.clock import Clock
from bookbridge.kernel.limits import Limits
from bookbridge.store.db import Database, Tx
from bookbridge.zoho.answers import Payload
from bookbridge.zoho.protocol import Prepared, Request


@dataclass(frozen=True, slots=True)
class Landed:
    """A record as Zoho showed it after a write of ours, for whoever keeps a copy of the books.

    ``entity`` is the list it belongs to, ``is_detail`` whether it is a whole record and not the row of a list; with
    ``is_part`` only the id and the changed fields are known.
    """

    entity: str
    row: Mapping[str, Any]
    is_detail: bool = True
    is_part: bool = False


def _nobody(tx: Tx, organization_id: str, landed: Landed | None, /) -> None:
    """Nobody keeps a copy."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a kind may use; ``options`` are plain parameters such as ``numbering`` and ``invoice_status``.

    ``landed`` is told of the record that a write of ours made or changed, in the transaction that settles the effect.
    """

    db: Database
    clock: Clock
    zoho: ZohoAccess
    ledger: Ledger
    limits: Limits
    options: Mapping[str, Any] = field(default_factory=dict)
    landed: Callable[[Tx, str, Landed | None], None] = _nobody


@dataclass(frozen=True, slots=True)
class Existing:
    """Nothing to send: the document is there and is ours."""

    zoho_id: str
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ready:
    """The request to send, and what to write down together with its intent."""

    request: Request
    with_intent: Callable[[Tx], None] | None = None


@dataclass(frozen=True, slots=True)
class Stuck:
    """It cannot be sent: ``state`` is REVIEW or FAILED, ``reason`` a sentence for a person."""

    reason: str
    state: State = State.REVIEW


@dataclass(frozen=True, slots=True)
class Waits:
    """Another effect must be done first: ``plan`` plans it, in the transaction that puts this one to sleep.

    It gives the other effect's id, or ``None`` when there is nothing to wait for any more.
    """

    plan: Callable[[Tx], str | None]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What our own answer says: ``result`` is kept with the effect, ``detail`` goes to a person."""

    sent: Sent
    zoho_id: str | None = None
    result: dict[str, Any] = field(default_factory=dict)
    detail: str = ""
    landed: Landed | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reading by key found."""

    found: Found
    zoho_id: str | None = None
    result: dict[str, Any] = field(default_factory=dict)
    detail: str = ""
    landed: Landed | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an effect ended."""

    state: State
    zoho_id: str | None = None
    result: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    landed: Landed | None = None

    @classmethod
    def of(cls, state: State, seen: Judgement | Reading, /) -> "Settlement":
        """The end that an answer or a reading brings."""
        return cls(state, seen.zoho_id, seen.result, seen.detail, seen.landed)


class EffectKind(Protocol):
    """One kind of write to Zoho.

    ``creates``: a second execution would make a second document, so the breaker guards it.
    """

    @property
    def name(self) -> str:
        """For example ``invoice.create``; outlives the code, never renamed."""
        ...

    @property
    def creates(self) -> bool:
        """Whether a repeated execution would double a document."""
        ...

    def prepare(self, context: Context, effect: Effect, revision: int, /) -> Request | Ready | Existing | Stuck | Waits:
        """Build the request for the first send of a revision; it may read Zoho.

        A higher ``revision`` is the same document under its next key, after a foreign one was found under the last;
        or, ``intent["renewals"]`` times, under the same key with new content, because the old named what is gone.
        """
        ...

    def judge(self, context: Context, effect: Effect, sent: Prepared, payload: Payload, /) -> Judgement:
        """Compare the answer's echo with what was sent; another request's answer is ``AMBIGUOUS``."""
        ...

    def look(self, context: Context, effect: Effect, sent: Prepared, refused: bool, /) -> Reading:
        """Find the document of ``sent`` by its keys, comparing each row itself; look everywhere after a refusal.

        Raises:
            ZohoError: the reading failed.
        """
        ...

    def settled(self, tx: Tx, context: Context, effect: Effect, settlement: Settlement, /) -> None:
        """Follow-ups, in the transaction that records the end of the effect."""
        ...

    def noted(self, tx: Tx, context: Context, effect: Effect, state: State, reason: str, /) -> None:
        """The effect stays open in ``state``; keep what people look at up to date."""
        ...
