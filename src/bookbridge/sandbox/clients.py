"""The OAuth clients registered in the sandbox's console."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bookbridge.sandbox.regions import CLIENT_ID, CLIENT_SECRET, REDIRECT_URIS
from bookbridge.sandbox.switches import Switches

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass
class Client:
    """One registered client; ``home`` is the data centre of its console, where the plain secret always works."""

    client_id: str
    secret: str
    home: str
    name: str = "Bookbridge"
    redirect_uris: set[str] = field(default_factory=set)

    def enabled_in(self, region: str, switches: Switches) -> bool:
        """Tell whether the client exists in a data centre (FACTS 1.3: Multi-DC)."""
        return switches.multi_dc or region == self.home

    def secret_in(self, region: str, switches: Switches) -> str:
        """Give the secret of a data centre: ``<secret>-<region>`` away from home with secrets per data centre."""
        if switches.per_dc_secrets and region != self.home:
            return f"{self.secret}-{region}"
        return self.secret

    def allows_redirect(self, uri: str, switches: Switches) -> bool:
        """Tell whether a redirect URI is registered, character by character."""
        if uri in self.redirect_uris:
            return True
        return switches.any_loopback_redirect and urlsplit(uri).hostname in _LOOPBACK


def default_client(home: str) -> Client:
    """Give the client whose id and secret the help text documents."""
    return Client(client_id=CLIENT_ID, secret=CLIENT_SECRET, home=home, redirect_uris=set(REDIRECT_URIS))
