"""The records that cross the program's contracts: frozen, typed, without behaviour that needs I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from attrs import Factory, field, frozen

from bema_tui.emails import key_of


class Tier(StrEnum):
    """A rung of a campaign; whoever has none is unassigned (an empty set of tiers). Domain rules, section 3."""

    OPT_IN = "opt_in"
    """Has not bought; MailerLite's automations move on to silver."""
    GOLD = "gold"
    """Has not bought; MailerLite's automations move on to silver."""
    SILVER = "silver"
    """Has not bought; MailerLite's automations move on to bronze."""
    BRONZE = "bronze"
    """Has not bought; MailerLite's automations move on to wood."""
    WOOD = "wood"
    """Has not bought, and is the last of the unpurchased tiers; a buyer stays here."""
    GOLD_PURCHASED = "gold_purchased"
    """Bought while in opt-in, in gold or in no tier."""
    SILVER_PURCHASED = "silver_purchased"
    """Bought while in silver."""
    BRONZE_PURCHASED = "bronze_purchased"
    """Bought while in bronze."""

    @property
    def purchased(self) -> bool:
        """Whether who stands here has bought."""
        return self.value.endswith("_purchased")


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """It holds something back."""
    WARNING = "warning"
    """It needs a look, and holds nothing back."""
    INFO = "info"
    """It is a fact."""


class SubscriberStatus(StrEnum):
    """MailerLite's five states of a subscriber. The engine never sends one."""

    ACTIVE = "active"
    """Gets e-mails."""
    UNSUBSCRIBED = "unsubscribed"
    """Wants no more e-mails."""
    UNCONFIRMED = "unconfirmed"
    """Has not confirmed the subscription."""
    BOUNCED = "bounced"
    """E-mails to them came back."""
    JUNK = "junk"
    """MailerLite takes them for junk, after a spam complaint for one."""


class Completeness(StrEnum):
    """What a read may be used for."""

    COMPLETE = "complete"
    """Everything came: what is not in it is not there."""
    PARTIAL = "partial"
    """What came is true; more may be there."""
    FAILED = "failed"
    """Nothing may rest on it."""


class ChangeKind(StrEnum):
    """One row of the ledger is one write of this kind."""

    CREATE_GROUP = "create_group"
    """Make a group that the campaign lacks."""
    CREATE_FIELD = "create_field"
    """Make the campaign's purchase field."""
    CREATE_SUBSCRIBER = "create_subscriber"
    """Create a buyer whom MailerLite does not know, with field and group at once."""
    SET_FIELD = "set_field"
    """Write the purchase field, or clear it."""
    ADD_GROUP = "add_group"
    """Put a subscriber into a group."""
    REMOVE_GROUP = "remove_group"
    """Take a subscriber out of a group."""


class ChangeState(StrEnum):
    """The life of a ledger row."""

    PLANNED = "planned"
    """To be sent, for the first time or again."""
    SENDING = "sending"
    """Written down before the request leaves: it may be on its way."""
    APPLIED = "applied"
    """MailerLite's answer, or a read after it, says that it is done."""
    FAILED = "failed"
    """MailerLite refused it or did not do it; the row's error says why."""
    SKIPPED = "skipped"
    """Not sent, or it did nothing: it no longer fits where the subscriber stands, or what it needs is missing."""
    UNKNOWN = "unknown"
    """Sent, and no answer tells what became of it: it is read before anything else is sent."""
    UNDONE = "undone"
    """Applied, and taken back since by an undo."""


