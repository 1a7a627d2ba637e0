"""The records that cross the program's contracts: frozen, typed, without behaviour that needs I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from attrs import field, frozen

from bema_tui.emails import email_key


class Tier(StrEnum):
    """A rung of a campaign; whoever has none is unassigned (an empty set of tiers). Domain rules, section 3."""

    OPT_IN = "opt_in"
    GOLD = "gold"
    SILVER = "silver"
    BRONZE = "bronze"
    WOOD = "wood"
    GOLD_PURCHASED = "gold_purchased"
    SILVER_PURCHASED = "silver_purchased"
    BRONZE_PURCHASED = "bronze_purchased"

    @property
    def purchased(self) -> bool:
        """Whether who stands here has bought."""
        return self.value.endswith("_purchased")


class Severity(StrEnum):
    """How much a finding matters: an error holds something back, a warning needs a look, an info is a fact."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class SubscriberStatus(StrEnum):
    """MailerLite's five states of a subscriber. The engine never sends one."""

    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    UNCONFIRMED = "unconfirmed"
    BOUNCED = "bounced"
    JUNK = "junk"


class Completeness(StrEnum):
    """What a read may be used for: only a complete one proves absence, a failed one proves nothing."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"


class ChangeKind(StrEnum):
    """One row of the ledger is one write of this kind."""

    CREATE_GROUP = "create_group"
    CREATE_FIELD = "create_field"
    CREATE_SUBSCRIBER = "create_subscriber"
    SET_FIELD = "set_field"
    ADD_GROUP = "add_group"
    REMOVE_GROUP = "remove_group"


class Cause(StrEnum):
    """What a change is made for. What needs a yes of its own is decided by it, never by the words of a rule."""

    PURCHASE = "purchase"
    REFUND = "refund"  # the purchase is taken back: its field cleared, its tier left


class ChangeState(StrEnum):
    """The life of a ledger row."""

    PLANNED = "planned"
    SENDING = "sending"
    APPLIED = "applied"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    UNDONE = "undone"


class RunState(StrEnum):
    """What a run is doing, or how it ended."""

    PLANNING = "planning"
    PLANNED = "planned"
    NEEDS_APPROVAL = "needs_approval"
    APPLYING = "applying"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"
    LOST = "lost"
    DISCARDED = "discarded"

    @property
    def active(self) -> bool:
        """Whether a process should be at work on it."""
        return self in {RunState.PLANNING, RunState.APPLYING, RunState.PAUSED}

    @property
    def waiting(self) -> bool:
        """Whether it waits for a person's yes."""
        return self in {RunState.PLANNED, RunState.NEEDS_APPROVAL}

    @property
    def resumable(self) -> bool:
        """Whether ``resume`` can take it up again."""
        return self in {RunState.STOPPED, RunState.LOST, RunState.FAILED}


class Phase(StrEnum):
    """The steps of a run, in their order."""

    LOCK = "lock"
    READ_SHOP = "read shop"
    READ_MAILERLITE = "read MailerLite"
    RECONCILE = "reconcile"
    PLAN = "plan"
    YES = "yes"
    SETTLE = "settle"
    APPLY = "apply"
    READ_BACK = "read back"
    STATISTICS = "statistics"
    UNLOCK = "unlock"


class LockState(StrEnum):
    """How alive a lock's holder is. Domain rules, section 7."""

    DEAD = "dead"
    LIVE = "live"
    QUIET = "quiet"
    EXPIRED = "expired"
    STALE = "stale"


class FindingState(StrEnum):
    """Whether a finding still wants somebody."""

    OPEN = "open"
    ACCEPTED = "accepted"
    RESOLVED = "resolved"


class FindingRule(StrEnum):
    """Everything a person may have to look at. Domain rules, sections 2 to 6."""

    UNREADABLE_ORDER = "unreadable_order"
    TWO_TIERS = "two_tiers"
    TWIN_FIELD = "twin_field"
    TWIN_GROUP = "twin_group"
    CODE_COLLISION = "code_collision"
    FIELD_TYPE_MISMATCH = "field_type_mismatch"
    READ_SHRANK = "read_shrank"
    GROUP_MISSING = "group_missing"
    FIELD_MISSING = "field_missing"
    BLOCKED_RECORD = "blocked_record"
    UNREADABLE_RECORD = "unreadable_record"
    REFUSED_WRITE = "refused_write"
    WOOD_PURCHASE = "wood_purchase"
    REFUNDED_PURCHASE = "refunded_purchase"
    ORDER_GONE = "order_gone"
    PURCHASE_UNPROVEN = "purchase_unproven"
    ORDER_NOT_SETTLED = "order_not_settled"
    SUBSCRIBER_GONE = "subscriber_gone"
    DRIFT = "drift"
    RECORD_WARNING = "record_warning"
    LEGACY_NAME = "legacy_name"
    PRODUCT_UNCLAIMED = "product_unclaimed"
    ARTIST_UNCLEAR = "artist_unclear"
    BUNDLE_UNCLAIMED = "bundle_unclaimed"
    ACCOUNT_NEARLY_FULL = "account_nearly_full"
    BUYER_UNKNOWN = "buyer_unknown"
    PARTIAL_REFUND = "partial_refund"
    MOVE_WAITS = "move_waits"


@frozen
class Group:
    """A MailerLite group. ``counts`` are the service's own cached member counts, for the statuses it tells."""

    id: str
    name: str
    counts: Mapping[SubscriberStatus, int] = field(factory=dict)

    @property
    def members(self) -> int:
        """The members of every status, by the service's own count."""
        return sum(self.counts.values())


