"""Makes groups and fields at MailerLite, which has no way to say that two requests are one: it looks first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Generic, TypeVar

from attrs import frozen

from bema_tui.errors import IncompleteRead, ProviderError, RequestRefused, Stopped, WriteUnknown
from bema_tui.listing import Listing
from bema_tui.model import CustomField, Group
from bema_tui.providers.http.call import BeforeTry
from bema_tui.providers.http.client import ServiceClient
from bema_tui.providers.parsing import FaultError
from bema_tui.text import clean

R = TypeVar("R")
N = TypeVar("N", Group, CustomField)


@frozen
class Ensured(Generic[N]):
    """A group or field that is there now."""

    row: N
    """What has the name."""
    ours: bool
    """Whether this call made it, or may have."""


def named(rows: Iterable[N], name: str) -> N | None:
    """The row of this name: as written, else with other capitals."""
    same = [row for row in rows if row.name.casefold() == name.casefold()]
    return next((row for row in same if row.name == name), same[0] if same else None)


def row_of(
    client: ServiceClient, body: Mapping[str, object], read: Callable[[object], R], tried: str, *, write: bool = False
) -> R:
    """The row in an answer's ``data``.

    Raises:
        BadAnswer: a field of it can't be used; ``WriteUnknown`` where the request was a write.
    """
    try:
        return read(body.get("data"))
    except FaultError as error:
        raise client.fault(str(error), path=f"data.{error.path}".rstrip("."), tried=tried, write=write) from None


async def ensure(
    client: ServiceClient,
    path: str,
    sent: Mapping[str, str],
    listing: Callable[[], Awaitable[Listing[N]]],
    read: Callable[[object], N],
    before_try: BeforeTry | None,
) -> Ensured[N]:
    """Look first, create, and after a lost answer or a "taken" look again instead of repeating."""
    name = sent["name"]
    tried = f"create {clean(name, 100)}"
    there = await listing()
    found = named(there, name)
    if found is not None:
        return Ensured(found, ours=False)
    _refuse_doubt(client, there, name, tried)
    try:
        body = await client.request_json(
            "POST", path, json=dict(sent), write=True, repeatable=False, before_try=before_try, tried=tried
        )
        return Ensured(row_of(client, body, read, tried, write=True), ours=True)
    except (WriteUnknown, RequestRefused) as error:
        problem: ProviderError = error
    try:
        found = named(await listing(), name)
    except (ProviderError, Stopped):
        raise problem from None
    if found is None:
        raise problem
    return Ensured(found, ours=isinstance(problem, WriteUnknown))


def _refuse_doubt(client: ServiceClient, listing: Listing[N], name: str, tried: str) -> None:
    """Raise where a row that can't be read may be what is to be created: a second one would be its twin."""
    doubtful = [row for row in listing.hiding if not row.name or row.name.casefold() == name.casefold()]
    if doubtful:
        row = doubtful[0]
        raise IncompleteRead(
            f"{clean(name, 100)} is not created: it may be the row that can't be read ({row.path}: {row.problem}).",
            tried=tried,
            where=client.where,
            advice="Look at this row in MailerLite; the plan can be resumed when it can be read.",
        )
