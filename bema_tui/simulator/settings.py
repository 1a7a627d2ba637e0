"""What a simulated account and shop can be told: the size of its data, and its switches."""

from __future__ import annotations

from typing import Literal

import attrs

from bema_tui.simulator.faults import FaultProfile

FieldKeyRule = Literal["snake", "lower"]
Side = Literal["mailerlite", "edd"]


@attrs.frozen(kw_only=True)
class SimulatorSettings:
    """How a simulator starts. Everything a real account leaves unconfirmed is a switch here."""

    seed: int = 1
    subscribers: int = attrs.field(default=2000, validator=attrs.validators.ge(0))
    orders: int = attrs.field(default=1200, validator=attrs.validators.ge(0))
    campaigns: int = attrs.field(default=4, validator=attrs.validators.ge(0))
    quota: int = 120
    """Requests that one window allows."""
    window_seconds: float = 60.0
    import_quota: int = 5
    """Imports that may be created in one window, besides the quota."""
    page_cap: int = 100
    """The largest page of ``GET /subscribers``."""
    batch_item_cost: Literal[0, 1] = 1
    """What each item of a batch that hits a route costs, besides the 1 of the batch."""
    field_key_rule: FieldKeyRule = "lower"
    page_seconds: float = 0.0
    """Seconds that the shop takes for each request."""
    allow_create: bool = False
    """Whether new subscribers are expected; if not, each one is recorded as a violation."""
    number_values: Literal["number", "string"] = "number"
    counter_lag: bool = True
    """Whether a group's counters stay old until the next listing of the groups."""
    import_seconds: float = 0.2
    """Seconds until an import that was accepted takes effect."""
    edd_role: Literal["manager", "accountant", "viewer"] = "manager"
    order_prefix: str | None = None
    """None: `ID` is a plain order number. Text: order numbers are written with it (``BEMA-``)."""
    faults: FaultProfile | None = None
    """What goes wrong on purpose; None: nothing."""


@attrs.define(kw_only=True)
class Switches:
    """What can be changed while the simulator runs. Starts from the settings."""

    quota: int
    window_seconds: float
    import_quota: int
    page_cap: int
    batch_item_cost: int
    field_key_rule: str
    page_seconds: float
    allow_create: bool
    number_values: str
    counter_lag: bool
    import_seconds: float
    edd_role: str
    order_prefix: str | None
    faults: FaultProfile | None
    page_cap_refuses: bool = False
    """True: a page size above the cap is answered 422 instead of being cut."""
    batch_overdraw: str = "allow"
    """``allow``: a batch that starts within the quota runs whole. ``refuse_items``: the items beyond it answer 429."""
    retry_after: int | None = None
    """Seconds to say in Retry-After instead of the true ones; 0 leaves the header out."""
    unknown_field: str = "ignore"
    """``ignore`` or ``422``."""
    double_opt_in: bool = False
    import_stores_fields: bool = True
    """False: imports leave the fields of people who exist as they are."""
    pretty_permalinks: bool = True
    expire_key: bool | str = False
    """True or ``mailerlite``: MailerLite's key is refused; ``edd``: the shop's."""
    down: str | None = None
    """``mailerlite`` or ``edd``: that side answers 503."""
    html_200_edd: bool = False
    """The shop answers every request with its front page."""
    truncate_after_page: int | None = None
    """The shop answers 500 to the pages of sales after this one."""
    drop_groups_key: bool = False
    """Rows lack `groups` although the request asked to include them."""

    @classmethod
    def starting_from(cls, settings: SimulatorSettings) -> Switches:
        shared = {field.name for field in attrs.fields(cls)} & {f.name for f in attrs.fields(SimulatorSettings)}
        return cls(**{name: getattr(settings, name) for name in shared})


@attrs.frozen
class Endpoints:
    """Where a running simulator is, and with which keys it opens."""

    mailerlite_url: str
    mailerlite_key: str
    edd_url: str
    edd_key: str
    edd_token: str
    state_url: str
