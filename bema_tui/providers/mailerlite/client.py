"""The mailing service: everything this program reads from MailerLite, and the few things it writes there."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Unpack

import httpx

from bema_tui.errors import (
    IncompleteRead,
    ProviderError,
    RequestRefused,
    Stopped,
    WriteUnknown,
    WrongAccount,
)
from bema_tui.field_values import FieldType, FieldValue, same_value
from bema_tui.interfaces import Provider
from bema_tui.listing import Listing
from bema_tui.model import (
    Automation,
    ConnectionReport,
    CustomField,
    Group,
    Subscriber,
    SubscriberPage,
    SubscriberStatus,
)
from bema_tui.providers.http.call import BeforeTry
from bema_tui.providers.http.client import ServiceClient
from bema_tui.providers.http.connected import Connected, PacedConnectionOptions
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.mailerlite import parse, service
from bema_tui.providers.mailerlite.batch import (
    MOST_ITEMS,
    BatchAnswer,
    BatchItem,
    Spelling,
    batch_answers,
    checked_id,
    email_in_path,
)
from bema_tui.providers.mailerlite.batch_reads import Reads
from bema_tui.providers.mailerlite.create import Ensured, ensure, row_of
from bema_tui.providers.mailerlite.lists import Lists
from bema_tui.providers.mailerlite.lookup import LookUp
from bema_tui.providers.parsing import FaultError, structure
from bema_tui.secrets import Secret
from bema_tui.text import clean

_JSON_NULL: Final = b"null"


class MailerLite(Connected):
    """``Provider`` for MailerLite. Existing subscribers are written by id only, and no call can send a status."""

    name = "MailerLite"

    def __init__(
        self, url: str, key: Secret, *, page_size: int = 1000, **options: Unpack[PacedConnectionOptions]
    ) -> None:
        """Prepare the connection; nothing is sent yet.

        Args:
            url: the API's URL, ending in ``/api``.
            key: the API key.
            page_size: rows asked for in a list; the service may give fewer.
            options: how it is connected.

        Raises:
            ConfigurationError: the URL or the key can't be used.
        """
        super().__init__(ServiceClient(service.described(url, key), on_answer=self._notice, **options))
        self._lists = Lists(self._client, page_size)
        policy = options.get("policy") or HttpPolicy()
        self.look_up = LookUp(self.batch_of_reads, self._single, self._lists.newest_subscribers)
        """Finds subscribers by id or e-mail, and calls nobody unknown without proof."""
        self._reads = Reads(
            self.batch,
            self.look_up.somebody_but,
            options["gate"],
            options["interrupt"],
            self.where,
            policy.quota_wait,
            policy.patience,
        )
        self._account_id: str | None = None
        self._belongs_to: str | None = None

    @property
    def account_id(self) -> str | None:
        """The account, once an answer named it (``x-account_id``)."""
        return self._account_id

    def hold_to(self, account_id: str | None) -> None:
        """Take answers of this account alone from now on: any other one ends the call with ``WrongAccount``.

        Without one, the first account that an answer names is held to.
        """
        self._belongs_to = account_id

    def page_cap(self, path: str = "/subscribers") -> int | None:
        """The rows that a full page of this list holds, as its last answer said (``meta.per_page``); None before one.

        The lists are ``/subscribers``, ``/groups/*/subscribers``, ``/groups``, ``/fields`` and ``/automations``.
        """
        return self._lists.cap(path)

    async def validate_connection(self) -> ConnectionReport:
        """Ask for one group: it proves URL and key, and names the account."""
        started = time.monotonic()
        await self._lists.numbered_page("/groups", 1, 1, "test the connection")
        return ConnectionReport(
            identity=f"account {self._account_id}" if self._account_id else "account not named",
            seconds=time.monotonic() - started,
        )

    # Reading

    async def get_subscribers(
        self, *, group_id: str | None = None, status: SubscriberStatus | None = None, with_groups: bool = False
    ) -> AsyncIterator[SubscriberPage]:
        """All subscribers, newest first; of a group without a status, one status after the other (so five passes).

        The list is not atomic: a subscriber whose status changes between two passes can come twice, or not at all.

        Raises:
            IncompleteRead: a page of rows without ``groups`` in a read that asked for them.
            BadAnswer: the cursor is missing or repeats, so the list's end can't be known.
        """
        path = "/subscribers" if group_id is None else f"/groups/{checked_id(group_id)}/subscribers"
        passes: Sequence[SubscriberStatus | None] = [status]
        if group_id is not None and status is None:
            passes = list(SubscriberStatus)
        for wanted in passes:
            params = {"filter[status]": wanted.value} if wanted else {}
            params |= {"include": "groups"} if with_groups else {}
            async for page in self._lists.by_cursor(path, params):
                yield page

    async def count_subscribers(self, status: SubscriberStatus | None = None) -> int:
        """The number of subscribers in the account, of one status or of all."""
        params = {"limit": "0", **({"filter[status]": status.value} if status else {})}
        tried = "count the subscribers"
        body = await self._client.request_json("GET", "/subscribers", params=params, tried=tried)
        try:
            return structure(body, parse.RawTotal).total
        except FaultError as error:
            raise self._client.fault(str(error), path=error.path, tried=tried) from None

    async def find_subscriber(self, email: str) -> Subscriber | None:
        """One subscriber by e-mail, with fields and groups, or None when this look-up does not find them.

        That does not prove that MailerLite does not know the e-mail; ``look_up`` does.
        """
        return await self._read_subscriber(email_in_path(email)) if "@" in email else None

    async def get_groups(self) -> Listing[Group]:
        """Every group of the account; rows that can't be read are named, as one of them may be any group."""
        return await self._lists.by_number(
            "/groups", parse.group, "read the groups", in_part=parse.group_without_counts
        )

    async def get_fields(self) -> Listing[CustomField]:
        """Every custom field of the account, with the key that writes use; rows that can't be read are named."""
        return await self._lists.by_number("/fields", parse.custom_field, "read the custom fields")

    async def get_automations(self) -> Listing[Automation]:
        """Every automation, with the groups that set it off; of one that can't be read as a whole what can be."""
        tried = "read the automations"
        return await self._lists.by_number(
            "/automations", parse.automation, tried, in_part=parse.automation_in_part, most=100
        )

    # Writing

    async def update_subscriber(
        self, subscriber_id: str, fields: Mapping[str, FieldValue], *, before_try: BeforeTry | None = None
    ) -> Subscriber:
        """Set custom fields by their keys, nothing else; the answer shows the after-state."""
        tried = "set fields of a subscriber"
        path = f"/subscribers/{checked_id(subscriber_id)}"
        body = await self._client.request_json(
            "PUT", path, json={"fields": dict(fields)}, write=True, before_try=before_try, tried=tried
        )
        return row_of(self._client, body, parse.subscriber, tried, write=True)

    async def add_subscriber_to_group(
        self, subscriber_id: str, group_id: str, *, before_try: BeforeTry | None = None
    ) -> None:
        """Add a subscriber to a group; twice is once."""
        path = f"/subscribers/{checked_id(subscriber_id)}/groups/{checked_id(group_id)}"
        tried = "add a subscriber to a group"
        await self._client.request("POST", path, content=_JSON_NULL, write=True, before_try=before_try, tried=tried)

    async def remove_subscriber_from_group(
        self, subscriber_id: str, group_id: str, *, before_try: BeforeTry | None = None
    ) -> None:
        """Remove a subscriber from a group; for one who is not in it (404), nothing is left to do."""
        path = f"/subscribers/{checked_id(subscriber_id)}/groups/{checked_id(group_id)}"
        try:
            await self._client.request(
                "DELETE", path, write=True, before_try=before_try, tried="remove a subscriber from a group"
            )
        except RequestRefused as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise

    async def add_or_update_subscriber(
        self,
        email: str,
        fields: Mapping[str, FieldValue],
        group_ids: Sequence[str] = (),
        *,
        before_try: BeforeTry | None = None,
    ) -> Subscriber:
        """Create a subscriber, or add to the one with this e-mail.

        For ``add_new_buyers`` alone: domain rules, section 6. Never sent twice: after a lost answer the subscriber is
        looked up instead.

        Raises:
            RequestRefused: MailerLite refuses, for example an unsubscribed e-mail (422).
            WriteUnknown: the answer was lost, and the look-up does not show what was sent.
        """
        groups = [checked_id(group_id) for group_id in group_ids]
        sent = {"email": email, "fields": dict(fields), **({"groups": groups} if groups else {})}
        tried = "create a subscriber"
        try:
            body = await self._client.request_json(
                "POST", "/subscribers", json=sent, write=True, repeatable=False, before_try=before_try, tried=tried
            )
            return row_of(self._client, body, parse.subscriber, tried, write=True)
        except WriteUnknown as unknown:
            problem = unknown
        try:
            found = await self.find_subscriber(email)
        except (ProviderError, Stopped):
            raise problem from None
        shows = found is not None and all(same_value(found.fields.get(key), value) for key, value in fields.items())
        if found is None or not shows or not set(groups) <= (found.group_ids or frozenset()):
            raise problem
        return found

    async def ensure_group(self, name: str, *, before_try: BeforeTry | None = None) -> Ensured[Group]:
        """The group of this name, made if the account has none; capitals do not make another name."""
        return await ensure(self._client, "/groups", {"name": name}, self.get_groups, parse.group, before_try)

    async def ensure_field(
        self, name: str, field_type: str = FieldType.NUMBER, *, before_try: BeforeTry | None = None
    ) -> Ensured[CustomField]:
        """The custom field of this name, made if the account has none; an existing one keeps its own type."""
        sent = {"name": name, "type": field_type}
        return await ensure(self._client, "/fields", sent, self.get_fields, parse.custom_field, before_try)

    async def batch(
        self, items: Sequence[BatchItem], *, before_try: BeforeTry | None = None
    ) -> tuple[BatchAnswer, ...]:
        """Send up to 50 items in one request; every item's answer comes back as it is, in order.

        Raises:
            ValueError: more than 50 items.
            WriteUnknown: some items are writes, and their answers are lost or do not match them.
            IncompleteRead: all items are reads, and their answers do not match them.
        """
        if len(items) > MOST_ITEMS:
            raise ValueError(f"a batch holds at most {MOST_ITEMS} items, not {len(items)}")
        if not items:
            return ()
        writes = any(item.is_write for item in items)
        tried = f"send a batch of {len(items)}"
        lost: list[bool] = []
        body = await self._client.request_json(
            "POST",
            "/batch",
            json={"requests": [item.as_json() for item in items]},
            write=writes,
            cost=1 + len(items),
            before_try=before_try,
            on_lost=lambda: lost.append(True),
            tried=tried,
        )
        answers = batch_answers(body, len(items), after_lost=bool(lost))
        if isinstance(answers, tuple):
            return answers
        if writes:
            raise self._client.fault(answers, tried=tried, write=True)
        raise IncompleteRead(f"MailerLite gave {answers}.", tried=tried, where=self.where, advice="Try again.")

    async def batch_of_reads(self, items: Sequence[BatchItem]) -> tuple[BatchAnswer, ...]:
        """Like ``batch`` for reads alone, with the items that failed in passing (429, 5xx) asked for again, twice.

        Raises:
            ValueError: an item would write; those are repeated by the ledger.
            RateLimited: some are refused because of the quota for longer than one call waits.
        """
        if any(item.is_write for item in items):
            raise ValueError("only reads are repeated here")
        return await self._reads.ask(items)

    def _notice(self, response: httpx.Response) -> None:
        account = clean(response.headers.get("x-account_id", "").strip(), 64)
        if not account:
            return
        known = self._belongs_to or self._account_id
        if known and account != known:
            raise WrongAccount.met(
                f"the MailerLite account {known}",
                f", and account {account} answered. Nothing more was sent.",
                tried="check the MailerLite account of an answer",
                where=self.where,
            )
        self._account_id = account

    async def _single(self, email: str, spelling: Spelling) -> BatchAnswer:
        """A look-up by a request of its own, as an item of a batch would be answered."""
        path = f"/subscribers/{email_in_path(email, spelling)}"
        try:
            body = await self._client.request_json("GET", path, tried="look a subscriber up")
        except RequestRefused as refused:
            return BatchAnswer(refused.status, {"message": refused.detail})
        return BatchAnswer(httpx.codes.OK, body)

    async def _read_subscriber(self, segment: str) -> Subscriber | None:
        tried = "read a subscriber"
        try:
            body = await self._client.request_json("GET", f"/subscribers/{segment}", tried=tried)
        except RequestRefused as refused:
            if refused.status == httpx.codes.NOT_FOUND:
                return None
            raise
        return row_of(self._client, body, parse.subscriber, tried)


if TYPE_CHECKING:
    _implements: type[Provider] = MailerLite
