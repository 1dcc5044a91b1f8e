"""The web flow: to Zoho's consent page and back, with everything a stranger could put into the callback."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2
import pytest
import sqlalchemy as sa

from bookbridge.access.options import AccessOptions
from bookbridge.access.zoho import ZohoAccess
from bookbridge.effects.ledger import Ledger, Plan
from bookbridge.features.connection.policy import OtherBooksError, TooManyConnectionsError
from bookbridge.features.connection.workflow import Connector
from bookbridge.kernel.errors import BookbridgeError, ConfigurationError, NotConnectedError
from bookbridge.kernel.ids import RandomIds
from bookbridge.kernel.secret import Secret
from bookbridge.net import HttpAnswer, HttpRequest
from bookbridge.sandbox.launch import SandboxServer
from bookbridge.store import grants, organizations
from bookbridge.store.db import Database
from bookbridge.store.grants import NewGrant
from bookbridge.store.tables import effects, oauth_states
from bookbridge.store.tables import grants as grants_table
from bookbridge.workflow import storage
from bookbridge.workflow.queue import DurableQueue
from bookbridge.zoho.datacenters import REGIONS
from bookbridge.zoho.errors import InvalidCodeError, StateMismatchError, UnknownRegionError
from tests.support.access import options, sealer, settings
from tests.support.sandbox import Zoho, running_sandbox

CALLBACK = "http://127.0.0.1:3000/oauth/callback"
NO_GRANT = {"ZOHO_REFRESH_TOKEN": "", "ZOHO_ORG_ID": "", "ZOHO_REDIRECT_URI": CALLBACK}


@pytest.fixture
def box() -> Iterator[SandboxServer]:
    """Two regions whose user agrees at once."""
    with running_sandbox(regions=("us", "eu"), limits="off", switches={"auto_consent": "accept"}) as server:
        yield server


@pytest.fixture
def zoho(box: SandboxServer) -> Iterator[Zoho]:
    """The sandbox's control plane."""
    client = Zoho(box)
    yield client
    client.close()


@pytest.fixture
def access(database: Database, box: SandboxServer) -> Iterator[ZohoAccess]:
    """An installation with a client and no connection."""
    found = ZohoAccess(db=database, sealer=sealer(), options=options(box, settings(box, **NO_GRANT)))
    yield found
    found.close()


@pytest.fixture
def connector(access: ZohoAccess) -> Connector:
    """Its connector."""
    return Connector(access, ids=RandomIds())


def agree(url: str) -> dict[str, str]:
    """What a person's browser brings back after agreeing."""
    with httpx2.Client(follow_redirects=False) as browser:
        answer = browser.get(url)
        while not answer.headers["location"].startswith(CALLBACK):
            answer = browser.get(answer.headers["location"])
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def test_flow_connects_what_the_person_chooses(connector: Connector, access: ZohoAccess, zoho: Zoho) -> None:
    """Consent, code, grant, choice: the chosen organization can be called and nothing secret went into an address."""
    arrived = connector.arrive(agree(connector.start(browser="b")), browser="b")
    assert [each.organization_id for each in arrived.offered] == ["10000002", "10000001"]
    done = connector.choose(arrived.ticket, ["10000002"], browser="b")
    assert [(each.organization_id, each.currency, each.key_field) for each in done] == [
        ("10000002", "GBP", "cf_bookbridge_key")
    ]
    assert access.default_organization().organization_id == "10000002"
    assert access.books("10000002").organizations is not None
    queries = " ".join(str(row.get("query", "")) for row in zoho.control("requests") if "/token" in row["path"])
    assert "secret" not in queries
    assert "code=" not in queries


def test_region_comes_from_the_callback(connector: Connector, access: ZohoAccess, zoho: Zoho) -> None:
    """A user of another data centre is connected there; the database keeps the region, never an address."""
    zoho.control("switches", {"user_region": "eu"})
    arrived = connector.arrive(agree(connector.start(browser="b")), browser="b")
    done = connector.choose(arrived.ticket, [arrived.offered[0].organization_id], browser="b")
    assert done[0].region == "eu"
    with access.db.read() as tx:
        row = tx.execute(sa.select(grants_table)).one()
    assert row.region == "eu"
    assert not any("http" in str(value) for value in row)


