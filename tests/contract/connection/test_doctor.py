"""``doctor`` names every trouble with its remedy; each is provoked in a sandbox."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bookbridge import config
from bookbridge.access.options import AccessOptions
from bookbridge.access.zoho import ZohoAccess
from bookbridge.features.connection import doctor
from bookbridge.features.connection.findings import Finding
from bookbridge.features.connection.workflow import Connector
from bookbridge.kernel.clock import Clock, SystemClock
from bookbridge.kernel.ids import RandomIds
from bookbridge.sandbox.launch import SandboxServer
from bookbridge.store.db import Database
from bookbridge.store.secrets import Sealer, load_keys, new_key_text
from bookbridge.zoho.errors import OAuthError
from tests.support.access import options, settings
from tests.support.sandbox import Zoho, running_sandbox

Look = Callable[..., dict[str, Finding]]


@pytest.fixture
def box() -> Iterator[SandboxServer]:
    """Two regions without Zoho's limits."""
    with running_sandbox(regions=("us", "eu"), limits="off") as server:
        yield server


@pytest.fixture
def zoho(box: SandboxServer) -> Iterator[Zoho]:
    """The sandbox's control plane."""
    client = Zoho(box)
    yield client
    client.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    return tmp_path / "home"


@pytest.fixture
def look(box: SandboxServer, home: Path) -> Look:
    """Runs ``doctor`` with the sandbox's environment and changes to it; the findings by code."""

    def run(*, clock: Clock | None = None, **environ: str) -> dict[str, Finding]:
        given = read(box, home, **environ)
        return {each.code: each for each in doctor.diagnose(given, options=options(box, given), clock=clock)}

    return run


def read(box: SandboxServer, home: Path, **environ: str) -> config.Settings:
    """The settings of a fresh installation in ``home``."""
    return settings(box, **{"BOOKBRIDGE_HOME": str(home), **environ})


def trouble(found: dict[str, Finding]) -> set[str]:
    """The codes of errors and warnings, each of which must say what to do."""
    bad = [each for each in found.values() if each.level != "ok"]
    assert all(each.remedy for each in bad)
    return {each.code for each in bad}


def test_healthy(look: Look) -> None:
    """With the guide's variables and nothing wrong, everything is ok and the exit code is 0."""
    found = look()
    assert trouble(found) == set()
    assert doctor.exit_code(list(found.values())) == 0
    assert {"database", "encryption_key", "grant", "clock", "organization", "budget", "key_field"} <= set(found)


def test_not_connected(look: Look) -> None:
    """Without any connection the sentence says which variable is missing."""
    found = look(ZOHO_REFRESH_TOKEN="")
    assert trouble(found) == {"not_connected"}
    assert "ZOHO_REFRESH_TOKEN" in found["not_connected"].sentence
    assert doctor.exit_code(list(found.values())) == 1


def test_wrong_region(look: Look, box: SandboxServer) -> None:
    """A token of another region is recognised, and the right region is named."""
    found = look(ZOHO_REGION="eu", ZOHO_ORG_ID="")
    assert trouble(found) == {"wrong_region"}
    assert found["wrong_region"].remedy == "Set ZOHO_REGION=us."


def test_revoked_grant(look: Look, zoho: Zoho) -> None:
    """A revoked grant is called so."""
    zoho.control("tokens", {"action": "revoke_refresh"})
    assert trouble(look()) == {"grant_revoked"}


def test_evicted_grant(look: Look, zoho: Zoho) -> None:
    """An evicted grant looks the same to us; the sentence names that cause too."""
    zoho.control("tokens", {"action": "evict"})
    found = look()
    assert "more than 20" in found["grant_revoked"].sentence


def test_expired_access_token_is_no_trouble(look: Look, zoho: Zoho) -> None:
    """A token that expired before the start is renewed: nothing to report."""
    zoho.control("tokens", {"action": "expire_access"})
    assert trouble(look(ZOHO_ACCESS_TOKEN="1000.dead.dead")) == set()


def test_missing_scope(look: Look, zoho: Zoho) -> None:
    """The missing scopes are named, not a code 57."""
    scopes = "ZohoBooks.settings.READ,ZohoBooks.invoices.READ,ZohoBooks.contacts.READ,ZohoBooks.expenses.READ"
    made = zoho.control("tokens", {"action": "grant", "scopes": scopes})
    found = look(ZOHO_REFRESH_TOKEN=made["refresh_token"])
    assert trouble(found) == {"scope_missing"}
    assert "ZohoBooks.accountants.READ" in found["scope_missing"].sentence
    assert "ZohoBooks.invoices.READ" not in found["scope_missing"].sentence


def test_wrong_organization(look: Look) -> None:
    """A wrong id is answered with the ids that are visible."""
    found = look(ZOHO_ORG_ID="99999999")
    assert trouble(found) == {"organization_wrong"}
    assert "10000001" in found["organization_wrong"].sentence


def test_missing_organization(look: Look) -> None:
    """Without an id and with several visible, they are listed."""
    found = look(ZOHO_ORG_ID="")
    assert "organization_wrong" in trouble(found)
    assert "10000002" in found["organization_wrong"].sentence


