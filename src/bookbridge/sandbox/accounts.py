"""The accounts server's token endpoints: token, revoke, serverinfo (FACTS 1.3-1.6)."""

from collections.abc import Callable

from bookbridge.sandbox import pages
from bookbridge.sandbox.clients import Client
from bookbridge.sandbox.grants import AccessToken, Grants, Holder, Throttled
from bookbridge.sandbox.messages import Answer, Request, html_answer, json_answer
from bookbridge.sandbox.regions import Region
from bookbridge.sandbox.scopes import known, parse_scopes
from bookbridge.sandbox.switches import Switches

_THROTTLE_TEXT = "You have made too many requests continuously. Please try again after some time."


class NamedError(Exception):
    """A refusal of the token endpoint: ``{"error": name}``."""


class Accounts:
    """Accounts servers of all regions over one store of grants."""

    def __init__(self, *, grants: Grants, switches: Switches, regions: dict[str, Region]) -> None:
        self.grants = grants
        self.switches = switches
        self.regions = regions
        self.clients: dict[str, Client] = {}

    def token(self, request: Request) -> Answer:
        """Answer ``/oauth/v2/token``: parameters from query or form; any method but POST gets an error page."""
        if request.method != "POST":
            return html_answer(pages.server_error(), status=500)
        parameters = {**request.query, **request.form}
        try:
            return json_answer(self._grant(parameters, request.region), headers=[("cache-control", "no-store")])
        except NamedError as error:
            return json_answer({"error": str(error)}, status=self.switches.named_error_status)
        except Throttled:
            return self.throttled()

    def throttled(self, status: int | None = None) -> Answer:
        """Give the answer to too many token requests (FACTS 1.5)."""
        body = {"error_description": _THROTTLE_TEXT, "error": "Access Denied"}
        if self.switches.throttle_has_status_key:
            body["status"] = "failure"
        return json_answer(body, status=status or self.switches.throttle_status)

    def revoke(self, request: Request) -> Answer:
        """Answer ``/oauth/v2/token/revoke``: no authentication; an unknown token gets a 400 page."""
        token = {**request.query, **request.form}.get("token", "")
        if request.method not in {"POST", "GET"} or not self.grants.drop(token):
            return html_answer(pages.bad_request(), status=400)
        self.grants.counts["revoked"] += 1
        body = self.switches.revoke_body.encode()
        return Answer(200, body, [("content-type", "application/json;charset=UTF-8")])

    def serverinfo(self, _request: Request) -> Answer:
        """Answer ``/oauth/serverinfo``: the accounts servers of all regions."""
        locations = {region.key: region.url for region in self.regions.values()}
        return json_answer({"result": "success", "locations": locations})

    def check_client(self, parameters: dict[str, str], region: Region) -> Client:
        """Find the client and compare its secret; raises NamedError."""
        client = self.clients.get(parameters.get("client_id", ""))
        if client is None or not client.enabled_in(region.key, self.switches):
            raise NamedError("invalid_client")
        if parameters.get("client_secret", "") != client.secret_in(region.key, self.switches):
            raise NamedError("invalid_client_secret")
        return client

    def _grant(self, parameters: dict[str, str], region: Region) -> dict[str, object]:
        ways: dict[str, Callable[[dict[str, str], Client, Region], dict[str, object]]] = {
            "authorization_code": self._from_code,
            "refresh_token": self._from_refresh_token,
            "client_credentials": self._from_credentials,
        }
        client = self.check_client(parameters, region)
        way = ways.get(parameters.get("grant_type", ""))
        if way is None:
            raise NamedError("unsupported_grant_type")
        return way(parameters, client, region)

    def _from_code(self, parameters: dict[str, str], client: Client, region: Region) -> dict[str, object]:
        code = self.grants.take_code(parameters.get("code", ""), client_id=client.client_id, region=region.key)
        if code is None or not code.verifies(parameters.get("code_verifier", "")):
            raise NamedError("invalid_code")
        if code.redirect_uri and parameters.get("redirect_uri", "") != code.redirect_uri:
            raise NamedError("invalid_redirect_uri")
        del self.grants.codes[code.text]
        if not code.offline:
            source = f"online/{client.client_id}/{region.key}"
            return self._success(self.grants.add_access(code.holder, source=source), region)
        refresh = self.grants.add_refresh(code.holder)
        self.grants.throttle(refresh.text)
        access = self.grants.add_access(code.holder, source=refresh.text)
        return self._success(access, region, refresh_token=refresh.text)

    def _from_refresh_token(self, parameters: dict[str, str], client: Client, region: Region) -> dict[str, object]:
        refresh = self.grants.refresh.get(parameters.get("refresh_token", ""))
        if refresh is None or refresh.holder.client_id != client.client_id or refresh.holder.region != region.key:
            raise NamedError("invalid_code")
        self.grants.throttle(refresh.text)
        self.grants.counts["refreshes"] += 1
        return self._success(self.grants.add_access(refresh.holder, source=refresh.text), region)

    def _from_credentials(self, parameters: dict[str, str], client: Client, region: Region) -> dict[str, object]:
        scopes = parse_scopes(parameters.get("scope", ""))
        if not scopes or not all(known(scope) for scope in scopes):
            raise NamedError("invalid_scope")
        service, _, organization_id = parameters.get("soid", "").partition(".")
        if not service or not organization_id:
            raise NamedError("invalid_soid")
        source = f"credentials/{client.client_id}/{region.key}"
        self.grants.throttle(source)
        holder = Holder(client.client_id, region.key, scopes, organization_id)
        return self._success(self.grants.add_access(holder, source=source), region)

    def _success(self, token: AccessToken, region: Region, **extra: str) -> dict[str, object]:
        answer: dict[str, object] = {"access_token": token.text, **extra}
        if self.switches.token_scope_key:
            answer["scope"] = " ".join(token.holder.scopes)
        return {
            **answer,
            "api_domain": region.url,
            "token_type": "Bearer",
            "expires_in": self.switches.access_token_s,
        }
