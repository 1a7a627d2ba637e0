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
    subscribers: int = attrs.field(default=2000, validator=attrs.validators.ge(0))
    orders: int = attrs.field(default=1200, validator=attrs.validators.ge(0))
    campaigns: int = attrs.field(default=4, validator=attrs.validators.ge(0))
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
    """What can be changed while the simulator runs; ``faults.profile`` explains each of them.

    Raises:
        ValueError: a value that a switch does not take.
    """

    quota: int = attrs.field(validator=whole)
    window_seconds: float = attrs.field(validator=seconds)
    import_quota: int = attrs.field(validator=whole)
    page_cap: int = attrs.field(validator=[whole, attrs.validators.ge(1)])
    batch_item_cost: int = _one_of(1, 0)
    field_key_rule: str = _one_of("lower", "snake")
    page_seconds: float = attrs.field(validator=seconds)
    allow_create: bool = _off()
    number_values: str = _one_of("number", "string")
    counter_lag: bool = attrs.field(default=True, validator=_flag)
    edd_role: str = _one_of("manager", "accountant", "viewer")
    order_prefix: str | None = attrs.field(validator=_text)
    edd_version: str = _one_of(*EDD_VERSIONS)
    faults: FaultProfile | None
    page_cap_refuses: bool = _off()
    cursor_past_end: bool = _off()
    batch_overdraw: str = _one_of("allow", "refuse_items")
    retry_after: int | None = _number_or_none()
    unknown_field: str = _one_of("ignore", "422")
    not_found: str = _one_of("model", "resource", "empty")
    double_opt_in: bool = _off()
    default_version: str = _one_of("v2", "v1")
    pretty_permalinks: bool = attrs.field(default=True, validator=_flag)
    expire_key: bool | str = _one_of(False, True, "mailerlite", "edd")
    """True: MailerLite's key."""
    down: str | None = _one_of(None, "mailerlite", "edd")
    html_200_edd: bool = _off()
    maintenance: bool = _off()
    text_before_json: str | None = attrs.field(default=None, validator=_text)
    text_after_json: str | None = attrs.field(default=None, validator=_text)
    also_listed: list[str] = attrs.field(factory=list, validator=_texts)
    batch_paths: str = _one_of("both", "plain", "encoded")
    truncate_after_page: int | None = _number_or_none()
    drop_groups_key: bool = _off()

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
    mailerlite_key: str
    edd_url: str
    edd_key: str
    edd_token: str
    state_url: str
    """The URL of the state document; the other paths of the control API stand beside it."""
