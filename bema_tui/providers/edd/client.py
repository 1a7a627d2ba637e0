"""The shop: Easy Digital Downloads, which this program only ever reads."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self
from uuid import uuid4

import httpx

from bema_tui.errors import BadAnswer, NotAuthorized
from bema_tui.interfaces import Provider
from bema_tui.listing import Listing, UnreadRow
from bema_tui.model import (
    BrokenRow,
    ConnectionReport,
    Product,
    Subscriber,
    SubscriberPage,
    SubscriberStatus,
)
from bema_tui.providers.edd import parse, service
from bema_tui.providers.edd.full_read import SalesRead, SalesReader, Sink
from bema_tui.providers.edd.lookups import By, Shown, Wanted
from bema_tui.providers.edd.paging import Paging
from bema_tui.providers.edd.read_only import ReadOnly
from bema_tui.providers.edd.recent_read import Known, WindowRead, WindowReader
from bema_tui.providers.http.breaker import Breaker
from bema_tui.providers.http.call import FaultKind
from bema_tui.providers.http.client import ServiceClient
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.http.ports import Interrupt, RequestMeter
from bema_tui.providers.http.responses import server_time
from bema_tui.providers.http.url import shown
from bema_tui.providers.parsing import FaultError, member
from bema_tui.providers.quota.gate import Unlimited
from bema_tui.secrets import Secret
from bema_tui.text import clean
from bema_tui.waits import WaitBoard

_RIGHT: Final = "view_shop_reports"
_OTHER_ANSWERS: Final = frozenset({"info", "sales", "products", "customers", "stats", "discounts", "download_logs"})
_LOOKED_AT: Final = 3
"""Sales that a connection test looks at: one alone can be odd for a reason of its own."""
_LOOK_UP: Final = "look an order up"
_MOST_PAGES: Final = 100_000
_PRODUCTS_PER_PAGE: Final = 100
_MOST_UNREAD: Final = 20  # products; more of them are no accident of single records
_NO_CUSTOMERS: Final = ("No customers found!", "Customer not found!")


class EasyDigitalDownloads(ReadOnly):
    """``Provider`` for an EDD shop: sales, products and customers. What would write raises ``UnsupportedOperation``.

    Every request is a POST to the shop's base address; key, token and paging travel in the form body, so that no
    access log holds them. That works with every permalink setting and in a sub-folder, and ``v2/`` is always said, so
    the shop's own default version does not matter. The address carries a number of its own each time, so that no cache
    in front of the shop can answer.
    """

    name = "EDD"

    def __init__(
        self,
        url: str,
        key: Secret,
        token: Secret,
        *,
        interrupt: Interrupt,
        meter: RequestMeter,
        policy: HttpPolicy | None = None,
        paging: Paging | None = None,
        credentials_in_url: bool = False,
        breaker: Breaker | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        waits: WaitBoard | None = None,
    ) -> None:
        """Prepare the connection; nothing is sent yet.

        Args:
            url: the shop's base address, a sub-folder included; an ``/edd-api/…`` behind it is left off.
            key: the public key. ``token``: the token that goes with it.
            interrupt: ends waits. ``meter``: counts. ``policy``: the HTTP numbers.
            paging: how lists are asked for.
            credentials_in_url: send GET, with key and token in the address, for a shop that gets no POST body; every
                access log on the way then holds them, so the caller warns.
            breaker: shared with other clients of this shop, if any.
            transport: another way to the shop than the network.
            waits: shows what is waited for.

        Raises:
            ConfigurationError: address, key or token can't be used.
        """
        address = service.base_of_shop(url)
        secrets = {
            "key": key.usable("The shop's key (BEMA_EDD_KEY)"),
            "token": token.usable("The shop's token (BEMA_EDD_TOKEN)"),
        }
        shop = service.described(address, secrets, in_url=credentials_in_url)
        self._client = ServiceClient(
            shop,
            gate=Unlimited(),
            interrupt=interrupt,
            meter=meter,
            policy=policy,
            breaker=breaker,
            transport=transport,
            on_answer=self._notice,
            waits=waits,
        )
        self._in_url = credentials_in_url
        self._paging = paging or Paging()
        self._shop_address = shown(address)
        self._currency = ""
        self._server_time: datetime | None = None
        self._path = "" if address.path.endswith(".php") else "/"

    @property
    def where(self) -> str:
        """The shop's address for messages."""
        return self._shop_address

    @property
    def shop_address(self) -> str:
        """Scheme, host and path: which shop this is."""
        return self._shop_address

    @property
    def breaker(self) -> Breaker:
        """Whether the shop is asked at all at present."""
        return self._client.breaker

    @property
    def currency(self) -> str:
        """The shop's currency as its ``info`` names it (``USD``); empty before the first connection."""
        return self._currency

    @property
    def server_time(self) -> datetime | None:
        """The shop's clock as its last answer gave it (``Date``), UTC; None before the first, and without one."""
        return self._server_time

    async def validate_connection(self) -> ConnectionReport:
        """Ask ``info``, the one answer that tells "not allowed" from "empty", and look at the newest sales.

        Raises:
            NotAuthorized: the key may not see sales.
            BadAnswer: sales are answered in a form that can't be read (an old EDD), or by what a cache kept.
        """
        started = time.monotonic()
        await self.require_right()
        seconds = time.monotonic() - started
        rows = await self._sales_page(1, _LOOKED_AT)
        return ConnectionReport(
            identity=self._shop_address,
            seconds=seconds,
            sample=parse.sample(rows or ()),
        )

    async def has_right(self) -> bool:
        """Whether the key may see sales at this moment; without the right every list looks empty."""
        tried = "ask what the key may see"
        body = await self._ask("info", {}, tried)
        info = body.get("info")
        if not isinstance(info, Mapping):
            words, kind = _said(body)
            raise self._client.fault(f"no info, but {words}", kind=kind, path="info", tried=tried)
        currency = member(info, "site").get("currency")
        self._currency = clean(currency, 8) if isinstance(currency, str) else ""
        return member(info, "permissions").get(_RIGHT) in (True, 1, "1")

    async def read_sales(self, sink: Sink) -> SalesRead:
        """Read every listed sale, pass after pass, until two passes agree; ``edd_sales`` says how.

        Each pass hands ``sink`` its rows page by page, each order once, with the number of the pass.

        Raises:
            NotAuthorized: the key may not see sales (asked before the first page).
            ProviderError: the shop did not answer, or not as a shop that can be read; the read is worth nothing then.
        """
        await self.require_right()
        paging = self._paging
        reader = SalesReader(
            self._sales_page, self.has_right, sink, page_size=paging.page_size, parallel=paging.parallel
        )
        return await reader.read()

    async def read_newest_sales(self, known: Known) -> WindowRead:
        """Read the newest sales, down to those that ``known`` says nothing changed of; ``edd_window`` says how.

        Raises:
            NotAuthorized: the key may not see sales (asked before the first page).
            ProviderError: the shop did not answer, or not as a shop that can be read; the read is worth nothing then.
        """
        await self.require_right()
        return await WindowReader(self._sales_page, self.has_right, known, page_size=self._paging.page_size).read()

    async def ask_for_sale(self, wanted: Wanted) -> Shown:
        """One sale of any status, asked for once; ``edd_lookups`` says what becomes of failures.

        Raises:
            ServerFailed: the shop fails (5xx), be it over this sale alone.
            ProviderError: no usable answer.
        """
        name = "purchasekey" if wanted.by is By.KEY else "id"
        rows = self._sales(await self._ask("sales", {name: wanted.value}, _LOOK_UP, alone=True), _LOOK_UP)
        unreadable = None
        for index, raw in enumerate(rows):
            if parse.is_phantom(raw):
                continue
            try:
                order = parse.order(raw)
            except FaultError as error:
                unreadable = unreadable or parse.unreadable(raw, error, f"sales.{index}")
                continue
            # A row id can also be that of a refund: money given back, and no order.
            if order.total >= 0 and (wanted.by is By.ROW_ID or order.key == wanted.value):
                return Shown(order)
        return Shown(unreadable=unreadable)

    async def require_sales(self) -> None:
        """Raise unless the list of sales can be read.

        Raises:
            ProviderError: the shop does not answer.
        """
        await self._sales_page(1, 1)

    async def get_products(self) -> Listing[Product]:
        """Every published product; drafts and deleted ones are not listed, though sales can name them.

        Raises:
            BadAnswer: so many rows can't be read that it is not about single products.
        """
        tried = "read the products"
        products: dict[str, Product] = {}
        broken: dict[str, UnreadRow] = {}
        for page in range(1, _MOST_PAGES):
            query = {"number": str(_PRODUCTS_PER_PAGE), "page": str(page)}
            body = await self._ask("products", query, tried)
            known = len(products) + len(broken)
            for index, raw in enumerate(self._rows(body, "products", tried)):
                try:
                    product = parse.product(raw)
                except FaultError as error:
                    unread = parse.unread_product(raw, f"page {page}: products.{index}", error)
                    broken.setdefault(unread.id or f"{index} {unread.name} {unread.problem}", unread)
                else:
                    products[product.id] = product
            if len(products) + len(broken) == known:
                break
        if len(broken) > _MOST_UNREAD or (broken and not products):
            first = next(iter(broken.values()))
            raise self._client.fault(first.problem, path=first.path, tried=tried)
        return Listing(tuple(products.values()), tuple(broken.values()))

    async def get_subscribers(
        self, *, group_id: str | None = None, status: SubscriberStatus | None = None, with_groups: bool = False
    ) -> AsyncIterator[SubscriberPage]:
        """The shop's customers, newest first; they have neither groups nor a status.

        Raises:
            UnsupportedOperation: a group, a status or groups are asked for.
            NotAuthorized: the key may not see customers (it takes more than sales do: shop_manager).
        """
        if group_id is not None or status is not None or with_groups:
            raise self.unsupported("list customers by group or status")
        tried = "read the customers"
        for page in range(1, _MOST_PAGES):
            body = await self._ask("customers", {"number": str(self._paging.page_size), "page": str(page)}, tried)
            if body.get("error") in _NO_CUSTOMERS:
                return
            if "customers" not in body and "error" not in body:
                raise NotAuthorized(
                    "The shop's key may not see customers.",
                    tried=tried,
                    where=self._shop_address,
                    advice="Customers take the key of a shop_manager. Sales, which a sync needs, do not.",
                )
            yield _customers(self._rows(body, "customers", tried), page)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _notice(self, response: httpx.Response) -> None:
        self._server_time = server_time(response)

    async def _sales_page(self, page: int, size: int) -> Sequence[object] | None:
        """The rows of one page, or None when the answer has no ``sales``: past the end, or no longer allowed."""
        tried = f"read page {page} of the sales"
        body = await self._ask("sales", {"number": str(size), "page": str(page)}, tried)
        rows = self._sales(body, tried)
        if page == 1 and rows and all(parse.is_of_old_edd(row) for row in rows):
            raise self._too_old(tried)
        return rows or None

    async def _ask(
        self, endpoint: str, query: Mapping[str, str], tried: str, *, alone: bool = False
    ) -> dict[str, object]:
        data = {"edd-api": f"v2/{endpoint}", **query}
        fresh = {"nocache": uuid4().hex}
        if self._in_url:
            return await self._client.request_json(
                "GET", self._path, params={**data, **fresh}, alone=alone, tried=tried
            )
        return await self._client.request_json("POST", self._path, params=fresh, data=data, alone=alone, tried=tried)

    def _sales(self, body: Mapping[str, object], tried: str) -> Sequence[object]:
        """The sales of an answer; none when it is the one that means "no more", "not found" or "not allowed".

        That one has ``request_speed`` alone. What a cache kept of another question must not pass for an empty shop.
        """
        if "sales" not in body and "request_speed" in body and body.keys().isdisjoint({"error", *_OTHER_ANSWERS}):
            return ()
        return self._rows(body, "sales", tried)

    def _rows(self, body: Mapping[str, object], name: str, tried: str) -> Sequence[object]:
        """The rows under ``name``, which must be there."""
        if name not in body:
            words, kind = _said(body)
            raise self._client.fault(f"no {name}, but {words}", kind=kind, path=name, tried=tried)
        rows = body[name]
        if rows is None or rows is False:
            return ()
        if isinstance(rows, Mapping):
            return list(rows.values())
        if not isinstance(rows, list):
            raise self._client.fault(f"{name} that are no list", path=name, tried=tried)
        return rows

    async def require_right(self) -> None:
        """Raise unless the key may see sales at this moment.

        Raises:
            NotAuthorized: it may not.
        """
        if not await self.has_right():
            raise NotAuthorized(
                "The shop's key works, but may not see sales.",
                tried="ask what the key may see",
                where=self._shop_address,
                advice=service.ROLE_ADVICE,
            )

    def _too_old(self, tried: str) -> BadAnswer:
        return BadAnswer(
            f"This EDD is older than {service.OLDEST} and can't be read: its sales have no date in UTC.",
            path="sales.0.date_utc",
            tried=tried,
            where=self._shop_address,
            advice=f"Ask whoever runs the shop to update the plugin Easy Digital Downloads to {service.OLDEST} or "
            "newer. Nothing was concluded from its sales.",
        )


def _said(body: Mapping[str, object]) -> tuple[str, FaultKind]:
    """What an answer without the rows that were asked for is instead."""
    error = body.get("error")
    if isinstance(error, str):
        return f"the error {clean(error, 200)!r}", FaultKind.OTHER
    other = sorted(_OTHER_ANSWERS & body.keys())
    if other:
        return f"the answer to another question ({', '.join(other)})", FaultKind.ANOTHERS
    return "something else", FaultKind.OTHER


def _customers(rows: Sequence[object], page: int) -> SubscriberPage:
    people: list[Subscriber] = []
    broken: list[BrokenRow] = []
    for index, raw in enumerate(rows):
        try:
            people.append(parse.customer(raw))
        except FaultError as error:
            place = f"page {page}: customers.{index}"
            broken += [BrokenRow(f"{place}.{path}".rstrip("."), text) for path, text in error.faults]
    return SubscriberPage(tuple(people), tuple(broken))


if TYPE_CHECKING:
    _implements: type[Provider] = EasyDigitalDownloads
