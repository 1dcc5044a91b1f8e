"""Talks to an accounts server: the only sender of client secrets."""

from dataclasses import dataclass, field

from bookbridge.net import HttpAnswer, HttpRequest, Transport, TransportError
from bookbridge.zoho import oauth
from bookbridge.zoho.datacenters import Region
from bookbridge.zoho.errors import AccountsUnavailableError


@dataclass(frozen=True, kw_only=True)
class Authenticator:
    """One OAuth client in one region; every method sends exactly one request."""

    transport: Transport
    region: Region
    client_id: str
    client_secret: str = field(repr=False)

    def exchange(self, code: str, /, *, redirect_uri: str = "", code_verifier: str = "") -> oauth.TokenGrant:
        """Tokens for an authorization code.

        Raises:
            OAuthError: Zoho refused, or could not be reached.
        """
        request = oauth.exchange_request(
            self.region,
            client_id=self.client_id,
            client_secret=self.client_secret,
            code=code,
            redirect_uri=redirect_uri,
            code_verifier=code_verifier,
        )
        return oauth.read_token_answer(self._send(request), region=self.region, refreshing=False)

    def refresh(self, refresh_token: str, /) -> oauth.TokenGrant:
        """A new access token.

        Raises:
            OAuthError: Zoho refused, or could not be reached.
        """
        request = oauth.refresh_request(
            self.region, client_id=self.client_id, client_secret=self.client_secret, refresh_token=refresh_token
        )
        return oauth.read_token_answer(self._send(request), region=self.region, refreshing=True)

    def revoke(self, token: str, /) -> bool:
        """End a refresh or access token; whether Zoho confirmed it (an unknown token is not confirmed).

        Raises:
            AccountsUnavailableError: the accounts server could not be reached.
        """
        answer = self._send(oauth.revoke_request(self.region, token=token))
        return 200 <= answer.status < 300 and "error" not in oauth.read_object(answer)

    def locations(self) -> dict[str, str]:
        """The data centres Zoho lists; for comparison with our table only.

        Raises:
            AccountsUnavailableError: the accounts server could not be reached.
        """
        return oauth.read_locations(self._send(oauth.serverinfo_request(self.region)))

    def _send(self, request: HttpRequest) -> HttpAnswer:
        try:
            return self.transport.send(request)
        except TransportError as error:
            raise AccountsUnavailableError(f"Zoho's accounts server did not answer: {error}") from error
