"""A fault profile: what goes wrong on purpose, each fault with the share of requests that have it.

A profile comes from ``--faults`` as ``rough``, as ``rough:0.2`` (a share of 0.2 of all requests), or as a TOML file of
the fields below. All of it is optional; no value here is the default::

    seed = 7                  # with another seed, other requests have the faults
    too_many = 0.02           # 429 with Retry-After; the quota counts as used up until then
    retry_after_seconds = 3   # 0 leaves out the header, and leaves the quota as it is
    server_error = 0.05       # 500; the request has no effect
    bad_gateway = 0.05        # 502 with HTML; every other time, the request has its effect
    slow = 0.1                # the response comes slow_seconds late
    slow_seconds = 0.5
    cut_before = 0.02         # the connection ends without a response; the request has no effect
    cut_after = 0.02          # the same, but the request has its effect
    truncated = 0.02          # JSON that ends in the middle
    invalid_json = 0.02       # a warning of PHP stands before the JSON
    maintenance = 0.02        # the shop alone: 503 with Retry-After: 600, as WordPress sends it during an update
    shop_sale = 0.1           # a sale arrives before a second or later page of sales
    shop_refund = 0.1         # an order of a page before is refunded before that page
    shop_edit = 0.1           # the e-mail of such an order is corrected before that page
    automation_move = 0.1     # an automation moves a member down one tier before the request
    automation_in_batch = 0.1 # the same before an item of a batch
    automation_spares_buyers = false  # also members who have a purchased tier; true leaves them out
    lagging_counters = 0.3    # a list of groups shows the counters of the list before
    most_groups = 1000        # one more is refused with 422
    most_fields = 100
    expire_after = 40         # the key is refused after so many requests ...
    expire_side = "edd"       # ... to this side
    side = "any"              # or "mailerlite" or "edd": where the first nine kinds may happen
    most_in_a_row = 2         # a request that failed so often in a row succeeds
    most_events = 3           # how often each change of the data, and each way to damage JSON, may happen

    [switches]                # what account and shop do otherwise than usual; the usual value stands behind a semicolon
    quota = 60                # requests in a period (--quota)
    window_seconds = 30.0     # how long a period lasts (--window-seconds)
    import_quota = 1          # batches of nothing but upserts in a period; 5
    page_cap = 1000           # the largest page of all subscribers; 100
    page_cap_refuses = true   # a larger one is 422 instead of being cut
    cursor_past_end = true    # the last page of subscribers leads to one more, which is empty
    batch_item_cost = 0       # what each item of a batch takes of the quota; 1
    batch_overdraw = "refuse_items"  # items beyond the quota are refused with 429; "allow"
    retry_after = 119         # the seconds in a 429 instead of the true ones; 0 leaves out the header
    counter_lag = false       # counters of groups are never old; true: they are old until the groups are listed
    unknown_field = "422"     # "ignore"
    field_key_rule = "snake"  # how the keys of new fields are made; "lower"
    number_values = "string"  # how the values of number fields are shown; "number"
    not_found = "resource"    # the text of a 404, or "empty"; "model"
    double_opt_in = true      # new subscribers are unconfirmed at first
    drop_groups_key = true    # rows have no groups although the request includes them
    allow_create = true       # a new subscriber is no violation
    expire_key = "edd"        # or "mailerlite": the service that refuses its key
    down = "edd"              # or "mailerlite": the service that sends 503
    page_seconds = 0.4        # the time that the shop takes for each request
    edd_role = "accountant"   # or "viewer": the role of the shop's key; "manager"
    order_prefix = "BEMA-"    # stands before each order number
    default_version = "v1"    # the version of the shop's API where the request names none; "v2"
    edd_version = "3.2"       # or "2.11", "3.0", "3.3.9": how the shop gives its sales (--edd-version); "3.6"
    also_listed = ["edd_subscription"]  # statuses that a plugin lists besides EDD's own; []
    maintenance = true        # every response of the shop is WordPress's maintenance page
    text_before_json = "Notice: Undefined index"  # what plugins print in front of the shop's JSON ...
    text_after_json = "<!-- cached -->"           # ... and behind it
    batch_paths = "plain"     # in a batch, an encoded e-mail is unknown; "encoded": a plain one is; "both"
    pretty_permalinks = false  # /edd-api/ is the front page
    html_200_edd = true       # the shop sends its front page for every request
    truncate_after_page = 3   # the pages of sales after this one are 500

Every draw depends on the seed, the side and the number of the request on that side alone. Switches can also
be set while the simulator runs: ``POST /_simulator/set`` takes an object of them, and of ``faults``.

Single things are changed by ``POST /_simulator/change``; a wrong name is refused with a list of all names::

    {"break_record": {"kind": "order", "id": 7, "set": {"date_utc": null}}}   one record is shown broken
    {"script_response": {"path": "subscribers/1", "status": 500}}             one path gets this response
    {"edit_order": {"order": 7, "email": "new@example.org"}}                  somebody edits an order in the shop

``POST /_simulator/schedule`` makes such changes before a request or an item of a batch that is still to come; ``{}``
takes back all that are scheduled::

    {"change": {"refund": 7}, "before": "writes", "at": 2}   before the second write request from now
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final, Literal

import attrs

from bema_tui.simulator.faults.kinds import RESPONSE_FAULTS, Fault
from bema_tui.simulator.validators import seconds, share, whole, whole_or_none

_ROUGH_SHARE = 0.1
_ROUGH_PARTS: Final = {
    Fault.TOO_MANY: 0.1,
    Fault.SERVER_ERROR: 0.15,
    Fault.BAD_GATEWAY: 0.15,
    Fault.SLOW: 0.2,
    Fault.CUT_BEFORE: 0.1,
    Fault.CUT_AFTER: 0.1,
    Fault.TRUNCATED: 0.1,
    Fault.INVALID_JSON: 0.1,
    Fault.SHOP_SALE: 0.5,
    Fault.SHOP_REFUND: 0.5,
    Fault.AUTOMATION_MOVE: 0.5,
    Fault.LAGGING_COUNTERS: 0.5,
}


def _table(_profile: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"{field.name} is a table, not {value!r}")  # noqa: TRY004


@attrs.frozen(kw_only=True)
class FaultProfile:
    """Which faults happen how often. The top of this module shows the fields in a file; shares are from 0 to 1.

    Raises:
        ValueError: a value is out of its range, or the shares of the responses' faults add up to more than 1.
    """

    seed: int = attrs.field(default=1, validator=whole)
    """Where the draws start: with another seed, other requests have the faults."""
    too_many: float = attrs.field(default=0.0, validator=share)
    """The share of requests that get a 429."""
    server_error: float = attrs.field(default=0.0, validator=share)
    """The share of requests that get a 500 and have no effect."""
    bad_gateway: float = attrs.field(default=0.0, validator=share)
    """The share of requests that get a 502 with HTML; about half of them have their effect."""
    slow: float = attrs.field(default=0.0, validator=share)
    """The share of requests whose response comes `slow_seconds` late."""
    cut_before: float = attrs.field(default=0.0, validator=share)
    """The share of requests whose connection ends without a response, and which have no effect."""
    cut_after: float = attrs.field(default=0.0, validator=share)
    """The share of requests whose connection ends without a response, although they have their effect."""
    truncated: float = attrs.field(default=0.0, validator=share)
    """The share of responses whose JSON ends in the middle."""
    invalid_json: float = attrs.field(default=0.0, validator=share)
    """The share of responses with a warning of PHP before the JSON."""
    maintenance: float = attrs.field(default=0.0, validator=share)
    """The share of the shop's requests that get a 503, as WordPress sends it during an update."""
    shop_sale: float = attrs.field(default=0.0, validator=share)
    """The share of later pages of sales before which a sale arrives."""
    shop_refund: float = attrs.field(default=0.0, validator=share)
    """The share of later pages of sales before which an order of a page before is refunded."""
    shop_edit: float = attrs.field(default=0.0, validator=share)
    """The share of later pages of sales before which the e-mail of an order of a page before is corrected."""
    automation_move: float = attrs.field(default=0.0, validator=share)
    """The share of requests to MailerLite before which an automation moves a member down one tier."""
    automation_in_batch: float = attrs.field(default=0.0, validator=share)
    """The share of items of batches before which an automation moves a member down one tier."""
    automation_spares_buyers: bool = attrs.field(default=True, validator=attrs.validators.instance_of(bool))
    """Whether automations leave members alone who have a purchased tier."""
    lagging_counters: float = attrs.field(default=0.0, validator=share)
    """The share of requests to MailerLite whose lists of groups show the counters of the list before."""
    retry_after_seconds: int = attrs.field(default=1, validator=whole)
    """The seconds in the `Retry-After` of a `too_many`; 0: there is no header, and the quota stays as it is."""
    slow_seconds: float = attrs.field(default=0.2, validator=seconds)
    """How many seconds late a `slow` response comes."""
    most_groups: int = attrs.field(default=1000, validator=whole)
    """How many groups the account may have; one more is refused with 422."""
    most_fields: int = attrs.field(default=100, validator=whole)
    """How many fields the account may have; one more is refused with 422."""
    expire_after: int | None = attrs.field(default=None, validator=whole_or_none)
    """After how many requests to `expire_side` the key is refused; None: never."""
    expire_side: Literal["mailerlite", "edd"] = attrs.field(
        default="mailerlite", validator=attrs.validators.in_(("mailerlite", "edd"))
    )
    """The service that `expire_after` is about."""
    side: Literal["any", "mailerlite", "edd"] = attrs.field(
        default="any", validator=attrs.validators.in_(("any", "mailerlite", "edd"))
    )
    """The service whose responses may have faults; ``any``: both."""
    most_in_a_row: int | None = attrs.field(default=None, validator=whole_or_none)
    """How often in a row one request may fail before it succeeds; None: without end."""
    most_events: int | None = attrs.field(default=None, validator=whole_or_none)
    """How often each change of the data, and each way to damage JSON, may happen; None: without limit."""
    switches: dict[str, Any] = attrs.field(factory=dict, validator=_table)
    """What the account and the shop do otherwise than usual, by the names of ``settings.Switches``."""

    def __attrs_post_init__(self) -> None:
        total = sum(self.share_of(fault) for fault in RESPONSE_FAULTS)
        if total > 1.000_001:
            raise ValueError(f"the shares of {', '.join(RESPONSE_FAULTS)} add up to {total:g}, which is more than 1")

    def share_of(self, fault: Fault) -> float:
        """Returns the share of requests that have a fault."""
        value: float = getattr(self, fault)
        return value

    @classmethod
    def rough(cls, share: float = _ROUGH_SHARE, seed: int = 1) -> FaultProfile:
        """Returns a profile of all faults that pass, spread over `share` of the requests: a careful client finishes."""
        if not 0 <= share <= 1:
            raise ValueError(f"rough takes a share from 0 to 1, not {share:g}")
        parts: dict[str, Any] = {fault: part * share for fault, part in _ROUGH_PARTS.items()}
        return cls(seed=seed, most_in_a_row=2, most_events=3, **parts)


