"""The settings of a simulation: the size of its data, and the switches of account and shop."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from bema_tui.simulator.edd.versions import EDD_VERSIONS
from bema_tui.simulator.faults.profile import FaultProfile
from bema_tui.simulator.validators import seconds, whole, whole_or_none

FieldKeyRule = Literal["snake", "lower"]


def _flag(_switches: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{field.name} is true or false, not {value!r}")  # noqa: TRY004


def _text(_switches: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{field.name} is a text, not {value!r}")


def _one_of(*allowed: Any) -> Any:
    """Returns a field that takes one of these values; the first is the usual one."""
    return attrs.field(default=allowed[0], validator=attrs.validators.in_(allowed))


def _off() -> Any:
    return attrs.field(default=False, validator=_flag)


def _number_or_none() -> Any:
    return attrs.field(default=None, validator=whole_or_none)


def _texts(_switches: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{field.name} is a list of texts, not {value!r}")


@attrs.frozen(kw_only=True)
class SimulatorSettings:
    """How a simulation starts. What nobody could confirm on a real account is a switch, here or in `Switches`."""

    seed: int = 1
    """Where all draws start: one seed always gives the same data."""
    subscribers: int = attrs.field(default=2000, validator=attrs.validators.ge(0))
    """How many subscribers the account has."""
    orders: int = attrs.field(default=1200, validator=attrs.validators.ge(0))
    """How many orders the shop has."""
    campaigns: int = attrs.field(default=4, validator=attrs.validators.ge(0))
    """How many campaigns the label has."""
    quota: int = 120
    """The requests that MailerLite allows in one period."""
    window_seconds: float = 60.0
    """How long a period of the quota lasts."""
    import_quota: int = 5
    """The batches of nothing but upserts that one period takes, besides the quota: MailerLite runs them as imports."""
    page_cap: int = 100
    """The largest page of ``GET /subscribers``."""
    batch_item_cost: Literal[0, 1] = 1
    """What each item of a batch with a known route takes of the quota, besides the 1 of the batch."""
    field_key_rule: FieldKeyRule = "lower"
    """How the keys of new fields are made."""
    page_seconds: float = 0.0
    """The seconds that the shop takes for each request."""
    allow_create: bool = False
    """Whether a request may create subscribers; if not, each one is a violation."""
    number_values: Literal["number", "string"] = "number"
    """How the values of number fields are shown."""
    counter_lag: bool = True
    """Whether a group's counters stay old until the groups are listed."""
    edd_role: Literal["manager", "accountant", "viewer"] = "manager"
    """The role of the shop's key."""
    order_prefix: str | None = None
    """What stands before each order number (``BEMA-``); None: nothing."""
    edd_version: str = EDD_VERSIONS[0]
    """The version of EDD whose sales the shop gives; ``EDD_VERSIONS`` holds all."""
    renewals: bool = False
    """Whether some buyers have a second order with the key of their first, and one mistyped the e-mail."""
    faults: FaultProfile | None = None
    """What goes wrong on purpose; None: nothing."""

    def __attrs_post_init__(self) -> None:
        Switches.starting_from(self)  # refuses wrong values before the data are made