@frozen
class CustomField:
    """A MailerLite custom field; ``key`` is what its answers and our writes use, never derived from the name."""

    id: str
    name: str
    key: str
    type: str


@frozen
class Automation:
    """A MailerLite automation that sets off when somebody joins one of ``group_ids``.

    ``groups_known`` is false where the groups could not be read: then any group may set it off.
    """

    id: str
    name: str
    enabled: bool
    group_ids: frozenset[str]
    groups_known: bool = True


@frozen
class Subscriber:
    """A MailerLite subscriber, or a shop customer; foreign text is already clean.

    ``group_ids`` is None when the answer did not say, which is not the same as in no group. ``source`` is MailerLite's
    word for how the person came there.
    """

    id: str
    email: str
    status: SubscriberStatus | None
    fields: Mapping[str, str | int | float | None] = field(factory=dict)
    group_ids: frozenset[str] | None = None
    source: str = ""

    @property
    def name(self) -> str:
        """First and last name as one line, or nothing."""
        parts = (self.fields.get("name"), self.fields.get("last_name"))
        return " ".join(str(part) for part in parts if part)


@frozen
class BrokenRow:
    """A field of a row that could not be used: where it stands, what is wrong, and whose it is if that is known."""

    path: str
    problem: str
    subscriber_id: str = ""
    email: str = ""

    @property
    def row(self) -> str:
        """Where the row stands: ``page 1: data.3``."""
        return ".".join(self.path.split(".")[:2])


@frozen
class SubscriberPage:
    """One page of people, with what is wrong with the rows that could not be used."""

    subscribers: tuple[Subscriber, ...]
    broken: tuple[BrokenRow, ...] = ()


@frozen
class OrderItem:
    """One line of an order. ``price`` is the line's total after discount, with tax."""

    product_id: str
    name: str
    price: Decimal


class OrderIdentity(NamedTuple):
    """What tells an order from every other: key and date; where two have both in common, the number as well.

    The shop's numbering may change, so a number that differs does not make another order by itself.
    """

    key: str
    date_utc: datetime | None
    number: str

    def same_order(self, other: OrderIdentity) -> bool:
        """Whether both are of one order, as far as key and date say."""
        return (self.key, self.date_utc) == (other.key, other.date_utc)


@frozen
class Order:
    """An order as the shop lists it.

    ``key`` is its payment key, which a renewal shares with the order that it renews; ``number`` the ``ID`` that people
    see; ``date_utc`` is None where the shop does not know it.
    """

    key: str
    number: str
    email: str
    status: str
    mode: str
    date_utc: datetime | None
    total: Decimal
    items: tuple[OrderItem, ...]

    @property
    def identity(self) -> OrderIdentity:
        """Which order this is. Domain rules, section 4."""
        return OrderIdentity(self.key, self.date_utc, self.number)

    @property
    def email_key(self) -> str:
        """The buyer's e-mail for comparing. Domain rules, section 4."""
        return email_key(self.email)


@frozen
class Product:
    """A shop product. ``categories`` are (slug, name)."""

    id: str
    title: str
    created: datetime | None
    categories: tuple[tuple[str, str], ...] = ()


@frozen
class Sample:
    """What a look at a few rows of a list found: how many there were, and what can't be used of them."""

    rows: int
    broken: tuple[BrokenRow, ...] = ()


@frozen
class ConnectionReport:
    """What a connection test found: who answered, whether what we need is allowed, and how a few rows of it look."""

    provider: str
    ok: bool
    identity: str
    rights: tuple[str, ...] = ()
    problem: str = ""
    seconds: float = 0.0
    sample: Sample | None = None


@frozen
class Campaign:
    """An album release. Its identity is its EDD product ids; code and album are names. Domain rules, section 2."""

    code: str
    album: str
    product_ids: tuple[str, ...]
    state: str = "active"
    start: datetime | None = None


@frozen
class Finding:
    """Something that needs a person. It has no id yet: the store counts and ages it by campaign, rule and subject."""

    rule: FindingRule
    severity: Severity
    campaign: str
    subject: str
    message: str
    advice: str
    subscriber_id: str | None = None


@frozen
class PlannedChange:
    """One intended write, before it is a ledger row.

    ``target`` is a group's id or a field's key; ``target_name`` its name on the screen; ``rule`` the reason in words
    (the plan is grouped by it). ``needs_add`` marks a remove that may only follow the proof of the same person's add.
    """

    kind: ChangeKind
    subscriber_id: str
    email: str
    name: str
    target: str
    target_name: str
    before: str | None
    after: str | None
    rule: str
    reason: str
    needs_add: bool = False
    cause: Cause = Cause.PURCHASE


@frozen
class Holder:
    """Who holds a lock, precisely enough to prove that the process is gone."""

    user: str
    host: str
    pid: int
    boot_id: str
    process_started: float
    pid_namespace: str = ""

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (process {self.pid})"


@frozen
class Lock:
    """A held lock. ``token`` only ever grows; ``id`` is short enough to type.

    ``suspended`` says that the holder's process is known to sleep on this machine (ctrl+z, SIGSTOP): however young its
    last beat is, it does nothing until it is continued.
    """

    id: str
    key: str
    token: int
    holder: Holder
    operation: str
    run: int | None
    since: datetime
    last_beat: datetime
    state: LockState
    note: str = ""
    suspended: bool = False


@frozen
class HealthStatus:
    """The program and its machine: memory in bytes, load, score 0 to 100 with its reasons, worst first."""

    at: datetime
    memory_usage: int
    memory_limit: int
    load_average: tuple[float, float, float]
    cores: int
    cpu_percent: float
    job_status: Mapping[str, int]
    active_processes: int
    database_ms: float
    health_score: int
    reasons: tuple[str, ...] = ()