def test_redirect_mismatch_names_the_slash(look: Look) -> None:
    """A trailing slash is found."""
    found = look(ZOHO_REDIRECT_URI="http://127.0.0.1:3000/oauth/callback/")
    assert trouble(found) == {"redirect_mismatch"}
    assert "slash" in found["redirect_mismatch"].sentence


def test_wrong_client_secret(look: Look) -> None:
    """A wrong secret is told from a dead grant."""
    assert trouble(look(ZOHO_CLIENT_SECRET="wrong")) == {"client_secret_wrong"}


def test_unknown_client(look: Look) -> None:
    """A wrong client id is told from a wrong secret."""
    assert trouble(look(ZOHO_CLIENT_ID="1000.NOBODY")) == {"client_unknown"}


def test_expired_code(look: Look, box: SandboxServer, home: Path, zoho: Zoho) -> None:
    """The reason of the last failed attempt to connect is remembered and explained, until one succeeds."""
    given = read(box, home, ZOHO_REFRESH_TOKEN="", ZOHO_ORG_ID="")
    look(ZOHO_REFRESH_TOKEN="")
    db = Database(given.database_url.reveal())
    sealer = Sealer(load_keys(None, home=home, may_create=False))
    access = ZohoAccess(db=db, sealer=sealer, options=options(box, given))
    connector = Connector(access, ids=RandomIds())
    code = zoho.control("tokens", {"action": "self_client_code", "lifetime_s": 0})["code"]
    with pytest.raises(OAuthError):
        connector.exchange(code, region=access.options.regions["us"])
    assert "code_expired" in trouble(look(ZOHO_REFRESH_TOKEN=""))
    code = zoho.control("tokens", {"action": "self_client_code"})["code"]
    connector.exchange(code, region=access.options.regions["us"], organization_id="10000001")
    access.close()
    db.close()
    assert trouble(look(ZOHO_REFRESH_TOKEN="")) == set()


class Late:
    """A clock that is behind by five minutes."""

    def __init__(self) -> None:
        self._real = SystemClock()

    def now(self) -> datetime:
        """The wrong time."""
        return self._real.now() - timedelta(minutes=5)

    def monotonic(self) -> float:
        """The real monotonic clock."""
        return self._real.monotonic()

    def sleep(self, seconds: float) -> None:
        """Really wait."""
        self._real.sleep(seconds)


def test_clock_off(look: Look) -> None:
    """A clock that differs from Zoho's Date header is reported with how much."""
    found = look(clock=Late())
    assert "clock_off" in trouble(found)
    assert "behind" in found["clock_off"].sentence


def test_budget_spent(look: Look, zoho: Zoho) -> None:
    """The day's calls used up is said so."""
    zoho.control("faults", {"rules": [{"match": {"target": "books", "path": "contacts"}, "kind": "limit_45"}]})
    assert trouble(look()) == {"budget_spent"}


def test_throttled(look: Look, zoho: Zoho) -> None:
    """Zoho's token throttle is told from a dead grant."""
    zoho.control("faults", {"rules": [{"match": {"target": "accounts"}, "kind": "token_access_denied"}]})
    assert trouble(look()) == {"throttled"}


def test_accounts_server_down(look: Look, zoho: Zoho) -> None:
    """An outage is called an outage."""
    zoho.control("faults", {"rules": [{"match": {"target": "accounts"}, "kind": "token_error_5xx"}]})
    assert trouble(look()) == {"accounts_unreachable"}


def test_no_unique_field(look: Look) -> None:
    """Without the unique field: a warning, and an error where the numbering needs it."""
    found = look(BOOKBRIDGE_KEY_FIELD="none")
    assert trouble(found) == {"key_field_missing"}
    assert found["key_field_missing"].level == "warning"
    found = look(BOOKBRIDGE_KEY_FIELD="none", BOOKBRIDGE_NUMBERING="zoho")
    assert found["key_field_missing"].level == "error"


def test_field_that_accepts_duplicates(look: Look, box: SandboxServer) -> None:
    """A field that exists but does not refuse duplicates is no key."""
    for field in box.world.orgs["10000001"].custom_fields["invoices"]:
        field["is_unique"] = False
    found = look()
    assert "accepts duplicates" in found["key_field_missing"].sentence


def test_database_trouble(look: Look, tmp_path: Path) -> None:
    """A database that cannot be opened: exit code 2 and no address in the sentence."""
    found = look(BOOKBRIDGE_DATABASE_URL="postgresql://user:hidden-password@127.0.0.1:1/none")
    assert trouble(found) == {"database"}
    assert "hidden-password" not in found["database"].sentence
    assert doctor.exit_code(list(found.values())) == 2


def test_wrong_encryption_key(look: Look) -> None:
    """A key that did not seal the database: exit code 2."""
    look()
    found = look(BOOKBRIDGE_ENCRYPTION_KEY=new_key_text())
    assert trouble(found) == {"encryption_key"}
    assert doctor.exit_code(list(found.values())) == 2


def test_sandbox_and_real_database_are_kept_apart(look: Look, box: SandboxServer, home: Path) -> None:
    """A database of the sandbox is not used with the real Zoho: nothing is sent (SEC-113)."""
    look()
    given = config.load({"BOOKBRIDGE_HOME": str(home), "ZOHO_CLIENT_ID": "x"})
    found = {each.code: each for each in doctor.diagnose(given, options=AccessOptions.of(given))}
    assert trouble(found) == {"settings"}
