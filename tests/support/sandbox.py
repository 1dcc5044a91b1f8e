"""A sandbox on free loopback ports for tests, and short ways to talk to it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from bookbridge.sandbox.launch import SandboxServer
from bookbridge.sandbox.regions import CLIENT_ID, CLIENT_SECRET, access_token, organization_ids, refresh_token
from bookbridge.sandbox.sandbox import Options


@contextmanager
def running_sandbox(**options: Any) -> Iterator[SandboxServer]:
    """Run a sandbox in a thread; ``options`` are the fields of ``Options`` (regions, limits, switches, ...)."""
    with SandboxServer(options=Options(**options)) as server:
        yield server


class Zoho:
    """A plain HTTP client of one region of a sandbox: no retry, no interpretation."""

    def __init__(self, server: SandboxServer, *, region: str = "us", timeout_s: float = 10.0) -> None:
        self.region = region
        self.server = server
        self.token = access_token(region)
        self.organization_id = organization_ids(region)[0]
        self.http = httpx2.Client(base_url=server.urls[region], timeout=timeout_s, follow_redirects=False)

    def books(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Call the Books API with the region's access token and first organization."""
        params = {"organization_id": self.organization_id, **options.pop("params", {})}
        headers = {"Authorization": f"Zoho-oauthtoken {self.token}", **options.pop("headers", {})}
        return self.http.request(method, f"/books/v3{path}", params=params, headers=headers, **options)

    def token_request(self, **parameters: str) -> httpx2.Response:
        """Ask the token endpoint with the fixed client; keyword arguments win over its id and secret."""
        form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **parameters}
        return self.http.post("/oauth/v2/token", data=form)

    def refresh(self, token: str = "") -> httpx2.Response:
        """Ask for a new access token."""
        return self.token_request(grant_type="refresh_token", refresh_token=token or refresh_token(self.region))

    def control(self, name: str, body: Any = None, *, method: str = "") -> Any:
        """Call the control plane; with a body it is a POST. Gives the JSON answer, or the list of JSON lines."""
        method = method or ("GET" if body is None else "POST")
        answer = self.http.request(method, f"/_sandbox/{name}", content=None if body is None else json.dumps(body))
        assert answer.status_code == 200, answer.text
        if answer.headers["content-type"] == "application/x-ndjson":
            return [json.loads(line) for line in answer.text.splitlines()]
        return answer.json()

    def close(self) -> None:
        """Close the connections."""
        self.http.close()
