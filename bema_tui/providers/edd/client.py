"""The shop: Easy Digital Downloads, which this program only ever reads."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, Unpack

import httpx

from bema_tui.errors import NotAuthorized
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
from bema_tui.providers.edd.endpoints import Endpoints
from bema_tui.providers.edd.full_read import SalesRead, SalesReader, Sink
from bema_tui.providers.edd.lookups import By, SaleAnswer, SaleQuery
from bema_tui.providers.edd.paging import Paging
from bema_tui.providers.edd.read_only import ReadOnly
from bema_tui.providers.edd.recent_read import Known, RecentRead, RecentReader
from bema_tui.providers.http.client import ServiceClient
from bema_tui.providers.http.connected import Connected, ConnectionOptions
from bema_tui.providers.http.null_ports import Unlimited
from bema_tui.providers.http.responses import server_time
from bema_tui.providers.parsing import FaultError, member
from bema_tui.secrets import Secret
from bema_tui.text import clean

_RIGHT: Final = "view_shop_reports"
_LOOKED_AT: Final = 3
"""Sales that a connection test looks at: one alone can be odd for a reason of its own."""
_LOOK_UP: Final = "look an order up"
_MOST_PAGES: Final = 100_000
_PRODUCTS_PER_PAGE: Final = 100
_MOST_UNREAD: Final = 20  # products; more of them are no accident of single records
_NO_CUSTOMERS: Final = ("No customers found!", "Customer not found!")


class EasyDigitalDownloads(Connected, ReadOnly):
    """``Provider`` for an EDD shop: sales, products and customers. What would write raises ``UnsupportedOperation``.

    Every request is a POST to the shop's base URL; key, token and paging travel in the form body, so that no
    access log holds them.
    """

    name = "EDD"

    def __init__(
        self,
        url: str,
        key: Secret,
        token: Secret,
        *,
        paging: Paging | None = None,
        credentials_in_url: bool = False,
        **options: Unpack[ConnectionOptions],
    ) -> None:
        """Prepare the connection; nothing is sent yet.

        Args:
            url: the shop's base URL, a sub-folder included; an ``/edd-api/…`` behind it is left off.
            key: the public key. ``token``: the token that goes with it.
            paging: how lists are asked for.
            credentials_in_url: send GET, with key and token in the URL, for a shop that gets no POST body; every
                access log on the way then holds them, so the caller warns.
            options: how it is connected.

        Raises:
            ConfigurationError: the URL, the key or the token can't be used.
        """
        checked = service.base_of_shop(url)
        secrets = {
            "key": key.usable("The shop's key (BEMA_EDD_KEY)"),
            "token": token.usable("The shop's token (BEMA_EDD_TOKEN)"),
        }
        shop = service.described(checked, secrets, in_url=credentials_in_url)
        super().__init__(ServiceClient(shop, gate=Unlimited(), on_answer=self._notice, **options))
        path = "" if checked.path.endswith(".php") else "/"
        self._endpoints = Endpoints(self._client, path, in_url=credentials_in_url)
        self._paging = paging or Paging()
        self._currency = ""
        self._server_time: datetime | None = None

    @property
    def shop_url(self) -> str:
        """Scheme, host and path: which shop this is."""
        return self.where

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
        rows = await self._endpoints.sales_page(1, _LOOKED_AT)
        return ConnectionReport(
            identity=self.where,
            seconds=seconds,
            sample=parse.sample(rows or ()),
        )

    async def has_right(self) -> bool:
        """Whether the key may see sales at this moment; without the right every list looks empty."""
        tried = "ask what the key may see"
        body = await self._endpoints.ask("info", {}, tried)
        info = body.get("info")
        if not isinstance(info, Mapping):
            raise self._endpoints.not_there(body, "info", tried)
        currency = member(info, "site").get("currency")
        self._currency = clean(currency, 8) if isinstance(currency, str) else ""
        return member(info, "permissions").get(_RIGHT) in (True, 1, "1")

    async def require_right(self) -> None:
        """Raise unless the key may see sales at this moment.

        Raises:
            NotAuthorized: it may not.
        """
        if not await self.has_right():
            raise NotAuthorized(
                "The shop's key works, but may not see sales.",
                tried="ask what the key may see",
                where=self.where,
                advice=service.ROLE_ADVICE,
            )

    async def read_sales(self, sink: Sink) -> SalesRead:
        """Read every listed sale, pass after pass, until two passes agree; ``edd.full_read`` says how.

        Each pass hands ``sink`` its rows page by page, each order once, with the number of the pass.

        Raises:
            NotAuthorized: the key may not see sales (asked before the first page).
            ProviderError: the shop did not answer, or not as a shop that can be read; the read is worth nothing then.
        """
        await self.require_right()
        paging = self._paging
        reader = SalesReader(
            self._endpoints.sales_page, self.has_right, sink, page_size=paging.page_size, parallel=paging.parallel
        )
        return await reader.read()

    async def read_newest_sales(self, known: Known) -> RecentRead:
        """Read the newest sales, down to those that ``known`` says nothing changed of; ``edd.recent_read`` says how.

        Raises:
            NotAuthorized: the key may not see sales (asked before the first page).
            ProviderError: the shop did not answer, or not as a shop that can be read; the read is worth nothing then.
        """
        await self.require_right()
        return await RecentReader(
            self._endpoints.sales_page, self.has_right, known, page_size=self._paging.page_size
        ).read()

    async def ask_for_sale(self, wanted: SaleQuery) -> SaleAnswer:
        """One sale of any status, asked for once; ``edd.lookups`` says what becomes of failures.

        Raises:
            ServerFailed: the shop fails (5xx), be it over this sale alone.
            ProviderError: no usable answer.
        """
        name = "purchasekey" if wanted.by is By.KEY else "id"
        rows = self._endpoints.sales(
            await self._endpoints.ask("sales", {name: wanted.value}, _LOOK_UP, alone=True), _LOOK_UP
        )
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
                return SaleAnswer(order)
        return SaleAnswer(unreadable=unreadable)

    async def require_sales(self) -> None:
        """Raise unless the list of sales can be read.

        Raises:
            ProviderError: the shop does not answer.
        """
        await self._endpoints.sales_page(1, 1)

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
            body = await self._endpoints.ask("products", query, tried)
            known = len(products) + len(broken)
            for index, raw in enumerate(self._endpoints.rows(body, "products", tried)):
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
            body = await self._endpoints.ask(
                "customers", {"number": str(self._paging.page_size), "page": str(page)}, tried
            )
            if body.get("error") in _NO_CUSTOMERS:
                return
            if "customers" not in body and "error" not in body:
                raise NotAuthorized(
                    "The shop's key may not see customers.",
                    tried=tried,
                    where=self.where,
                    advice="Customers take the key of a shop_manager. Sales, which a sync needs, do not.",
                )
            yield _customers(self._endpoints.rows(body, "customers", tried), page)

    def _notice(self, response: httpx.Response) -> None:
        self._server_time = server_time(response)


def _customers(rows: Sequence[object], page: int) -> SubscriberPage:
    customers: list[Subscriber] = []
    broken: list[BrokenRow] = []
    for index, raw in enumerate(rows):
        try:
            customers.append(parse.customer(raw))
        except FaultError as error:
            place = f"page {page}: customers.{index}"
            broken += [BrokenRow(f"{place}.{path}".rstrip("."), text, row=place) for path, text in error.faults]
    return SubscriberPage(tuple(customers), tuple(broken))


if TYPE_CHECKING:
    _implements: type[Provider] = EasyDigitalDownloads