class RunState(StrEnum):
    """What a run is doing, or how it ended."""

    PLANNING = "planning"
    """Reads both sides and writes the plan."""
    PLANNED = "planned"
    """The plan waits for a yes."""
    NEEDS_APPROVAL = "needs_approval"
    """The plan waits for the yes of somebody who has seen it; one given beforehand (``--yes``) is not enough."""
    APPLYING = "applying"
    """Sends the plan."""
    PAUSED = "paused"
    """Waits for whoever paused it, or for a service; it keeps its lock."""
    STOPPED = "stopped"
    """Ended as it was asked to, after a day of pause, or with the program; it can be resumed."""
    DONE = "done"
    """Came to its end; single changes may have failed."""
    FAILED = "failed"
    """An error ended it; it can be resumed."""
    LOST = "lost"
    """Its process died, or its lock was released or taken; it can be resumed."""
    DISCARDED = "discarded"
    """The plan was thrown away, by somebody or for a newer one; nothing of it was sent."""

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
    """Takes the campaign's lock."""
    READ_SHOP = "read shop"
    """Reads the account's groups and fields, then the shop's orders."""
    READ_MAILERLITE = "read MailerLite"
    """Reads the campaign's members and buyers."""
    RECONCILE = "reconcile"
    """Works out what each subscriber needs, and writes the plan."""
    PLAN = "plan"
    """Works out what the plan costs, and whether somebody has to see it."""
    YES = "yes"
    """Has its plan, and waits for the yes unless that was given."""
    SETTLE = "settle"
    """Reads what became of changes that are unknown."""
    APPLY = "apply"
    """Creates what is missing, then sends the changes."""
    READ_BACK = "read back"
    """Reads a sample of the moves again."""
    STATISTICS = "statistics"
    """Counts members, buyers and revenue."""
    UNLOCK = "unlock"
    """Gives the lock back."""


class CampaignStatus(StrEnum):
    """How a campaign stands, by its findings and its runs."""

    IN_STEP = "in_step"
    """The last sync ended well."""
    NEVER = "never"
    """No run has ended yet."""
    PLAN_WAITS = "plan_waits"
    """A plan waits for a yes."""
    PLANNING = "planning"
    """A run reads and plans."""
    APPLYING = "applying"
    """A run sends its plan."""
    PAUSED = "paused"
    """A run is paused."""
    LOST = "lost"
    """The process of its newest run died."""
    FAILED = "failed"
    """The last run failed, or some of its changes did."""
    STOPPED = "stopped"
    """The last run was stopped."""
    BLOCKED = "blocked"
    """A finding stops every run of it."""


class ServiceState(StrEnum):
    """How a service was at the last request."""

    OK = "ok"
    """It answered."""
    SLOW = "slow"
    """Its quota is used up: requests wait."""
    DOWN = "down"
    """It gave no usable answer."""
    REFUSED = "refused"
    """It does not accept our key."""
    UNKNOWN = "unknown"
    """Nobody has asked it yet."""


class LockState(StrEnum):
    """How alive a lock's holder is. Domain rules, section 7."""

    DEAD = "dead"
    """The holder is proved to be gone: the lock may be taken or released at once."""
    LIVE = "live"
    """The last beat is young (``locks.live``)."""
    QUIET = "quiet"
    """The last beat is older, and the lease is not over, or the holder is proved to live."""
    EXPIRED = "expired"
    """The lease is over (``locks.lease``): a new run takes the lock, and anybody may release it."""
    STALE = "stale"
    """The last beat is so old (``locks.stale``) that the next command or console releases the lock."""

    @property
    def releasable(self) -> bool:
        """Whether the holder counts as gone: a new run takes the lock, and a person releases it without force."""
        return self in {LockState.DEAD, LockState.EXPIRED, LockState.STALE}


class FindingState(StrEnum):
    """Whether a finding still wants somebody."""

    OPEN = "open"
    """Somebody should look at it."""
    ACCEPTED = "accepted"
    """Somebody looked and leaves it as it is; it stays so when it is seen again."""
    RESOLVED = "resolved"
    """It is no longer so; it opens again when it is seen again."""


