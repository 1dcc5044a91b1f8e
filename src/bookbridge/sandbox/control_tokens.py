"""The control plane's hand on codes, tokens and clients."""

from collections.abc import Callable
from typing import Any

from bookbridge.sandbox.clients import Client
from bookbridge.sandbox.grants import FULL_ACCESS, Code, Holder
from bookbridge.sandbox.regions import CLIENT_ID
from bookbridge.sandbox.sandbox import Sandbox
from bookbridge.sandbox.scopes import parse_scopes


class TokenControl:
    """Shows tokens, and does what a user or operator of the accounts server could do."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._box = sandbox
        self._actions: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "expire_access": self._expire_access,
            "revoke_refresh": self._revoke_refresh,
            "evict": self._evict,
            "self_client_code": self._self_client_code,
            "grant": self._grant,
            "register_client": self._register_client,
            "forget_attempts": self._forget_attempts,
        }

    def show(self) -> dict[str, Any]:
        """Give the counters and every living token in clear text."""
        grants, now = self._box.grants, self._box.world.clock.seconds()
        names = "refreshes access_tokens access_tokens_evicted refresh_tokens refresh_tokens_evicted codes throttled"
        return {
            "counts": {name: grants.counts[name] for name in [*names.split(), "revoked"]},
            "refresh_tokens": [
                {"token": token.text, "region": token.holder.region, "scopes": list(token.holder.scopes)}
                for token in grants.refresh.values()
            ],
            "access_tokens": [
                {
                    "token": token.text,
                    "region": token.holder.region,
                    "scopes": list(token.holder.scopes),
                    "source": token.source,
                    "expires_in": int(token.expires_at - now),
                }
                for token in grants.access.values()
                if token.expires_at > now
            ],
        }

    def act(self, data: dict[str, Any]) -> dict[str, Any]:
        """Do one action; raises ValueError for an unknown one."""
        action = self._actions.get(str(data.get("action")))
        if action is None:
            raise ValueError(f"action must be one of {', '.join(self._actions)}")
        return action(data)

    def _region(self, data: dict[str, Any]) -> str:
        key = str(data.get("region", self._box.home.key))
        if key not in self._box.regions:
            raise ValueError(f"no region {key}")
        return key

    def _holder(self, data: dict[str, Any]) -> Holder:
        scopes = data.get("scopes", FULL_ACCESS)
        scopes = parse_scopes(scopes) if isinstance(scopes, str) else tuple(scopes)
        return Holder(str(data.get("client_id", CLIENT_ID)), self._region(data), scopes)

    def _expire_access(self, data: dict[str, Any]) -> dict[str, Any]:
        """Expire all access tokens, or those of a ``region``, or one ``token``."""
        access = self._box.grants.access
        chosen = [
            token.text
            for token in access.values()
            if data.get("token") in (None, token.text) and data.get("region") in (None, token.holder.region)
        ]
        for text in chosen:
            del access[text]
        return {"expired": len(chosen)}

    def _revoke_refresh(self, data: dict[str, Any]) -> dict[str, Any]:
        """Revoke a refresh ``token``, by default the fixed one of the ``region``."""
        text = str(data.get("token", self._box.regions[self._region(data)].refresh_token))
        return {"revoked": self._box.grants.drop_refresh(text)}

    def _evict(self, data: dict[str, Any]) -> dict[str, Any]:
        """Do what 20 further consents of the same user would do to the oldest refresh token."""
        region = self._region(data)
        tokens = [token.text for token in self._box.grants.refresh.values() if token.holder.region == region]
        for text in tokens[:1]:
            self._box.grants.drop_refresh(text)
            self._box.grants.counts["refresh_tokens_evicted"] += 1
        return {"evicted": tokens[:1]}

    def _self_client_code(self, data: dict[str, Any]) -> dict[str, Any]:
        """Make a code as the console does for a self client: ``scopes``, ``lifetime_s`` (180), any redirect URI."""
        grants = self._box.grants
        until = self._box.world.clock.seconds() + float(data.get("lifetime_s", 180))
        code = grants.add_code(Code(text=grants.new_text(), holder=self._holder(data), expires_at=until))
        return {"code": code.text}

    def _grant(self, data: dict[str, Any]) -> dict[str, Any]:
        """Make a refresh token with an access token, for chosen ``scopes``, without any sign-in."""
        grants = self._box.grants
        refresh = grants.add_refresh(self._holder(data))
        access = grants.add_access(refresh.holder, source=refresh.text)
        return {"refresh_token": refresh.text, "access_token": access.text}

    def _register_client(self, data: dict[str, Any]) -> dict[str, Any]:
        """Register a client, or add redirect URIs to a known one."""
        client_id = str(data.get("client_id", CLIENT_ID))
        client = self._box.accounts.clients.get(client_id)
        if client is None:
            secret, home = str(data["client_secret"]), self._region(data)
            client = Client(client_id=client_id, secret=secret, home=home, name=str(data.get("name", client_id)))
            self._box.accounts.clients[client_id] = client
        client.redirect_uris.update(str(uri) for uri in data.get("redirect_uris", []))
        return {"client_id": client_id, "redirect_uris": sorted(client.redirect_uris)}

    def _forget_attempts(self, _data: dict[str, Any]) -> dict[str, Any]:
        """End a running token throttle."""
        self._box.grants.forget_attempts()
        return {}
