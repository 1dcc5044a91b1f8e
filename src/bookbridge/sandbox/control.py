"""The control plane under ``/_sandbox``: JSON in, JSON out, JSON lines for logs; without log-in, on loopback only."""

import json
import logging
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from bookbridge.sandbox import pages
from bookbridge.sandbox.books.seed import apply_seed
from bookbridge.sandbox.call import ZohoFault
from bookbridge.sandbox.control_tokens import TokenControl
from bookbridge.sandbox.faults import PROFILES
from bookbridge.sandbox.fill import fill, read_plan
from bookbridge.sandbox.jsonout import dumps
from bookbridge.sandbox.messages import Answer, Request, html_answer, json_answer
from bookbridge.sandbox.sandbox import Sandbox
from bookbridge.sandbox.state import Commit

INDEX = [
    ("POST reset", "start again; {random_seed}"),
    ("POST seed", "create records: {organization_id, contacts, items, taxes, invoices, ...}"),
    ("POST fill", "months of business at once: {organization_id, invoices, months, seed, currencies, ...}"),
    ("GET|POST clock", "{set, advance_s, scale}"),
    ("GET|POST|DELETE faults", "the fault plan: {rules, seed, scale, append} or {profile}; plan, counts, trace"),
    ("POST people", "a person's edit: {organization_id, action, ...}, or {edits: [...]}"),
    ("GET commits", "every change of a record, JSON lines; ?after=seq, ?facts=true: what money documents said then"),
    ("GET requests", "every request, JSON lines; ?after=seq"),
    ("GET|POST switches", "behaviours that Zoho leaves open"),
    ("GET|POST latency", "{ms} added to each API call"),
    ("GET|POST tokens", "counters, living tokens; {action: expire_access, self_client_code, ...}"),
    ("GET limits", "calls used per organization"),
    ("GET coverage", "routes, and how often each was called"),
    ("GET ready", "regions, environment, access tokens"),
]
_log = logging.getLogger("bookbridge.sandbox")
_HOSTS = {"127.0.0.1", "localhost", "::1"}