@attrs.define(kw_only=True)
class Switches:
    """What can be changed while the simulator runs; the top of ``faults.profile`` shows the switches in a file.

    Raises:
        ValueError: a value that a switch does not take.
    """

    quota: int = attrs.field(validator=whole)
    """The requests that MailerLite allows in one period."""
    window_seconds: float = attrs.field(validator=seconds)
    """How many seconds a period of the quota lasts."""
    import_quota: int = attrs.field(validator=whole)
    """The batches of nothing but upserts that one period takes."""
    page_cap: int = attrs.field(validator=[whole, attrs.validators.ge(1)])
    """The largest page of ``GET /subscribers``."""
    batch_item_cost: int = _one_of(1, 0)
    """What each item of a batch takes of the quota."""
    field_key_rule: str = _one_of("lower", "snake")
    """How the keys of new fields are made."""
    page_seconds: float = attrs.field(validator=seconds)
    """The seconds that the shop takes for each request."""
    allow_create: bool = _off()
    """Whether a request may create subscribers without a violation."""
    number_values: str = _one_of("number", "string")
    """Whether the values of number fields are shown as ``number`` or as ``string``."""
    counter_lag: bool = attrs.field(default=True, validator=_flag)
    """Whether a group's counters stay old until the groups are listed."""
    edd_role: str = _one_of("manager", "accountant", "viewer")
    """The role of the shop's key."""
    order_prefix: str | None = attrs.field(validator=_text)
    """What stands before each order number; None: nothing."""
    edd_version: str = _one_of(*EDD_VERSIONS)
    """The version of EDD whose sales the shop gives."""
    faults: FaultProfile | None
    """What goes wrong on purpose; None: nothing."""
    page_cap_refuses: bool = _off()
    """Whether a page above `page_cap` is refused with 422; else it is cut."""
    cursor_past_end: bool = _off()
    """Whether the last page of subscribers leads to one more, which is empty."""
    batch_overdraw: str = _one_of("allow", "refuse_items")
    """Whether items of a batch beyond the quota are run (``allow``) or refused with 429."""
    retry_after: int | None = _number_or_none()
    """The seconds in a 429 instead of the true ones; 0: there is no header; None: the true ones."""
    unknown_field: str = _one_of("ignore", "422")
    """Whether a field that does not exist is ignored or refused with 422."""
    not_found: str = _one_of("model", "resource", "empty")
    """Which text a 404 of MailerLite has."""
    double_opt_in: bool = _off()
    """Whether new subscribers are unconfirmed at first."""
    default_version: str = _one_of("v2", "v1")
    """The version of the shop's API where the request names none."""
    pretty_permalinks: bool = attrs.field(default=True, validator=_flag)
    """Whether the shop has ``/edd-api/``; else it sends its front page there."""
    expire_key: bool | str = _one_of(False, True, "mailerlite", "edd")
    """The service that refuses its key; True: MailerLite; False: none."""
    down: str | None = _one_of(None, "mailerlite", "edd")
    """The service that sends 503; None: none."""
    html_200_edd: bool = _off()
    """Whether the shop sends its front page for every request."""
    maintenance: bool = _off()
    """Whether every response of the shop is WordPress's maintenance page."""
    text_before_json: str | None = attrs.field(default=None, validator=_text)
    """What plugins print in front of the shop's JSON; None: nothing."""
    text_after_json: str | None = attrs.field(default=None, validator=_text)
    """What plugins print behind the shop's JSON; None: nothing."""
    also_listed: list[str] = attrs.field(factory=list, validator=_texts)
    """The statuses that a plugin lists besides EDD's own."""
    batch_paths: str = _one_of("both", "plain", "encoded")
    """How an e-mail in the path of a batch's item must be written to be found."""
    truncate_after_page: int | None = _number_or_none()
    """The pages of sales after this one are 500; None: all are whole."""
    drop_groups_key: bool = _off()
    """Whether rows of subscribers have no groups although the request includes them."""

    @classmethod
    def starting_from(cls, settings: SimulatorSettings) -> Switches:
        """Returns the switches of a simulation that starts with these settings."""
        shared = {field.name for field in attrs.fields(cls)} & {f.name for f in attrs.fields(SimulatorSettings)}
        switches = cls(**{name: getattr(settings, name) for name in shared})
        if settings.faults is not None:
            switches.change(settings.faults.switches)
        return switches

    def change(self, wanted: dict[str, Any]) -> None:
        """Sets switches by name: all of these, or none.

        Raises:
            ValueError: no such switch, or a value that it does not take.
        """
        unknown = sorted(set(wanted) - {field.name for field in attrs.fields(type(self))})
        if unknown:
            raise ValueError(f"no such switch: {', '.join(unknown)}")
        checked = attrs.evolve(self, **wanted)
        for name in wanted:
            setattr(self, name, getattr(checked, name))


@attrs.frozen
class Endpoints:
    """The URLs of a running simulator, and its keys."""

    mailerlite_url: str
    """The URL of MailerLite's API."""
    mailerlite_key: str
    """The key of MailerLite's API."""
    edd_url: str
    """The URL of the shop."""
    edd_key: str
    """The public key of the shop's API."""
    edd_token: str
    """The token that belongs to the public key."""
    state_url: str
    """The URL of the state document; the other paths of the control API stand beside it."""
