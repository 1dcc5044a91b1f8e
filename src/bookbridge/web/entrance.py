"""Logging in with a name and a password: constant answers, equal work, limits that lock nobody else out (SEC-017).

Failures are counted by address and by account name, known or not. A browser that logged in to the account before
shows so with a cookie and has a count of its own: what strangers try, from anywhere and however often, never holds it
up. A one-time link from the console is not counted at all. Counts are kept in memory, for each process.
"""

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from bookbridge.kernel import ids
from bookbridge.kernel.errors import BookbridgeError, InvalidInputError
from bookbridge.kernel.secret import Secret
from bookbridge.registry import Services
from bookbridge.store import admins, audit, passwords, sessions
from bookbridge.store.admins import Admin
from bookbridge.store.db import Tx
from bookbridge.store.sessions import Session
from bookbridge.web.addresses import neighbourhood
from bookbridge.web.limits import RateLimiter

AT_ONCE, PER_MINUTE = 10, 1
"""Failures in a row, and how many more a minute, for an address, a name or a known browser."""
MOST_WAITING = 4
"""How many wait for their password to be checked; more are sent away before they cost anything."""
BUSY_S = 2.0

log = structlog.get_logger("bookbridge.web.login")


class LoginRefusedError(BookbridgeError):
    """The one answer to everything that is wrong with a name and a password; ``wait_s`` after too many failures."""

    def __init__(self, *, wait_s: float = 0.0) -> None:
        super().__init__("Name or password is wrong.")
        self.wait_s = wait_s


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who knocks: an address, the cookie of a browser that was here before, the session it has now."""

    address: str
    device: str = ""
    session: Session | None = None


@dataclass(frozen=True, kw_only=True)
class Entered:
    """A session that was opened or confirmed, its id, and the cookie by which the browser is known from now on."""

    session_id: Secret
    session: Session
    device: str = ""


class Entrance:
    """Opens sessions for those who prove who they are."""

    def __init__(self, services: Services, /) -> None:
        self._services = services
        self._failures = RateLimiter(per_second=PER_MINUTE / 60, burst=AT_ONCE, clock=services.clock)
        self._nobody = passwords.of_nobody()
        self._lanes = {is_known: _Lane() for is_known in (True, False)}
        self._failed: dict[str, int] = {}

    def by_password(self, name: str, password: Secret, visitor: Visitor, /) -> Entered:
        """A new session of an account.

        Raises:
            LoginRefusedError: name or password is wrong, the account is off, or there were too many failures.
        """
        admin = self._found(name)
        is_known = admin is not None and is_known_device(visitor.device, admin)
        near = f"address:{neighbourhood(visitor.address)}"
        counted = [f"device:{visitor.device}"] if is_known else [near, f"name:{name.strip().lower()[:100]}"]
        right = self._proved(admin, password, counted, is_known=is_known)
        stored = passwords.hashed(password) if passwords.is_outdated(right.password_hash) else right.password_hash
        with self._services.db.transaction() as tx:
            now = self._services.clock.now()
            if not admins.note_login(tx, right, password_hash=stored, now=now):  # changed or switched off meanwhile
                raise LoginRefusedError
            session_id, session = sessions.open_session(tx, now=now, admin=right.name, address=visitor.address)
            if visitor.session is not None:
                sessions.end(tx, visitor.session.id_hash)
            failed = self._failed.pop(right.name, 0)
            self._note(tx, "login", session, {"address": visitor.address, "failed_before": failed})
        log.info("login", admin=right.name, address=visitor.address, failed_before=failed)
        return Entered(session_id=session_id, session=session, device=device_of(right.name, stored))

    def by_link(self, token: str, visitor: Visitor, /) -> Entered | None:
        """The session of a link that is used now, in place of the browser's old one; guessing writes nothing."""
        now = self._services.clock.now()
        with self._services.db.read() as tx:
            if not sessions.is_usable(tx, token, now=now):
                return None
        with self._services.db.transaction() as tx:
            made = sessions.redeem_link(tx, token, now=now, address=visitor.address)
            if made is None:
                return None
            if visitor.session is not None:
                sessions.end(tx, visitor.session.id_hash)
            self._note(tx, "login", made[1], {"address": visitor.address, "by": "link"})
        log.info("login", session=made[1].id_hash[:12], address=visitor.address)
        return Entered(session_id=made[0], session=made[1])

    def confirm(self, session: Session, password: Secret, /, *, token: str = "") -> Entered:
        """The same session under a new id, after its person proved once more who they are (SEC-018).

        Raises:
            LoginRefusedError: the password (for a session of a link: the token of another link) is wrong.
        """
        if session.admin:
            self._proved(self._found(session.admin), password, [f"confirm:{session.id_hash}"], is_known=True)
        with self._services.db.transaction() as tx:
            now = self._services.clock.now()
            if not session.admin and not sessions.use_link(tx, token, now=now):
                raise LoginRefusedError
            made = sessions.renew(tx, session, now=now)
            if made is None:
                raise LoginRefusedError
            self._note(tx, "login.confirmed", made[1], {})
        return Entered(session_id=made[0], session=made[1])

    def change_password(self, session: Session, old: Secret, new: Secret, /) -> Entered:
        """Set the password of the session's account; its other sessions end, this one gets a new id.

        Raises:
            LoginRefusedError: the old password is wrong.
            InvalidInputError: the new one is not good enough.
        """
        right = self._proved(self._found(session.admin), old, [f"confirm:{session.id_hash}"], is_known=True)
        passwords.require_good(new, names=[right.name])
        stored = passwords.hashed(new)
        with self._services.db.transaction() as tx:
            now = self._services.clock.now()
            made = sessions.renew(tx, session, now=now)
            if made is None:
                raise LoginRefusedError
            admins.set_password(tx, right.name, password_hash=stored, now=now)
            ended = sessions.end_all(tx, admin=right.name, but=made[1].id_hash)
            self._note(tx, "admin.password", made[1], {"ended": ended})
        return Entered(session_id=made[0], session=made[1], device=device_of(right.name, stored))

    def _found(self, name: str) -> Admin | None:
        try:
            wanted = admins.name_of(name)
        except InvalidInputError:
            wanted = "-"  # no account has it; it is looked up all the same
        with self._services.db.read() as tx:
            return admins.find(tx, wanted)

    def _proved(self, admin: Admin | None, password: Secret, counted: list[str], *, is_known: bool) -> Admin:
        """The account, if it is on and the password is its own; the same work is done whatever is wrong."""
        self._take(counted)
        stored = admin.password_hash if admin is not None and admin.is_on else self._nobody
        try:
            with self._lanes[is_known].turn():
                is_right = passwords.is_right(password, stored)
        except LoginRefusedError:
            self._give_back(counted)
            raise
        if admin is None or not (is_right and admin.is_on):  # a name nobody has is not logged: it may be a password
            log.warning("login_refused", admin=admin.name if admin else "", counted=counted[0])
            if admin is not None:
                self._failed[admin.name] = self._failed.get(admin.name, 0) + 1
            raise LoginRefusedError
        self._give_back(counted)
        return admin

    def _take(self, counted: list[str]) -> None:
        """Count an attempt as a failure until it turns out well; nothing is counted when there were too many.

        One after the other: an address that has to wait makes no counts for names, which are kept for so many only.
        """
        for number, each in enumerate(counted):
            wait_s = self._failures.take(each)
            if wait_s > 0:
                self._give_back(counted[:number])
                log.warning("login_limited", counted=counted[0])
                raise LoginRefusedError(wait_s=wait_s)

    def _give_back(self, counted: list[str]) -> None:
        for each in counted:
            self._failures.give_back(each)

    def _note(self, tx: Tx, action: str, session: Session, detail: dict[str, object]) -> None:
        at, name = self._services.clock.now(), session.admin or session.id_hash[:12]
        audit.record(tx, at=at, actor=session.actor, action=action, subject_id=name, detail=detail)


class _Lane:
    """One password is checked at a time, a few wait: the memory it takes is bounded, and so is the waiting."""

    def __init__(self) -> None:
        self._room = threading.BoundedSemaphore(1 + MOST_WAITING)
        self._turn = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn.

        Raises:
            LoginRefusedError: too many wait already.
        """
        if not self._room.acquire(blocking=False):
            log.warning("login_busy")
            raise LoginRefusedError(wait_s=BUSY_S)
        try:
            with self._turn:
                yield
        finally:
            self._room.release()


def device_of(name: str, password_hash: str, /) -> str:
    """A cookie that only a browser which logged in to the account has; a new password makes it worthless."""
    nonce = ids.token(128)
    return f"{nonce}.{_mac(nonce, name, password_hash)}"


def is_known_device(cookie: str, admin: Admin, /) -> bool:
    """Whether a browser's cookie was made for this account and its present password."""
    nonce, _, mac = cookie.partition(".")
    return hmac.compare_digest(mac.encode(), _mac(nonce, admin.name, admin.password_hash).encode())


def _mac(nonce: str, name: str, password_hash: str) -> str:
    return hmac.new(password_hash.encode(), f"{name} {nonce}".encode(), hashlib.sha256).hexdigest()