def test_authorize_address_has_state_and_pkce(connector: Connector) -> None:
    """At least 128 bits of state, an S256 challenge, offline access, forced consent, only our scopes."""
    first, second = (parse_qs(urlsplit(connector.start(browser="b")).query) for _ in range(2))
    assert first["state"] != second["state"]
    assert len(first["state"][0]) * 6 >= 128
    assert first["code_challenge_method"] == ["S256"]
    assert first["redirect_uri"] == [CALLBACK]
    assert "fullaccess" not in first["scope"][0].lower()


def test_verifier_is_needed(connector: Connector, access: ZohoAccess) -> None:
    """A stolen code is worth nothing without the verifier (SEC-021)."""
    params = agree(connector.start(browser="b"))
    with pytest.raises(InvalidCodeError):
        connector.exchange(
            params["code"], region=access.options.regions["us"], redirect_uri=CALLBACK, verifier="x" * 64
        )


def test_state_is_used_once(connector: Connector) -> None:
    """The second callback with one state is refused before anything is asked."""
    params = agree(connector.start(browser="b"))
    connector.arrive(params, browser="b")
    with pytest.raises(StateMismatchError):
        connector.arrive(params, browser="b")


class Recorder:
    """A transport that notes every attempt to send."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, request: HttpRequest, /, *, before_write: Callable[[], None] | None = None) -> HttpAnswer:
        """Note it; nothing may come here."""
        self.sent.append(request.url)
        return HttpAnswer(status=200, headers={}, content=b"{}")


@pytest.fixture
def quiet(sqlite_database: Database) -> tuple[Connector, Recorder]:
    """A connector of the real regions that would be caught sending."""
    recorder = Recorder()
    plain = AccessOptions(
        regions=REGIONS,
        client_id="1000.X",
        client_secret=Secret("very-secret"),
        callback_uri="https://b.example/oauth/callback",
    )
    access = ZohoAccess(db=sqlite_database, sealer=sealer(), options=plain, transport=recorder)
    return Connector(access, ids=RandomIds()), recorder


def state_of(connector: Connector, browser: str = "b") -> str:
    """The state of a connection just begun."""
    return parse_qs(urlsplit(connector.start(browser=browser)).query)["state"][0]


@pytest.mark.parametrize(
    ("state", "browser"), [("", "b"), ("guessed", "b"), ("own", "other"), ("own", ""), ("expired", "b")]
)
def test_foreign_states_ask_nothing(quiet: tuple[Connector, Recorder], state: str, browser: str) -> None:
    """Missing, guessed, another browser's or expired state: refused with 0 requests (SEC-020)."""
    connector, recorder = quiet
    own = state_of(connector)
    if state == "expired":
        with connector._zoho.db.transaction() as tx:
            tx.execute(sa.update(oauth_states).values(expires_at=connector._zoho.clock.now().replace(year=2020)))
    given = own if state in ("own", "expired") else state
    params = {"state": given, "code": "c", "location": "us", "accounts-server": "https://accounts.zoho.com"}
    with pytest.raises(StateMismatchError):
        connector.arrive(params, browser=browser)
    assert recorder.sent == []