class FindingRule(StrEnum):
    """Everything a person may have to look at. Domain rules, sections 2 to 6."""

    UNREADABLE_ORDER = "unreadable_order"
    """An order of the shop can't be read, so it counts for nobody."""
    TWO_TIERS = "two_tiers"
    """Somebody is in tiers that no rule can put in order; nobody is moved."""
    TWIN_FIELD = "twin_field"
    """A second field means the same as the purchase field."""
    TWIN_GROUP = "twin_group"
    """A second group means the same tier."""
    CODE_COLLISION = "code_collision"
    """Several products, or years, claim one campaign code."""
    FIELD_TYPE_MISMATCH = "field_type_mismatch"
    """The purchase field is of a type that can't hold order numbers; the campaign is blocked."""
    ORDER_NUMBER_UNFIT = "order_number_unfit"
    """The number of one buyer's order can't stand in the purchase field; nothing is planned for them."""
    READ_SHRANK = "read_shrank"
    """Far fewer orders or members were read than the last time."""
    GROUP_MISSING = "group_missing"
    """The account has no group for a tier, so nobody is moved into it."""
    FIELD_MISSING = "field_missing"
    """The account has no purchase field, so the campaign can't be synced."""
    BLOCKED_RECORD = "blocked_record"
    """A record has an error or can't be read, so nothing is planned for it."""
    UNREADABLE_RECORD = "unreadable_record"
    """A group, field or automation of the account can't be read."""
    REFUSED_WRITE = "refused_write"
    """MailerLite refused a change, or did not do it."""
    WOOD_PURCHASE = "wood_purchase"
    """Somebody in wood bought: the field is set, nobody is moved."""
    REFUNDED_PURCHASE = "refunded_purchase"
    """Somebody is marked as a buyer, and the order was refunded in full."""
    ORDER_GONE = "order_gone"
    """Somebody is marked as a buyer, and the shop lists the order no more."""
    PURCHASE_UNPROVEN = "purchase_unproven"
    """Somebody is marked as a buyer, and no order of theirs proves it."""
    ORDER_NOT_SETTLED = "order_not_settled"
    """An order is revoked or on hold, and does not count."""
    SUBSCRIBER_GONE = "subscriber_gone"
    """MailerLite no longer knows somebody whom it knew."""
    DRIFT = "drift"
    """Somebody stands elsewhere than the ledger says, or lost every tier."""
    RECORD_WARNING = "record_warning"
    """A record looks wrong, which blocks nothing; or not all members of a group could be settled."""
    LEGACY_NAME = "legacy_name"
    """Groups of an older naming look like a campaign; they are never written to."""
    PRODUCT_UNCLAIMED = "product_unclaimed"
    """No campaign lists a product, and none can be proposed for it: unlisted, unreadable, or of no usable year."""
    ARTIST_UNCLEAR = "artist_unclear"
    """A product has no artist, several, or one that no code can be made of."""
    BUNDLE_UNCLAIMED = "bundle_unclaimed"
    """A product may be a bundle, which campaigns have to list themselves."""
    ACCOUNT_NEARLY_FULL = "account_nearly_full"
    """The account holds nearly as many groups or fields as it may."""
    BUYER_UNKNOWN = "buyer_unknown"
    """MailerLite does not know a buyer, who is not created."""
    PARTIAL_REFUND = "partial_refund"
    """A part of an order's money went back."""
    MOVE_WAITS = "move_waits"
    """Somebody was moved often enough today; the next move waits until tomorrow."""


@frozen
class Group:
    """A MailerLite group."""

    id: str
    """MailerLite's id, of digits; ``new:`` and the name, until a plan has made the group."""
    name: str
    """As the account has it, in whatever spelling."""
    counts: Mapping[SubscriberStatus, int] = field(factory=dict)
    """The service's own cached member counts, for the statuses it tells."""

    @property
    def members(self) -> int:
        """The members of every status, by the service's own count."""
        return sum(self.counts.values())


@frozen
class CustomField:
    """A MailerLite custom field."""

    id: str
    """MailerLite's id, of digits; ``new:`` and the name, until a plan has made the field."""
    name: str
    """As the account has it, in whatever spelling."""
    key: str
    """What MailerLite's answers and our writes call it; never derived from the name."""
    type: str
    """``number``, ``text`` or ``date``, in MailerLite's words."""


@frozen
class Automation:
    """A MailerLite automation."""

    id: str
    """MailerLite's id; empty where it can't be read."""
    name: str
    """Its name, or words that say that it can't be read."""
    enabled: bool
    """Whether it is at work; one of which that can't be read counts as at work."""
    group_ids: frozenset[str]
    """The groups that set it off when somebody joins them."""
    groups_known: bool = True
    """False where the groups could not be read: then any group may set it off."""


