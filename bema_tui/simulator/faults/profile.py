"""What may go wrong on purpose: a profile of faults, each with the share of requests that it strikes.

A profile comes from ``--faults`` as ``rough``, as ``rough:0.2`` (a share of 0.2 of all requests), or as a TOML file of
the fields below. All of it is optional; no value here is the default::

    seed = 7                  # another seed strikes other requests
    too_many = 0.02           # 429 with Retry-After; the quota is then used up until it is over
    retry_after_seconds = 3   # 0 leaves the header out, and the quota as it is
    server_error = 0.05       # 500; nothing was done
    bad_gateway = 0.05        # 502 with HTML; every other time the request was carried out
    slow = 0.1                # an answer that takes slow_seconds longer
    slow_seconds = 0.5
    cut_before = 0.02         # the connection ends without an answer; nothing was done
    cut_after = 0.02          # the same, but the request was carried out
    truncated = 0.02          # JSON that ends in the middle
    invalid_json = 0.02       # a warning of PHP stands before the JSON
    maintenance = 0.02        # the shop alone: WordPress is updated, which is 503 with Retry-After: 600
    shop_sale = 0.1           # a sale arrives before a second or later page of sales
    shop_refund = 0.1         # an order of a page before is refunded in that moment
    shop_edit = 0.1           # the address of such an order is corrected in that moment
    lost_import = 0.5         # an import is accepted, and never done
    automation_move = 0.1     # an automation moves somebody down one tier before the request
    automation_in_batch = 0.1 # the same before an item of a batch
    automation_spares_buyers = false  # they move people down who have a purchased tier, too; true
    lagging_counters = 0.3    # a listing of the groups shows the counters of the one before
    most_groups = 1000        # one more is refused with 422
    most_fields = 100
    expire_after = 40         # the key is refused after that many requests ...
    expire_side = "edd"       # ... to this side
    side = "any"              # or "mailerlite" or "edd": where the first nine kinds may strike
    most_in_a_row = 2         # a request that failed so often in a row is let through
    most_events = 3           # how often each change of the world, and each way to damage JSON, may happen

    [switches]                # what account and shop do otherwise than usual; the usual value, behind a semicolon
    quota = 60                # requests in a window (--quota)
    window_seconds = 30.0     # (--window-seconds)
    import_quota = 1          # imports, and batches of nothing but upserts, in a window; 5
    page_cap = 1000           # the largest page of all subscribers; 100
    page_cap_refuses = true   # a larger one is 422 instead of being cut
    cursor_past_end = true    # the last page of people leads to one more, which is empty
    batch_item_cost = 0       # what each item of a batch takes of the quota; 1
    batch_overdraw = "refuse_items"  # items beyond the quota answer 429; "allow"
    retry_after = 119         # seconds to say with a 429 instead of the true ones; 0 leaves the header out
    counter_lag = false       # counters of groups are never old; true: they are, until the groups are listed
    import_seconds = 3.0      # until an import takes effect; 0.2
    import_outcomes = {"info@example.com" = "role_based"}  # where rows of an import end, untouched
    import_stores_fields = false  # imports leave the fields of people who exist alone
    unknown_field = "422"     # "ignore"
    field_key_rule = "snake"  # the keys of new fields; "lower"
    number_values = "string"  # how number fields come; "number"
    not_found = "resource"    # the text of a 404, or "empty"; "model"
    double_opt_in = true      # who is created is unconfirmed at first
    drop_groups_key = true    # rows lack their groups although they were asked for
    allow_create = true       # a new subscriber is no violation
    expire_key = "edd"        # or "mailerlite": whose key is refused
    down = "edd"              # or "mailerlite": who answers 503
    page_seconds = 0.4        # what the shop takes for each request
    edd_role = "accountant"   # or "viewer": whose key the shop's is; "manager"
    order_prefix = "BEMA-"    # stands before each order number
    default_version = "v1"    # what the shop answers where no version is named; "v2"
    edd_version = "3.2"       # or "2.11", "3.0", "3.3.9": how the shop gives its sales (--edd-version); "3.6"
    also_listed = ["edd_subscription"]  # statuses that a plugin lists besides EDD's own; []
    maintenance = true        # every answer of the shop is WordPress's maintenance page
    text_before_json = "Notice: Undefined index"  # what plugins print in front of the shop's JSON ...
    text_after_json = "<!-- cached -->"           # ... and behind it
    batch_paths = "plain"     # an encoded address in a batch's item is unknown; "encoded": a plain one is; "both"
    pretty_permalinks = false  # /edd-api/ is the front page
    html_200_edd = true       # the shop shows its front page whatever is asked
    truncate_after_page = 3   # the pages of sales after this one are 500

Every draw depends on the seed, the side and the number of the request on that side alone. Switches can also
be set while the simulator runs: ``POST /_simulator/set`` takes an object of them, and of ``faults``.

Single things are changed by ``POST /_simulator/change``, or by ``/_simulator/later`` before a request or an item of a
batch that is still to come; a wrong name is answered with all that there are::

    {"break": {"kind": "order", "id": 7, "set": {"date_utc": null}}}   one record is shown broken
    {"answer": {"path": "subscribers/1", "status": 500}}               one path is answered so
    {"edit_order": {"order": 7, "email": "new@example.org"}}           somebody edits an order in the shop
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

import attrs

ANSWER_KINDS = (
    "too_many",
    "server_error",
    "bad_gateway",
    "slow",
    "cut_before",
    "cut_after",
    "truncated",
    "invalid_json",
    "maintenance",
)
"""Faults of an answer; at most one strikes a request."""
WORLD_KINDS = (
    "shop_sale",
    "shop_refund",
    "shop_edit",
    "lost_import",
    "automation_move",
    "automation_in_batch",
    "lagging_counters",
)
"""Changes of the world, and what an account hides of them."""
DAMAGING_KINDS = ("truncated", "invalid_json")
"""Faults that no rule of HTTP says to try again after: `most_events` limits them, so that a run can get through."""
_ROUGH_SHARE = 0.1
_ROUGH_PARTS = {
    "too_many": 0.1,
    "server_error": 0.15,
    "bad_gateway": 0.15,
    "slow": 0.2,
    "cut_before": 0.1,
    "cut_after": 0.1,
    "truncated": 0.1,
    "invalid_json": 0.1,
    "shop_sale": 0.5,
    "shop_refund": 0.5,
    "lost_import": 1.0,
    "automation_move": 0.5,
    "lagging_counters": 0.5,
}


def share(_profile: object, field: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{field.name} is a share from 0 to 1, not {value!r}")


def seconds(_profile: object, field: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError(f"{field.name} is a number from 0, not {value!r}")


def whole(_profile: object, field: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{field.name} is a whole number from 0, not {value!r}")


def _table(_profile: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"{field.name} is a table, not {value!r}")  # noqa: TRY004


maybe_whole = attrs.validators.optional(whole)


@attrs.frozen(kw_only=True)
class FaultProfile:
    """Which faults strike how often; the fields are explained at the top of this module.

    Raises:
        ValueError: a value is out of its range, or the shares of the answers' faults add up to more than 1.
    """

    seed: int = attrs.field(default=1, validator=whole)
    too_many: float = attrs.field(default=0.0, validator=share)
    server_error: float = attrs.field(default=0.0, validator=share)
    bad_gateway: float = attrs.field(default=0.0, validator=share)
    slow: float = attrs.field(default=0.0, validator=share)
    cut_before: float = attrs.field(default=0.0, validator=share)
    cut_after: float = attrs.field(default=0.0, validator=share)
    truncated: float = attrs.field(default=0.0, validator=share)
    invalid_json: float = attrs.field(default=0.0, validator=share)
    maintenance: float = attrs.field(default=0.0, validator=share)
    shop_sale: float = attrs.field(default=0.0, validator=share)
    shop_refund: float = attrs.field(default=0.0, validator=share)
    shop_edit: float = attrs.field(default=0.0, validator=share)
    lost_import: float = attrs.field(default=0.0, validator=share)
    automation_move: float = attrs.field(default=0.0, validator=share)
    automation_in_batch: float = attrs.field(default=0.0, validator=share)
    automation_spares_buyers: bool = attrs.field(default=True, validator=attrs.validators.instance_of(bool))
    lagging_counters: float = attrs.field(default=0.0, validator=share)
    retry_after_seconds: int = attrs.field(default=1, validator=whole)
    slow_seconds: float = attrs.field(default=0.2, validator=seconds)
    most_groups: int = attrs.field(default=1000, validator=whole)
    most_fields: int = attrs.field(default=100, validator=whole)
    expire_after: int | None = attrs.field(default=None, validator=maybe_whole)
    expire_side: Literal["mailerlite", "edd"] = attrs.field(
        default="mailerlite", validator=attrs.validators.in_(("mailerlite", "edd"))
    )
    side: Literal["any", "mailerlite", "edd"] = attrs.field(
        default="any", validator=attrs.validators.in_(("any", "mailerlite", "edd"))
    )
    most_in_a_row: int | None = attrs.field(default=None, validator=maybe_whole)
    """None: no request is spared."""
    most_events: int | None = attrs.field(default=None, validator=maybe_whole)
    """None: no limit."""
    switches: dict[str, Any] = attrs.field(factory=dict, validator=_table)
    """What the account and the shop do otherwise than usual, by the names of ``settings.Switches``."""

    def __attrs_post_init__(self) -> None:
        total = sum(getattr(self, kind) for kind in ANSWER_KINDS)
        if total > 1.000_001:
            raise ValueError(f"the shares of {', '.join(ANSWER_KINDS)} add up to {total:g}, which is more than 1")

    @classmethod
    def rough(cls, share: float = _ROUGH_SHARE, seed: int = 1) -> FaultProfile:
        """Every kind that passes, spread over `share` of the requests; a careful client can always finish."""
        if not 0 <= share <= 1:
            raise ValueError(f"rough takes a share from 0 to 1, not {share:g}")
        parts: dict[str, Any] = {kind: part * share for kind, part in _ROUGH_PARTS.items()}
        return cls(seed=seed, most_in_a_row=2, most_events=3, **parts)


def profile_of(wanted: Any, seed: int) -> FaultProfile | None:
    """A profile from ``rough``, ``rough:SHARE``, the path of a TOML file, or a table of its fields.

    `seed` is used where none is said. None, and an empty text, is no profile.

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