GOOD = "https://accounts.zoho.com"
HOSTILE_SERVERS = [
    "", " ", "https://", "//accounts.zoho.com", "accounts.zoho.com", "http://accounts.zoho.com", GOOD + "/",
    GOOD + ":443",
    GOOD + "/oauth/v2/token", GOOD + "?x=1", GOOD + "#x", GOOD + ".", GOOD + " ", " " + GOOD, GOOD + "\r\nHost: evil",
    GOOD + "%0d%0aHost:evil", GOOD + "\x00", GOOD + "@evil.example", "https://evil.example@accounts.zoho.com",
    "https://accounts.zoho.com@evil.example", "https://accounts.zoho.com:pw@evil.example",
    "https://accounts.zoho.com.evil.example", "https://evil.example/accounts.zoho.com",
    "https://evil.example?accounts.zoho.com", "https://evil.example#accounts.zoho.com", "https://evilaccounts.zoho.com",
    "https://accounts-zoho.com", "https://accounts.zoho.co", "https://accounts.zoho.comm", "https://zoho.com",
    "https://accounts.zoho.com\\@evil.example", "https:\\\\accounts.zoho.com", "https:accounts.zoho.com",
    "HTTPS://accounts.zoho.com", "https://ACCOUNTS.ZOHO.COM", "https://accounts.zoho.eu", "https://accounts.zoho.in",
    "https://accounts.zоho.com", "https://accounts.xn--zho-uld.com", "https://ａccounts.zoho.com",
    "https://accounts。zoho。com", "https://127.0.0.1", "https://127.1", "https://2130706433", "https://0x7f000001",
    "https://0177.0.0.1", "https://[::1]", "https://[::ffff:127.0.0.1]", "https://169.254.169.254",
    "https://metadata.google.internal", "https://localhost", "https://localhost:9400", "ftp://accounts.zoho.com",
    "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "gopher://accounts.zoho.com",
    "https://accounts.zoho.com:80", "https://accounts.zoho.com:65536", "https://accounts.zoho.com%2eevil.example",
    "https%3A%2F%2Faccounts.zoho.com", "https://accounts.zoho.com;evil.example", "https://accounts.zoho.com,evil.example",
    "https://accounts.zoho.com evil.example", "\thttps://accounts.zoho.com", "https://accounts.zoho.com\n",
    "https://user:pass@accounts.zoho.com", "https://accounts.zoho.com/../evil", "x" * 5000,
]  # fmt: skip
HOSTILE_LOCATIONS = [
    "", "US", "us ", " us", "us\n", "eu", "xx", "../us", "us/../eu", "us,eu", "https://evil.example", "uｓ", "null",
    "0",
]  # fmt: skip


def test_there_are_enough_hostile_values() -> None:
    """SEC-023 asks for sixty."""
    assert len(set(HOSTILE_SERVERS)) >= 60


@pytest.mark.parametrize("server", HOSTILE_SERVERS)
def test_hostile_accounts_server_reaches_nobody(quiet: tuple[Connector, Recorder], server: str) -> None:
    """Whatever ``accounts-server`` says, it is compared and never used: 0 requests (SEC-023)."""
    connector, recorder = quiet
    params = {"state": state_of(connector), "code": "c", "location": "us", "accounts-server": server}
    with pytest.raises(UnknownRegionError):
        connector.arrive(params, browser="b")
    assert recorder.sent == []


@pytest.mark.parametrize("location", HOSTILE_LOCATIONS)
def test_hostile_location_reaches_nobody(quiet: tuple[Connector, Recorder], location: str) -> None:
    """A location that is not in the table, or not the server's own, ends the flow: 0 requests."""
    connector, recorder = quiet
    params = {"state": state_of(connector), "code": "c", "location": location, "accounts-server": GOOD}
    with pytest.raises(UnknownRegionError):
        connector.arrive(params, browser="b")
    assert recorder.sent == []


def test_declined_consent_connects_nothing(connector: Connector, access: ZohoAccess, zoho: Zoho) -> None:
    """A person who refuses leaves nothing behind."""
    zoho.control("switches", {"auto_consent": "deny"})
    with pytest.raises(BookbridgeError, match="did not agree"):
        connector.arrive(agree(connector.start(browser="b")), browser="b")
    with pytest.raises(NotConnectedError):
        access.default_organization()


def test_reconnect_must_reach_the_same_books(connector: Connector, access: ZohoAccess) -> None:
    """A reconnect for an organization the user cannot see is refused and its grant ended (SEC-030)."""
    params = agree(connector.start(browser="b", organization_id="99999999"))
    with pytest.raises(OtherBooksError, match="10000001"):
        connector.arrive(params, browser="b")
    with access.db.read() as tx:
        assert grants.list_all(tx, access.sealer) == []


def test_reconnect_replaces_and_revokes_the_old_grant(connector: Connector, access: ZohoAccess, zoho: Zoho) -> None:
    """After reconnecting one grant is left here and at Zoho, and a pause has ended."""
    for _ in range(2):
        with access.db.transaction() as tx:
            organizations.pause(tx, "10000001", reason="test")
        arrived = connector.arrive(agree(connector.start(browser="b", organization_id="10000001")), browser="b")
        assert [each.organization_id for each in arrived.connected] == ["10000001"]
    with access.db.read() as tx:
        held = grants.list_all(tx, access.sealer)
        assert not organizations.list_all(tx)[0].is_paused
    assert len(held) == 1
    mine = [
        row["token"]
        for row in zoho.control("tokens")["refresh_tokens"]
        if row["scopes"] != ["ZohoBooks.fullaccess.all"]
    ]
    assert mine == [held[0].refresh_token.reveal()]