@frozen
class Subscriber:
    """A MailerLite subscriber, or a shop customer; foreign text is already clean."""

    id: str
    """The service's id, of digits."""
    email: str
    """As the service shows it."""
    status: SubscriberStatus | None
    """MailerLite's status; None for a shop customer, who has none."""
    fields: Mapping[str, str | int | float | None] = field(factory=dict)
    """Custom fields by key."""
    group_ids: frozenset[str] | None = None
    """The groups they are in; None when the answer did not say, which is not the same as in no group."""
    source: str = ""
    """MailerLite's word for how they came there."""
    email_key: str = field(default=Factory(key_of, takes_self=True), kw_only=True)
    """The e-mail for comparing. Domain rules, section 4."""

    @property
    def name(self) -> str:
        """First and last name as one line, or nothing."""
        parts = (self.fields.get("name"), self.fields.get("last_name"))
        return " ".join(str(part) for part in parts if part)


@frozen
class BrokenRow:
    """A field of a row that could not be used."""

    path: str
    """Where it stands: ``page 1: data.3.email``."""
    problem: str
    """What is wrong with it, with its value, as a clause."""
    subscriber_id: str = ""
    """Whose row it is; empty where that can't be read."""
    email: str = ""
    """The e-mail in the row; empty where that can't be read."""

    @property
    def row(self) -> str:
        """Where the row stands: ``page 1: data.3``."""
        return ".".join(self.path.split(".")[:2])


@frozen
class SubscriberPage:
    """One page of subscribers."""

    subscribers: tuple[Subscriber, ...]
    """Those whose rows can be used."""
    broken: tuple[BrokenRow, ...] = ()
    """What is wrong with the other rows."""


class OrderStatus(StrEnum):
    """The shop's words for an order that the rules know; an order may carry another. Domain rules, section 4."""

    COMPLETE = "complete"
    """It is paid."""
    PARTIALLY_REFUNDED = "partially_refunded"
    """A part of the money went back."""
    REFUNDED = "refunded"
    """All of the money went back; the shop does not list it any more."""
    REVOKED = "revoked"
    """The shop took it back; it lists it still."""
    ON_HOLD = "on_hold"
    """The shop holds it back; it lists it."""


@frozen
class OrderItem:
    """One line of an order."""

    product_id: str
    """What a campaign is known by."""
    name: str
    """The product's name as it was sold; nothing is decided by it."""
    price: Decimal
    """The line's total after discount, with tax."""


class OrderIdentity(NamedTuple):
    """What tells an order from every other: key and date; where two have both in common, the number as well."""

    key: str
    """The payment key, which a renewal shares with the order that it renews."""
    date_utc: datetime | None
    """When it was made; None where the shop does not know it."""
    number: str
    """The shop's ``ID``. Its numbering may change, so another number does not make another order by itself."""

    def same_order(self, other: OrderIdentity) -> bool:
        """Whether both are of one order, as far as key and date say."""
        return (self.key, self.date_utc) == (other.key, other.date_utc)


@frozen
class Order:
    """An order as the shop shows it."""

    key: str
    """The payment key, which a renewal shares with the order that it renews."""
    number: str
    """The ``ID`` that people see, and that the purchase field holds."""
    email: str
    """The buyer's e-mail as typed."""
    status: str
    """The shop's word: ``complete``, ``partially_refunded``, ``refunded``, ``revoked``, ``on_hold`` or another."""
    mode: str
    """``live``; anything else is a test."""
    date_utc: datetime | None
    """When it was made; None where the shop does not know it."""
    total: Decimal
    """The whole amount; negative for a row that is a refund. 0 where it can't be read."""
    items: tuple[OrderItem, ...]
    """What was bought."""
    email_key: str = field(default=Factory(key_of, takes_self=True), kw_only=True)
    """The e-mail for comparing. Domain rules, section 4."""

    @property
    def identity(self) -> OrderIdentity:
        """Which order this is. Domain rules, section 4."""
        return OrderIdentity(self.key, self.date_utc, self.number)


@frozen
class Product:
    """A shop product."""

    id: str
    """The shop's id, of digits."""
    title: str
    """Its name in the shop: of an album, the album's."""
    created: datetime | None
    """When it was made, in the shop's local time though labelled UTC: good for a year, and for no more."""
    categories: tuple[tuple[str, str], ...] = ()
    """Slug and name of each; the slug of an artist ends in ``-artist``."""


