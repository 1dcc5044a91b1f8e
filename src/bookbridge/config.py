"""The settings of one process: the only module that reads the environment (names: docs/reference/settings.md)."""

import ipaddress
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bookbridge.kernel.errors import ConfigurationError
from bookbridge.kernel.limits import Limits
from bookbridge.kernel.secret import Secret
from bookbridge.store.secrets import MAKE_KEY

REGIONS = ("us", "eu", "in", "au", "jp", "ca", "sa", "uk", "cn", "ae")
MAKE_API_KEY = "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting, resolved; secrets are ``Secret`` and print redacted."""

    client_id: str = ""
    client_secret: Secret = field(default_factory=lambda: Secret(""))
    refresh_token: Secret = field(default_factory=lambda: Secret(""))
    access_token: Secret = field(default_factory=lambda: Secret(""))
    org_id: str = ""
    redirect_uri: str = ""
    region: str = "us"
    database_url: Secret = field(default_factory=lambda: Secret(""))
    home: Path = Path(".bookbridge")
    host: str = "127.0.0.1"
    port: int = 3000
    public_url: str = ""
    encryption_key: Secret = field(default_factory=lambda: Secret(""))
    api_key: Secret = field(default_factory=lambda: Secret(""))
    env: str = "production"
    numbering: str = "derived"
    key_field: str = "cf_bookbridge_key"
    key_field_given: bool = False
    """Whether the operator named the field, which confirms that it exists and refuses duplicates."""
    invoice_status: str = "draft"
    sandbox_url: str = ""
    calls_per_minute: int | None = None
    """Calls a minute and organization; 0 no limit, ``None`` Zoho's own (RELIABILITY 3)."""
    time_scale: float = 1.0
    mirror_lines: bool = False
    """Whether syncs read the lines of invoices and bills too: one call for each."""
    sync_every: int = 300
    """Seconds between two syncs that `serve` starts by itself; 0 for none."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks whose ``X-Forwarded-For`` is believed (SEC-114)."""
    replica_id: str = ""
    """Name of this replica, stable over restarts; empty where none was given."""

    @property
    def limits(self) -> Limits:
        """The limits of time, scaled."""
        return Limits.scaled(self.time_scale)

    @property
    def is_loopback(self) -> bool:
        """Whether the server listens on this machine only."""
        return self.host in _LOOPBACK

    @property
    def has_environment_grant(self) -> bool:
        """Whether the guide's variables give a connection without a connect step."""
        return bool(self.client_id and self.client_secret and self.refresh_token)

    @property
    def base_url(self) -> str:
        """The address people and programs use, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def callback_uri(self) -> str:
        """The registered redirect URI of the web flow: ``ZOHO_REDIRECT_URI``, else below our own address."""
        if self.redirect_uri:
            return self.redirect_uri
        base = self.public_url.rstrip("/") or f"http://127.0.0.1:{self.port}"
        return f"{base}/oauth/callback"

    def require_public_guards(self) -> None:
        """Refuse to listen beyond this machine without what protects it (SEC-110, SEC-111).

        Raises:
            ConfigurationError: names everything that is missing with the command that makes it.
        """
        if self.is_loopback:
            return
        missing = []
        if not self.encryption_key:
            missing.append(f"BOOKBRIDGE_ENCRYPTION_KEY (make one: {MAKE_KEY})")
        if not self.api_key:
            missing.append(f"BOOKBRIDGE_API_KEY (make one: {MAKE_API_KEY})")
        if not self.public_url.startswith("https://"):
            missing.append(
                "BOOKBRIDGE_PUBLIC_URL (the https address people use, for example https://books.example.com)"
            )
        if missing:
            raise ConfigurationError(f"Listening on {self.host} needs " + "; ".join(missing) + ".")


def load(environ: Mapping[str, str] | None = None, /, **overrides: Any) -> Settings:
    """The settings of ``environ`` (default: this process' environment); ``overrides`` that are not ``None`` win.

    Overrides are named like the fields of ``Settings``; texts are checked as if they came from the environment.

    Raises:
        ConfigurationError: a value that cannot be; the sentence names the variable and the remedy.
    """
    env = dict(os.environ if environ is None else environ)
    values: dict[str, Any] = {}
    for name, (variable, parse) in _VARIABLES.items():
        given = overrides.pop(name, None)
        text = env.get(variable, "").strip() if given is None else given
        if isinstance(text, str) and text:
            values[name] = parse(variable, text)
        elif text not in ("", None):
            values[name] = text
    if overrides:
        raise TypeError(f"unknown settings: {', '.join(sorted(overrides))}")
    if "port" not in values and env.get("PORT", "").strip():
        values["port"] = _port("PORT", env["PORT"].strip())
    values.setdefault("database_url", _database(env, values.get("home", Settings.home)))
    values["key_field_given"] = bool(values.get("key_field"))
    settings = Settings(**values)
    _refuse_mixed_hosts(settings)
    return settings


def _database(env: Mapping[str, str], home: Path) -> Secret:
    return Secret(env.get("DATABASE_URL", "").strip() or f"sqlite:///{home / 'bookbridge.db'}")


def default_replica_id(settings: Settings, /) -> str:
    """The configured replica name or, without one, the machine's name and the port: stable over restarts."""
    return settings.replica_id or f"{socket.gethostname()}-{settings.port}"


def _refuse_mixed_hosts(settings: Settings) -> None:
    """SEC-113: a sandbox process never asks people to come from a public address."""
    if settings.sandbox_url and not settings.is_loopback:
        raise ConfigurationError(
            f"BOOKBRIDGE_SANDBOX_URL works on this machine only, but BOOKBRIDGE_HOST is {settings.host}; unset one."
        )


def _text(variable: str, text: str) -> str:
    return text


def _secret(variable: str, text: str) -> Secret:
    return Secret(text)


def _path(variable: str, text: str) -> Path:
    return Path(text).expanduser()


def _port(variable: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= 65535:
        raise ConfigurationError(f"{variable} is {text!r}; give a port between 0 and 65535.")
    return int(text)


def _calls(variable: str, text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ConfigurationError(f"{variable} is {text!r}; give a whole number of calls, 0 for no limit.")
    return int(text)


def _scale(variable: str, text: str) -> float:
    try:
        scale = float(text)
        Limits.scaled(scale)
    except ValueError as error:
        raise ConfigurationError(f"{variable} is {text!r}; give a number above 0 and at most 10.") from error
    return scale


def _seconds(variable: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or 0 < int(text) < 30 or int(text) > 7 * 86400:
        raise ConfigurationError(f"{variable} is {text!r}; give seconds between 30 and {7 * 86400}, or 0 for never.")
    return int(text)


def _switch(variable: str, text: str) -> bool:
    if text.lower() not in ("on", "off", "1", "0", "true", "false", "yes", "no"):
        raise ConfigurationError(f"{variable} is {text!r}; give on or off.")
    return text.lower() in ("on", "1", "true", "yes")


def _one_of(*allowed: str) -> Callable[[str, str], str]:
    def parse(variable: str, text: str) -> str:
        if text.lower() not in allowed:
            raise ConfigurationError(f"{variable} is {text!r}; give one of: {', '.join(allowed)}.")
        return text.lower()

    return parse


def _organization(variable: str, text: str) -> str:
    if not text.isascii() or not text.isdigit():
        raise ConfigurationError(f"{variable} is {text!r}; give the organization's number, `bookbridge orgs` lists it.")
    return text


def _field(variable: str, text: str) -> str:
    if text.lower() in ("none", "-"):
        return ""
    if not text.startswith("cf_"):
        raise ConfigurationError(f"{variable} is {text!r}; give the custom field's API name, which begins with cf_.")
    return text


def _redirect(variable: str, text: str) -> str:
    parts = urlsplit(text)
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        return text
    raise ConfigurationError(f"{variable} is {text!r}; give the https address registered with Zoho, to the last slash.")


def _public(variable: str, text: str) -> str:
    parts = urlsplit(text)
    local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or local):
        raise ConfigurationError(f"{variable} is {text!r}; give the https address people use (TLS may end at a proxy).")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise ConfigurationError(f"{variable} is {text!r}; give the address alone, without path, query or user.")
    return text.rstrip("/")


def _networks(variable: str, text: str) -> tuple[str, ...]:
    """Networks as CIDR text; the whole internet is nobody's proxy."""
    made = []
    for each in text.replace(",", " ").split():
        try:
            network = ipaddress.ip_network(each)
        except ValueError as error:
            raise ConfigurationError(
                f"{variable} has {each!r}; give addresses or networks of your proxies, such as 10.0.0.0/8."
            ) from error
        if network.prefixlen < 4:
            raise ConfigurationError(f"{variable} has {each!r}, which believes strangers; name your proxies.")
        made.append(str(network))
    return tuple(made)


def _sandbox(variable: str, text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK or parts.username or parts.path.strip("/"):
        raise ConfigurationError(f"{variable} is {text!r}; the sandbox is on this machine only: http://127.0.0.1:9400")
    return text.rstrip("/")


_VARIABLES: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "client_id": ("ZOHO_CLIENT_ID", _text),
    "client_secret": ("ZOHO_CLIENT_SECRET", _secret),
    "refresh_token": ("ZOHO_REFRESH_TOKEN", _secret),
    "access_token": ("ZOHO_ACCESS_TOKEN", _secret),
    "org_id": ("ZOHO_ORG_ID", _organization),
    "redirect_uri": ("ZOHO_REDIRECT_URI", _redirect),
    "region": ("ZOHO_REGION", _one_of(*REGIONS)),
    "database_url": ("BOOKBRIDGE_DATABASE_URL", _secret),
    "home": ("BOOKBRIDGE_HOME", _path),
    "host": ("BOOKBRIDGE_HOST", _text),
    "port": ("BOOKBRIDGE_PORT", _port),
    "public_url": ("BOOKBRIDGE_PUBLIC_URL", _public),
    "encryption_key": ("BOOKBRIDGE_ENCRYPTION_KEY", _secret),
    "api_key": ("BOOKBRIDGE_API_KEY", _secret),
    "env": ("BOOKBRIDGE_ENV", _one_of("production", "development")),
    "numbering": ("BOOKBRIDGE_NUMBERING", _one_of("derived", "zoho")),
    "key_field": ("BOOKBRIDGE_KEY_FIELD", _field),
    "invoice_status": ("BOOKBRIDGE_INVOICE_STATUS", _one_of("draft", "sent", "email")),
    "sandbox_url": ("BOOKBRIDGE_SANDBOX_URL", _sandbox),
    "calls_per_minute": ("BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE", _calls),
    "time_scale": ("BOOKBRIDGE_TIME_SCALE", _scale),
    "mirror_lines": ("BOOKBRIDGE_MIRROR_LINES", _switch),
    "sync_every": ("BOOKBRIDGE_SYNC_EVERY", _seconds),
    "trusted_proxies": ("BOOKBRIDGE_TRUSTED_PROXIES", _networks),
    "replica_id": ("BOOKBRIDGE_REPLICA_ID", _text),
}
