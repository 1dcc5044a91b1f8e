"""What the access layer is told once, at start."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bookbridge.kernel.errors import ConfigurationError
from bookbridge.kernel.ids import derived_key
from bookbridge.kernel.limits import Limits
from bookbridge.kernel.secret import Secret
from bookbridge.zoho.budget import BudgetPolicy
from bookbridge.zoho.datacenters import REGIONS, Region, sandbox_regions

MINUTE_LIMIT = 100
"""Calls a minute and organization that Zoho allows (FACTS 2.1)."""
SLOTS, SLOTS_FREE_PLAN = 10, 3
"""Concurrent calls we allow ourselves of Zoho's 10, the last two for people alone, and of the free plan's 5."""


class AccessSettings(Protocol):
    """The settings this layer needs; ``config.Settings`` has them."""

    @property
    def client_id(self) -> str: ...  # noqa: D102 - the names are those of config.Settings
    @property
    def client_secret(self) -> Secret: ...  # noqa: D102
    @property
    def refresh_token(self) -> Secret: ...  # noqa: D102
    @property
    def access_token(self) -> Secret: ...  # noqa: D102
    @property
    def org_id(self) -> str: ...  # noqa: D102
    @property
    def region(self) -> str: ...  # noqa: D102
    @property
    def sandbox_url(self) -> str: ...  # noqa: D102
    @property
    def calls_per_minute(self) -> int | None: ...  # noqa: D102
    @property
    def key_field(self) -> str: ...  # noqa: D102
    @property
    def key_field_given(self) -> bool: ...  # noqa: D102
    @property
    def numbering(self) -> str: ...  # noqa: D102
    @property
    def callback_uri(self) -> str: ...  # noqa: D102
    @property
    def redirect_uri(self) -> str: ...  # noqa: D102
    @property
    def limits(self) -> Limits: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True)
class EnvironmentGrant:
    """A connection that comes from the guide's variables instead of a connect step."""

    region: str
    client_id: str
    client_secret: Secret
    refresh_token: Secret
    access_token: Secret | None = None

    @property
    def grant_id(self) -> str:
        """The same for the same variables, another as soon as the refresh token, client or region changes."""
        return "env_" + derived_key("grant", self.region, self.client_id, self.refresh_token.reveal()).lower()


@dataclass(frozen=True, kw_only=True)
class AccessOptions:
    """Settings of this layer, resolved.

    ``organization_id`` is the one the environment names, empty for none. ``key_field_given`` tells that the operator
    named the unique custom field, which confirms it where Zoho's answers leave it open.
    """

    regions: Mapping[str, Region]
    is_sandbox: bool = False
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    calls_per_minute: int = MINUTE_LIMIT
    key_field: str = ""
    key_field_given: bool = False
    numbering: str = "derived"
    organization_id: str = ""
    client_id: str = ""
    client_secret: Secret = Secret("")  # noqa: RUF009 - immutable
    region: str = "us"
    callback_uri: str = ""
    """Where Zoho sends people back to: from the configuration alone, never from a request (SEC-022)."""
    environment: EnvironmentGrant | None = None

    @classmethod
    def of(cls, settings: AccessSettings, /) -> "AccessOptions":
        """The options that follow from the settings.

        Raises:
            ConfigurationError: the sandbox's address is not on this machine, or an unknown region.
        """
        regions = sandbox_regions(settings.sandbox_url) if settings.sandbox_url else REGIONS
        if settings.region not in regions:
            raise ConfigurationError(f"ZOHO_REGION is {settings.region!r}; give one of: {', '.join(regions)}.")
        calls = settings.calls_per_minute
        return cls(
            regions=regions,
            is_sandbox=bool(settings.sandbox_url),
            limits=settings.limits,
            calls_per_minute=MINUTE_LIMIT if calls is None else calls,
            key_field=settings.key_field,
            key_field_given=settings.key_field_given,
            numbering=settings.numbering,
            organization_id=settings.org_id,
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            region=settings.region,
            callback_uri=settings.callback_uri,
            environment=_environment(settings),
        )

    def budget_policy(self, *, plan: str) -> BudgetPolicy:
        """How fast an organization on Zoho's ``plan`` may be called."""
        slots = SLOTS_FREE_PLAN if plan.strip().lower() == "free" else SLOTS
        return BudgetPolicy.for_minute(self.calls_per_minute, slots=slots, time_scale=self.limits.scale)


def _environment(settings: AccessSettings) -> EnvironmentGrant | None:
    if not (settings.client_id and settings.client_secret and settings.refresh_token):
        return None
    return EnvironmentGrant(
        region=settings.region,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        refresh_token=settings.refresh_token,
        access_token=settings.access_token or None,
    )