@frozen
class Sample:
    """What a look at a few rows of a list found."""

    rows: int
    """How many there were."""
    broken: tuple[BrokenRow, ...] = ()
    """What can't be used of them."""


@frozen
class ConnectionReport:
    """What a connection test found: the service answered, and allows what we need."""

    identity: str
    """Who answered: the account's id, or the shop's address."""
    seconds: float = 0.0
    """How long the answer took."""
    sample: Sample | None = None
    """How a few rows look; None where none were asked for."""


@frozen
class Campaign:
    """An album release. Domain rules, section 2."""

    code: str
    """``YYYY_ARTIST_ALBUM``: its name, and its groups' and its field's."""
    album: str
    """The album's name."""
    product_ids: tuple[str, ...]
    """Its identity: the shop's products that are it, bundles with it among them."""
    state: str = "active"
    """``active``: there is no other so far."""
    start: datetime | None = None
    """Its earliest valid order when it was discovered; None if there was none, or it was added by hand."""


@frozen
class Finding:
    """Something that needs a person. It has no id yet: the store counts and ages it by campaign, rule and subject."""

    rule: FindingRule
    """What kind of thing it is."""
    severity: Severity
    """How much it matters; its rule decides that."""
    campaign: str
    """The campaign's code; empty where it concerns the shop or the whole account."""
    subject: str
    """Whom or what it is about: an e-mail, a name, an order."""
    message: str
    """What is so, in one sentence with its facts."""
    advice: str
    """What to do about it."""
    subscriber_id: str | None = None
    """MailerLite's id of the subscriber it is about, if it is about one who has one."""


@frozen
class Holder:
    """Who holds a lock, precisely enough to prove that the process is gone."""

    user: str
    """The user's name on the host."""
    host: str
    """The host's name."""
    pid: int
    """The process id."""
    boot_id: str
    """Which boot of the host; ``time:`` and the time of the boot, which proves nothing, where the kernel gives none."""
    process_started: float
    """When the process started, in seconds since the boot, or of the epoch; 0 where that is not told."""
    pid_namespace: str = ""
    """Within which the process id counts: containers share a host and a boot. Empty where that is not told."""

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (process {self.pid})"


@frozen
class Lock:
    """A held lock."""

    id: str
    """Short enough to type."""
    key: str
    """What is locked: the campaign's code."""
    token: int
    """Grows with each taking and never comes again; every write of the run checks that the lock still has it."""
    holder: Holder
    """The process that took it."""
    operation: str
    """What for: ``sync``, ``plan``, ``apply`` or ``resume``."""
    run: int | None
    """The run that it was taken for; None for the moment before that has its number."""
    since: datetime
    """When it was taken."""
    last_beat: datetime
    """When the holder last said that it lives."""
    state: LockState
    """How alive the holder is at this moment, as far as this process can tell."""
    note: str = ""
    """What the holder says to everybody: that its run is paused, for one."""
    suspended: bool = False
    """Whether the holder is known to sleep on this machine (ctrl+z, SIGSTOP): it does nothing until it is continued."""


@frozen
class HealthStatus:
    """The program and its machine at one moment."""

    at: datetime
    """When it was measured."""
    memory_usage: int
    """Bytes that this process holds."""
    memory_limit: int
    """Bytes that it may hold: the setting, or its control group's limit where that is lower."""
    load_average: tuple[float, float, float]
    """The machine's load over 1, 5 and 15 minutes."""
    cores: int
    """The machine's processors."""
    cpu_percent: float
    """The machine's processors at work, of all of them, since the measurement before."""
    job_status: Mapping[str, int]
    """Runs by state: those at work, waiting or lost, and those that ended in 24 hours."""
    active_processes: int
    """Processes that hold a live or quiet lock, and open consoles."""
    database_ms: float
    """Milliseconds that the smallest read of the database took."""
    health_score: int
    """0 to 100."""
    reasons: tuple[str, ...] = ()
    """Why the score is not 100, worst first."""
