"""Settings: names, defaults, refusals."""

from pathlib import Path

import pytest

from bookbridge import config
from bookbridge.kernel.errors import ConfigurationError
from bookbridge.kernel.secret import Secret

PUBLIC = {
    "BOOKBRIDGE_HOST": "0.0.0.0",
    "BOOKBRIDGE_ENCRYPTION_KEY": "k",
    "BOOKBRIDGE_API_KEY": "a" * 40,
    "BOOKBRIDGE_PUBLIC_URL": "https://books.example.com",
}


def test_defaults_are_closed() -> None:
    """Nothing set: loopback, port 3000, production, a SQLite file at home, derived numbers, drafts."""
    found = config.load({})
    assert (found.host, found.port, found.env, found.region) == ("127.0.0.1", 3000, "production", "us")
    assert found.database_url == Secret("sqlite:///.bookbridge/bookbridge.db")
    assert (found.numbering, found.key_field, found.invoice_status) == ("derived", "cf_bookbridge_key", "draft")
    assert not found.key_field_given
    found.require_public_guards()


def test_database_precedence() -> None:
    """BOOKBRIDGE_DATABASE_URL, else DATABASE_URL, else the file at home."""
    both = {"BOOKBRIDGE_DATABASE_URL": "sqlite:///a", "DATABASE_URL": "postgres://b/c", "BOOKBRIDGE_HOME": "/h"}
    assert config.load(both).database_url.reveal() == "sqlite:///a"
    assert config.load({**both, "BOOKBRIDGE_DATABASE_URL": ""}).database_url.reveal() == "postgres://b/c"
    assert config.load({"BOOKBRIDGE_HOME": "/h"}).database_url.reveal() == "sqlite:////h/bookbridge.db"
    assert config.load(both, database_url="sqlite:///o").database_url.reveal() == "sqlite:///o"


def test_port_precedence() -> None:
    """BOOKBRIDGE_PORT, else PORT."""
    assert config.load({"BOOKBRIDGE_PORT": "4000", "PORT": "5000"}).port == 4000
    assert config.load({"PORT": "5000"}).port == 5000


def test_secrets_are_not_printed() -> None:
    """Neither repr nor str of the settings shows a secret, a database password among them."""
    given = {
        "ZOHO_CLIENT_SECRET": "s3cret-1", "ZOHO_REFRESH_TOKEN": "s3cret-2", "ZOHO_ACCESS_TOKEN": "s3cret-3",
        "BOOKBRIDGE_API_KEY": "s3cret-4", "BOOKBRIDGE_ENCRYPTION_KEY": "s3cret-5", "DATABASE_URL": "postgresql://u:s3cret-6@h/d",
    }  # fmt: skip
    found = config.load(given)
    assert "s3cret" not in repr(found)
    assert "s3cret" not in f"{found} {found.client_secret} {found.refresh_token!r} {found.database_url:>20}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZOHO_REGION", "mars"),
        ("ZOHO_ORG_ID", "acme"),
        ("ZOHO_REDIRECT_URI", "http://books.example.com/oauth/callback"),
        ("BOOKBRIDGE_PORT", "http"),
        ("BOOKBRIDGE_PORT", "70000"),
        ("BOOKBRIDGE_ENV", "staging"),
        ("BOOKBRIDGE_NUMBERING", "sequence"),
        ("BOOKBRIDGE_KEY_FIELD", "Bookbridge Key"),
        ("BOOKBRIDGE_INVOICE_STATUS", "paid"),
        ("BOOKBRIDGE_SANDBOX_URL", "http://sandbox.example.com:9400"),
        ("BOOKBRIDGE_SANDBOX_URL", "https://127.0.0.1:9400"),
        ("BOOKBRIDGE_SANDBOX_URL", "http://127.0.0.1@evil.example:9400"),
        ("BOOKBRIDGE_PUBLIC_URL", "http://books.example.com"),
        ("BOOKBRIDGE_PUBLIC_URL", "https://books.example.com/path"),
        ("BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE", "-1"),
        ("BOOKBRIDGE_TIME_SCALE", "0"),
        ("BOOKBRIDGE_TIME_SCALE", "fast"),
    ],
)
def test_wrong_values_are_named(name: str, value: str) -> None:
    """The sentence begins with the variable and says what to give."""
    with pytest.raises(ConfigurationError, match=name):
        config.load({name: value})


@pytest.mark.parametrize("missing", ["BOOKBRIDGE_ENCRYPTION_KEY", "BOOKBRIDGE_API_KEY", "BOOKBRIDGE_PUBLIC_URL"])
def test_public_bind_needs_its_guards(missing: str) -> None:
    """Each missing guard is named, with the command that makes it where there is one (SEC-111)."""
    config.load(PUBLIC).require_public_guards()
    with pytest.raises(ConfigurationError, match=missing):
        config.load({name: value for name, value in PUBLIC.items() if name != missing}).require_public_guards()


def test_public_bind_lists_all_that_is_missing() -> None:
    """One run tells everything."""
    with pytest.raises(ConfigurationError) as told:
        config.load({"BOOKBRIDGE_HOST": "0.0.0.0"}).require_public_guards()
    assert all(name in str(told.value) for name in PUBLIC if name != "BOOKBRIDGE_HOST")
    assert str(told.value).count("python3 -c") == 2


def test_sandbox_never_public() -> None:
    """The sandbox and a public address do not go together (SEC-113)."""
    with pytest.raises(ConfigurationError, match="SANDBOX"):
        config.load({**PUBLIC, "BOOKBRIDGE_SANDBOX_URL": "http://127.0.0.1:9400"})


def test_callback_is_from_the_configuration() -> None:
    """ZOHO_REDIRECT_URI exactly as given, else below the public address."""
    given = "https://books.example.com/oauth/callback/"
    assert config.load({"ZOHO_REDIRECT_URI": given}).callback_uri == given
    assert config.load(PUBLIC).callback_uri == "https://books.example.com/oauth/callback"
    assert config.load({}).callback_uri == "http://127.0.0.1:3000/oauth/callback"


def test_home_expands() -> None:
    """A tilde means the user's home."""
    assert config.load({"BOOKBRIDGE_HOME": "~/x"}).home == Path.home() / "x"


def test_unknown_override_is_a_fault_of_the_program() -> None:
    """A misspelt override does not pass silently."""
    with pytest.raises(TypeError):
        config.load({}, databaseurl="x")


@pytest.mark.parametrize("url", ["http://127.0.0.1:3000", "http://localhost"])
def test_a_public_bind_needs_an_address_with_tls(url: str) -> None:
    """Keys must not cross a network in clear text: a loopback address is no public one (SEC-111)."""
    settings = config.load({**PUBLIC, "BOOKBRIDGE_PUBLIC_URL": url})
    with pytest.raises(ConfigurationError, match="BOOKBRIDGE_PUBLIC_URL"):
        settings.require_public_guards()
