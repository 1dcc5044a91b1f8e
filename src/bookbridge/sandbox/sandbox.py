"""One sandbox: the world of all its regions and everything that answers for it."""

from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from typing import Any

from bookbridge.sandbox.accounts import Accounts
from bookbridge.sandbox.books import ROUTES
from bookbridge.sandbox.books.seed import apply_seed, seed_org
from bookbridge.sandbox.clients import default_client
from bookbridge.sandbox.clock import SandboxClock
from bookbridge.sandbox.consent import Consent
from bookbridge.sandbox.delivery import Delivery
from bookbridge.sandbox.faults import FaultPlan
from bookbridge.sandbox.fill import fill, read_plan
from bookbridge.sandbox.front import Front
from bookbridge.sandbox.grants import FULL_ACCESS, Grants, Holder
from bookbridge.sandbox.limits import Limits
from bookbridge.sandbox.logbook import Logbook
from bookbridge.sandbox.regions import CLIENT_ID, CLIENT_SECRET, REGION_KEYS, Region, organization_rows
from bookbridge.sandbox.routing import Router
from bookbridge.sandbox.state import World
from bookbridge.sandbox.strict import Documents
from bookbridge.sandbox.switches import Switches

# What Zoho sends beside every answer (FACTS 2.3).
_FIXED_HEADERS = (
    (b"server", b"ZGS"),
    (b"build_version", b"Jun_09_2026_9153"),
    (b"cache-control", b"no-store, no-cache, must-revalidate, max-age=0, post-check=0, pre-check=0"),
    (b"pragma", b"no-cache"),
    (b"expires", b"Thu, 01 Jan 1970 00:00:00 GMT"),
    (b"strict-transport-security", b"max-age=64072000; includeSubDomains; preload"),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"set-cookie", b"zbcscook=5a6f686f2d73616e64626f78; Path=/; SameSite=Lax"),
)


@dataclass(frozen=True)
class Options:
    """How a sandbox starts; ``latency_ms`` is added to each API call, ``seed`` is data as for ``POST /_sandbox/seed``.

    ``strict`` is a directory with Zoho's OpenAPI documents; what they do not allow is then refused.
    ``fill`` is a plan as for ``POST /_sandbox/fill``; nothing is filled without one.
    """

    regions: tuple[str, ...] = ("us",)
    limits: str = "zoho"
    latency_ms: float = 0.0
    seed: dict[str, Any] = field(default_factory=dict)
    fill: dict[str, Any] = field(default_factory=dict)
    random_seed: int = 0
    switches: dict[str, Any] = field(default_factory=dict)
    strict: str = ""
    request_log: int = 100_000

    def __post_init__(self) -> None:
        unknown = [key for key in self.regions if key not in REGION_KEYS]
        if unknown or not self.regions or len(set(self.regions)) != len(self.regions):
            raise ValueError(f"regions must be different ones of {', '.join(REGION_KEYS)}")
        if self.limits not in ("zoho", "off"):
            raise ValueError("limits must be zoho or off")


class Sandbox:
    """All state of one sandbox; ``reset`` brings it back to how it started."""

    world: World
    grants: Grants
    accounts: Accounts
    consent: Consent
    limits: Limits
    plan: FaultPlan
    delivery: Delivery
    log: Logbook
    front: Front

    def __init__(self, *, options: Options, urls: dict[str, str]) -> None:
        self.options = options
        self.regions = {key: Region(key, urls[key]) for key in options.regions}
        self._router = Router(ROUTES)
        self._documents = Documents(options.strict) if options.strict else None
        self._build()

    @property
    def home(self) -> Region:
        """Give the first region, where the client's console is."""
        return next(iter(self.regions.values()))

    def reset(self, *, random_seed: int | None = None) -> None:
        """Begin anew as at the start: records, tokens, logs, faults, limits, switches, latency and clock."""
        if random_seed is not None:
            self.options = replace(self.options, random_seed=random_seed)
        self.delivery.forget()
        self._build()

    def environment(self) -> dict[str, str]:
        """Give the variables with which a program uses the first region."""
        home = self.home
        return {
            "ZOHO_CLIENT_ID": CLIENT_ID,
            "ZOHO_CLIENT_SECRET": CLIENT_SECRET,
            "ZOHO_REFRESH_TOKEN": home.refresh_token,
            "ZOHO_ORG_ID": home.organization_ids[0],
            "ZOHO_REGION": home.key,
            "BOOKBRIDGE_SANDBOX_URL": home.url,
        }

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Give the headers of every answer, with the sandbox's own date."""
        date = format_datetime(self.world.clock.now(), usegmt=True)
        return [(b"date", date.encode()), *_FIXED_HEADERS]

    def _build(self) -> None:
        options = self.options
        switches = Switches()
        switches.change({"limits": options.limits, **options.switches})
        self.world = World(clock=SandboxClock(), switches=switches, seed=options.random_seed)
        clock = self.world.clock
        self.grants = Grants(clock=clock, ids=self.world.ids, switches=switches)
        self.accounts = Accounts(grants=self.grants, switches=switches, regions=self.regions)
        self.consent = Consent(accounts=self.accounts, clock=clock)
        self.limits = Limits(clock=clock, switches=switches)
        self.log = Logbook(clock=clock, size=options.request_log)
        self.plan = FaultPlan()
        self.delivery = Delivery(plan=self.plan)
        self.delivery.latency_s = options.latency_ms / 1000
        self.front = Front(
            world=self.world,
            grants=self.grants,
            limits=self.limits,
            router=self._router,
            documents=self._documents,
        )
        self.world.list_lag = self.plan.list_lag_s
        self._furnish()

    def _furnish(self) -> None:
        """Create the fixed client, tokens and organizations, then the seed data."""
        client = default_client(self.home.key)
        self.accounts.clients[client.client_id] = client
        for region in self.regions.values():
            holder = Holder(client.client_id, region.key, FULL_ACCESS)
            self.grants.add_refresh(holder, text=region.refresh_token)
            self.grants.add_access(holder, source=region.refresh_token, text=region.access_token)
            for row in organization_rows(region.key):
                org = self.world.add_org(organization_id=str(row["organization_id"]), region=region.key, info=row)
                seed_org(self.world, org, {})
        self.grants.counts.clear()
        if self.options.seed:
            apply_seed(self.world, self.options.seed)
        if self.options.fill:
            fill(self.world, read_plan(self.options.fill))