class Control:
    """Answers the control plane of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._box = sandbox
        self._calls: dict[tuple[str, str], Callable[[Request], Answer]] = {
            ("GET", ""): lambda _: html_answer(pages.control_index(INDEX)),
            ("POST", "reset"): self._reset,
            ("POST", "seed"): self._seed,
            ("POST", "fill"): self._fill,
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._clock,
            ("GET", "faults"): lambda _: json_answer(self._box.plan.as_dict()),
            ("POST", "faults"): self._faults,
            ("DELETE", "faults"): self._no_faults,
            ("POST", "people"): self._people,
            ("GET", "commits"): self._commits,
            ("GET", "requests"): self._requests,
            ("GET", "switches"): lambda _: json_answer(self._box.world.switches.as_dict()),
            ("POST", "switches"): self._switches,
            ("GET", "latency"): self._latency,
            ("POST", "latency"): self._latency,
            ("GET", "tokens"): lambda _: json_answer(TokenControl(self._box).show()),
            ("POST", "tokens"): lambda request: json_answer(TokenControl(self._box).act(_body(request))),
            ("GET", "limits"): lambda _: json_answer(self._box.limits.usage()),
            ("GET", "coverage"): self._coverage,
            ("GET", "ready"): lambda _: json_answer(ready(self._box)),
        }

    def answer(self, request: Request) -> Answer:
        """Answer one request; what it does not understand is 400 with the reason."""
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
        if host not in _HOSTS:
            return json_answer({"error": "the control plane answers on loopback only"}, status=403)
        name = request.path.removeprefix("/_sandbox").strip("/")
        call = self._calls.get((request.method, name))
        if call is None:
            known = {place for _, place in self._calls}
            return json_answer({"error": f"no {request.method} {name}"}, status=405 if name in known else 404)
        try:
            with self._box.world.lock:
                return call(request)
        except ZohoFault as fault:
            return json_answer({"error": fault.message, "code": fault.code}, status=400)
        except (ValueError, KeyError, TypeError) as error:
            return json_answer({"error": f"{type(error).__name__}: {error}"}, status=400)
        except Exception as error:  # a defect here must reach whoever steers the sandbox, in words
            _log.exception("the control plane failed on %s %s", request.method, name)
            return json_answer({"error": f"{type(error).__name__}: {error}"}, status=500)

    def _reset(self, request: Request) -> Answer:
        self._box.reset(random_seed=_body(request).get("random_seed"))
        return json_answer(ready(self._box))

    def _seed(self, request: Request) -> Answer:
        data = _body(request)
        organization_id = str(data.pop("organization_id", request.query.get("organization_id", "")))
        return json_answer(apply_seed(self._box.world, data, organization_id=organization_id))

    def _fill(self, request: Request) -> Answer:
        return json_answer(fill(self._box.world, read_plan(_body(request))))

    def _clock(self, request: Request) -> Answer:
        clock, data = self._box.world.clock, _body(request)
        unknown = set(data) - {"set", "advance_s", "scale"}
        if unknown:
            raise ValueError(f"unknown key {sorted(unknown)[0]}")
        if "scale" in data:
            clock.run_at(float(data["scale"]))
        if "set" in data:
            clock.set(datetime.fromisoformat(data["set"]))
        if "advance_s" in data:
            clock.advance(float(data["advance_s"]))
        return json_answer({"now": clock.now().isoformat(), "scale": clock.scale})

    def _faults(self, request: Request) -> Answer:
        data = tomllib.loads(request.body.decode()) if "toml" in request.content_type else _body(request)
        profile = data.get("profile")
        if profile is not None:
            known = {path.stem: path for path in PROFILES.glob("*.toml")}
            if profile not in known:
                raise ValueError(f"no profile {profile}; known are {', '.join(sorted(known))}")
            data = {**tomllib.loads(known[profile].read_text()), **data}
        self._box.plan.load(data)
        return json_answer(self._box.plan.as_dict())

    def _no_faults(self, _request: Request) -> Answer:
        self._box.plan.clear()
        return json_answer(self._box.plan.as_dict())

    def _people(self, request: Request) -> Answer:
        from bookbridge.sandbox.books.people import apply as apply_people  # late: edits by people are rare

        return json_answer(apply_people(self._box.world, _body(request)))

    def _commits(self, request: Request) -> Answer:
        after = int(request.query.get("after", "0"))
        names = [each.name for each in fields(Commit) if each.name != "facts" or request.query.get("facts") == "true"]
        found = self._box.world.commits[max(after, 0) :]
        return _lines({name: getattr(commit, name) for name in names} for commit in found)

    def _requests(self, request: Request) -> Answer:
        return _lines(self._box.log.after(int(request.query.get("after", "0"))))

    def _switches(self, request: Request) -> Answer:
        self._box.world.switches.change(_body(request))
        return json_answer(self._box.world.switches.as_dict())

    def _latency(self, request: Request) -> Answer:
        data = _body(request)
        if "ms" in data:
            self._box.delivery.latency_s = max(0.0, float(data["ms"]) / 1000)
        return json_answer({"ms": self._box.delivery.latency_s * 1000})

    def _coverage(self, _request: Request) -> Answer:
        called = self._box.log.routes
        routes = [
            {"method": r.method, "path": r.path, "scope": r.scope, "calls": called[f"{r.method} {r.path}"]}
            for r in self._box.front.router.routes
        ]
        statuses = {str(status): count for status, count in sorted(self._box.log.statuses.items())}
        return json_answer({"requests": self._box.log.total, "statuses": statuses, "routes": routes})


def ready(box: Sandbox) -> dict[str, Any]:
    """Give the first line of the sandbox's output: regions, environment, and the access tokens of the first hour."""
    return {
        "ready": True,
        "regions": {region.key: region.url for region in box.regions.values()},
        "env": box.environment(),
        "organizations": {region.key: list(region.organization_ids) for region in box.regions.values()},
        "refresh_tokens": {region.key: region.refresh_token for region in box.regions.values()},
        "access_tokens": {region.key: region.access_token for region in box.regions.values()},
    }


def _body(request: Request) -> dict[str, Any]:
    if not request.body.strip():
        return {}
    value = json.loads(request.body, parse_float=Decimal)
    if not isinstance(value, dict):
        raise ValueError("a JSON object is expected")
    return value


def _lines(rows: Iterable[dict[str, Any]]) -> Answer:
    body = b"".join(dumps(row) + b"\n" for row in rows)
    return Answer(200, body, [("content-type", "application/x-ndjson")])