def test_disconnect_revokes_and_destroys(connector: Connector, access: ZohoAccess, zoho: Zoho) -> None:
    """After disconnecting the token is dead at Zoho and its ciphertext can never be opened again (SEC-029)."""
    connector.arrive(agree(connector.start(browser="b", organization_id="10000001")), browser="b")
    with access.db.read() as tx:
        token = grants.list_all(tx, access.sealer)[0].refresh_token.reveal()
    assert connector.disconnect(["10000001"]) == (["10000001"], True)
    assert token not in [row["token"] for row in zoho.control("tokens")["refresh_tokens"]]
    with access.db.read() as tx:
        row = tx.execute(sa.select(grants_table)).one()
        assert grants.list_all(tx, access.sealer) == []
    assert (row.data_key, row.refresh_token, row.access_token) == (None, None, None)
    with pytest.raises(NotConnectedError):
        access.session("10000001")


def test_eighteen_grants_are_enough(connector: Connector, access: ZohoAccess) -> None:
    """A client with many grants is warned at 15 and gets no further one at 18: Zoho would delete the first."""
    for number in range(18):
        if number == 15:
            assert "15 connections" in connector.warning()
        with access.db.transaction() as tx:
            new = NewGrant(
                grant_id=f"g{number}", region="us", client_id=access.options.client_id,
                client_secret=access.options.client_secret, refresh_token=access.options.client_secret,
            )  # fmt: skip
            grants.insert(access.db, tx, access.sealer, new, at=access.clock.now())
            organizations.save(access.db, tx, organization(number), at=access.clock.now())
    with pytest.raises(TooManyConnectionsError):
        connector.start(browser="b")


def organization(number: int) -> organizations.Organization:
    """An organization served by grant ``number``."""
    return organizations.Organization(
        organization_id=str(number), region="us", name="x", currency="USD", exponent=2, time_zone="UTC", info={},
        grant_id=f"g{number}",
    )  # fmt: skip


def test_abandoned_choice_is_revoked_later(connector: Connector, access: ZohoAccess, zoho: Zoho) -> None:
    """A grant whose owner never chose an organization does not live on."""
    connector.arrive(agree(connector.start(browser="b")), browser="b")
    with access.db.transaction() as tx:
        tx.execute(sa.update(grants_table).values(created_at=access.clock.now().replace(year=2020)))
    connector.sweep()
    assert len(zoho.control("tokens")["refresh_tokens"]) == 2  # the two fixed ones


def test_without_a_client_nothing_begins(access: ZohoAccess) -> None:
    """The sentence names what to set."""
    access.options = replace(access.options, client_id="")
    with pytest.raises(ConfigurationError, match="ZOHO_CLIENT_ID"):
        Connector(access, ids=RandomIds()).start(browser="b")


def test_reconnect_lets_waiting_effects_go_on_at_once(access: ZohoAccess, database: Database) -> None:
    """What waited minutes for a connection is due again when there is one; an unknown outcome keeps its quarantine."""
    storage.ensure(database)
    ids = RandomIds()
    ledger = Ledger(database, queue=DurableQueue(database), ids=ids)
    later = access.now() + timedelta(seconds=300)
    with database.transaction() as tx:
        for ekey in ("planned", "unknown"):
            ledger.plan(tx, Plan(kind="k", ekey=ekey, organization_id="10000001", intent={}))
        tx.execute(sa.update(effects).values(not_before=later))
        tx.execute(sa.update(effects).where(effects.c.ekey == "unknown").values(state="unknown"))
    connector = Connector(access, ids=ids, ledger=ledger)
    connector.arrive(agree(connector.start(browser="b", organization_id="10000001")), browser="b")

    with database.read() as tx:
        due = dict(tx.execute(sa.select(effects.c.ekey, effects.c.not_before)).all())
    assert due["planned"] < later
    assert due["unknown"] > access.now() + timedelta(seconds=200)