def load_profile(wanted: Any, seed: int) -> FaultProfile | None:
    """Returns the profile for ``rough``, ``rough:SHARE``, the path of a TOML file, or a table of its fields.

    `seed` is used where the profile names none. None and an empty text mean no profile.

    Raises:
        ValueError: it is none of these, with what is wrong.
    """
    if wanted is None or wanted == "" or isinstance(wanted, FaultProfile):
        return wanted or None
    if isinstance(wanted, dict):
        return _from_table(wanted, seed)
    if not isinstance(wanted, str):
        raise ValueError(f"faults are rough, rough:SHARE, a TOML file or a table, not {wanted!r}")  # noqa: TRY004
    name, _, share = wanted.partition(":")
    if name == "rough":
        return FaultProfile.rough(_number(share) if share else _ROUGH_SHARE, seed)
    return _from_file(Path(wanted), seed)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"rough takes a share from 0 to 1, not {text!r}") from None


def _from_file(path: Path, seed: int) -> FaultProfile:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ValueError(
            f"{path} is neither rough, rough:SHARE nor a file that can be read: {error.strerror}"
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8: save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path} is not TOML: {error}") from error
    return _from_table(table, seed)


def _from_table(table: dict[str, Any], seed: int) -> FaultProfile:
    known = {field.name for field in attrs.fields(FaultProfile)}
    unknown = sorted(set(table) - known)
    if unknown:
        raise ValueError(f"no such fault: {', '.join(unknown)}")
    return FaultProfile(**{"seed": seed, **table})
