"""The front of the Books API: who calls, which route, which organization, how often; then the resource's handler."""

import logging
from dataclasses import dataclass

from bookbridge.sandbox import auth, decode
from bookbridge.sandbox.call import Call, Reply, ZohoFault
from bookbridge.sandbox.grants import AccessToken, Grants
from bookbridge.sandbox.jsonout import dumps
from bookbridge.sandbox.limits import MESSAGE_1070, Limits
from bookbridge.sandbox.messages import Answer, Request
from bookbridge.sandbox.routing import Match, Router, body_is_needed
from bookbridge.sandbox.state import Org, World
from bookbridge.sandbox.strict import STRICT, Documents

_log = logging.getLogger("bookbridge.sandbox")
_FILE_DISPOSITION = ("content-disposition", "attachment;")
_WITHOUT_ORGANIZATION = {("GET", "/organizations"), ("POST", "/organizations"), ("GET", "/organizations/user")}


@dataclass
class Visit:
    """One call on its way through the front; ``answer`` is set as soon as it is refused."""

    request: Request
    token: AccessToken | None = None
    match: Match | None = None
    org: Org | None = None
    metered: bool = False
    decoded: decode.Decoded | None = None
    answer: Answer | None = None
    error: str = ""


class Front:
    """Admits calls and runs handlers, each under the world's lock."""

    def __init__(
        self, *, world: World, grants: Grants, limits: Limits, router: Router, documents: Documents | None = None
    ) -> None:
        self._world, self._grants, self._limits = world, grants, limits
        self._documents = documents
        self.router = router

    def admit(self, request: Request) -> Visit:
        """Check a call up to its handler: token, route, scope, organization, limits, body."""
        visit = Visit(request)
        try:
            self._check(visit)
        except ZohoFault as fault:
            visit.answer = self.refuse(visit, fault)
            if fault.message.startswith(STRICT):
                visit.error = fault.message
        return visit

    def execute(self, visit: Visit) -> Answer:
        """Run the handler of an admitted call; what it did not expect is 500/1000 and goes to the error log."""
        with self._world.lock:
            call = self._call(visit)
            self._world.before_call(call.org)
            assert visit.match is not None
            try:
                reply = visit.match.route.handler(call)
            except ZohoFault as fault:
                return self.refuse(visit, fault)
            except Exception as error:  # a defect of the sandbox must look like Zoho's own: 500, code 1000
                _log.exception("the handler of %s %s failed", call.method, call.path)
                visit.error = f"{type(error).__name__}: {error}"
                return self.refuse(visit, ZohoFault(500, 1000, "Internal error"))
        return self._answer(visit, reply)

    def refuse(self, visit: Visit, fault: ZohoFault) -> Answer:
        """Make the answer of a refusal, with the headers its organization's state asks for."""
        spent = fault.code == 45
        headers = self._headers(visit, spent=spent)
        if fault.code == 43:
            headers.append(("retry-after", "3600"))
        body = dumps({"code": fault.code, "message": fault.message})
        return Answer(fault.status, body, [("content-type", "application/json;charset=UTF-8"), *headers])

    def limit_refusal(self, visit: Visit, kind: str) -> Answer:
        """Make the answer of a pretended limit: ``limit_44``, ``limit_45`` or ``limit_1070``."""
        if kind == "limit_44":
            return self.refuse(visit, self._limits.refusal_44())
        if kind == "limit_45":
            org = visit.org or self._default_org(visit.request.region.key)
            return self.refuse(visit, self._limits.refusal_45(org))
        return self.refuse(visit, ZohoFault(429, 1070, MESSAGE_1070))

    def enter(self, visit: Visit) -> None:
        """Count an admitted call as being in flight."""
        if visit.org is not None and visit.metered:
            self._limits.meter(visit.org).in_flight += 1

    def leave(self, visit: Visit) -> None:
        """Count an admitted call as over."""
        if visit.org is not None and visit.metered:
            meter = self._limits.meter(visit.org)
            meter.in_flight = max(0, meter.in_flight - 1)

    def _check(self, visit: Visit) -> None:
        request = visit.request
        visit.token = auth.identify(request, self._grants, self._world.switches)
        path = request.api_path or "/"
        visit.match = self.router.match(request.method, path)
        auth.require_scope(visit.token, self._scope(visit.match))
        visit.decoded = self._decoded(request)
        if (request.method, visit.match.route.path) in _WITHOUT_ORGANIZATION:
            self._limits.take_user(request.region.key)
        else:
            visit.org = self._organization(visit)
            visit.metered = True
            self._limits.take(visit.org)
        self._check_body(visit)

    def _scope(self, match: Match) -> str:
        """Give the scope a route needs; that of the undocumented reports is a guess, and a switch (FACTS 6)."""
        if not match.route.path.startswith("/reports/"):
            return match.route.scope
        if not self._world.switches.reports_answered:
            raise ZohoFault(404, 5, "Invalid URL Passed")
        return self._world.switches.reports_scope

    def _decoded(self, request: Request) -> decode.Decoded | None:
        """Decode early, because old clients put the organization into the form; a bad body is refused later."""
        try:
            return decode.decode(request)
        except ZohoFault:
            return None

    def _check_body(self, visit: Visit) -> None:
        assert visit.match is not None
        if visit.decoded is None:
            if visit.request.method in ("GET", "DELETE"):
                visit.decoded = decode.Decoded()
                self._check_documents(visit)
                return
            raise decode.malformed()
        if not visit.decoded.given and not visit.decoded.files and body_is_needed(visit.match.route):
            raise ZohoFault(400, 11, "JSONString parameter cannot be empty")
        self._check_documents(visit)

    def _check_documents(self, visit: Visit) -> None:
        """In strict mode, refuse what Zoho's documents do not allow."""
        if self._documents is not None:
            assert visit.match is not None and visit.decoded is not None
            path = visit.match.route.path
            self._documents.check(visit.request.method, path, visit.request.query, visit.decoded.body)

    def _organization(self, visit: Visit) -> Org:
        """Find the organization by query, header, form or path, else the user's first one."""
        assert visit.token is not None and visit.match is not None
        region = visit.request.region.key
        fields = visit.decoded.fields if visit.decoded else {}
        wanted = visit.request.organization_hint or fields.get("organization_id", "")
        if not wanted and visit.match.ids.get("organization_id") in self._world.orgs:
            wanted = visit.match.ids["organization_id"]
        if not wanted and self._world.switches.default_organization:
            wanted = visit.token.holder.organization_id or self._default_org(region).organization_id
        org = self._world.orgs.get(wanted)
        only = visit.token.holder.organization_id
        if org is None or org.region != region or (only and only != wanted):
            text = f"This user is not associated with the CompanyID/CompanyName:{wanted}."
            raise ZohoFault(400, 6041, text)
        if self._world.switches.disabled_user:
            text = "You do not have access as your account is disabled. Please contact your administrator for details."
            raise ZohoFault(400, 6018, text)
        return org

    def _default_org(self, region: str) -> Org:
        orgs = [org for org in self._world.orgs.values() if org.region == region]
        return next((org for org in orgs if org.info.get("is_default_org")), orgs[0])

    def _call(self, visit: Visit) -> Call:
        request = visit.request
        assert visit.match is not None and visit.decoded is not None
        org = visit.org or self._default_org(request.region.key)
        return Call(
            world=self._world,
            org=org,
            now=self._world.org_now(org),
            method=request.method,
            path=request.api_path or "/",
            ids=visit.match.ids,
            query={**visit.decoded.fields, **request.query},
            body=visit.decoded.body,
            headers=request.headers,
            files=visit.decoded.files,
            body_hash=request.body_hash,
        )

    def _headers(self, visit: Visit, *, spent: bool = False) -> list[tuple[str, str]]:
        headers = [_FILE_DISPOSITION]
        if visit.match is not None:
            headers.append(("allow", visit.match.allow))
        if visit.org is not None:
            headers.extend(self._limits.headers(visit.org, spent=spent))
        return headers

    def _answer(self, visit: Visit, reply: Reply) -> Answer:
        own = {name.lower(): value for name, value in reply.headers.items()}
        headers = [pair for pair in self._headers(visit) if pair[0] not in own]
        headers = [("content-type", reply.content_type), *headers, *own.items()]
        if isinstance(reply.body, bytes):
            return Answer(reply.status, reply.body, headers)
        body = {"code": 0, "message": reply.message, **reply.body}
        return Answer(reply.status, dumps(body), headers)
