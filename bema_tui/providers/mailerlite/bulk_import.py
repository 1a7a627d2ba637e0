"""MailerLite's bulk import: new buyers alone, sent once, followed to its end, and believed only when read back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import Factory, field, frozen

from bema_tui.bounds import PATIENCE
from bema_tui.emails import email_key
from bema_tui.errors import IncompleteRead, ProviderError, RequestRefused, Stopped, WriteUnknown
from bema_tui.model import Subscriber
from bema_tui.providers.http.client import ServiceClient
from bema_tui.providers.http.policy import BeforeTry
from bema_tui.providers.http.ports import Interrupt
from bema_tui.providers.mailerlite.batch import FieldValue, same_value
from bema_tui.providers.mailerlite.lookup import LookUp
from bema_tui.providers.parsing import Count, DigitId, FaultError, Flag, structure
from bema_tui.providers.quota.gate import NoWaits, waiting
from bema_tui.waits import Wait, WaitBoard, WaitReason

MOST_ROWS: Final = 1000
"""People in one import; the limit is nowhere written, and users report that a thousand works."""

_PATHS: Final = ("/groups/{}/import-subscribers", "/groups/{}/subscribers/import")
"""The documented path, and the one that the vendor's own clients use."""

_PROGRESS: Final = re.compile(r"(?:^|/)subscribers/import/([0-9]{1,30})/?$")
_FIRST_POLL: Final = 1.0
_LONGEST_POLL: Final = 15.0
_NONE: Final = Count(0)
_NO: Final = Flag(False)


@frozen
class NewPerson:
    """Somebody to be created: an address, and custom fields by their keys. There is no status to give."""

    email: str
    fields: Mapping[str, FieldValue] = field(factory=dict)

    @property
    def email_key(self) -> str:
        """The e-mail for comparing. Domain rules, section 4."""
        return email_key(self.email)


@frozen
class ImportReport:
    """MailerLite's report of an import. All but ``done`` are numbers of rows; ``errored`` counts unchanged ones too."""

    id: DigitId
    done: Flag = _NO
    total: Count = _NONE
    processed: Count = _NONE
    imported: Count = _NONE
    updated: Count = _NONE
    errored: Count = _NONE
    invalid_count: Count = _NONE
    mistyped_count: Count = _NONE
    changed_count: Count = _NONE
    unchanged_count: Count = _NONE
    unsubscribed_count: Count = _NONE
    role_based_count: Count = _NONE
    suspicious_format_count: Count = _NONE
    duplicate_count: Count = _NONE
    banned_import_emails_count: Count = _NONE

    @property
    def failed(self) -> int:
        """Rows that were refused: errored, without those that merely changed nothing."""
        return max(0, self.errored - self.unchanged_count)


@frozen
class ImportResult:
    """What became of each person, by reading them and not by the report.

    Attributes:
        known: MailerLite had them before; nothing was sent for them.
        created: they are there, in the group and with the fields that were sent.
        differing: they are there, but without the group or without a field that was sent.
        missing: they are not there. With an import that is ``done`` they were refused; else they may still come.
        report: MailerLite's own report, the last that came; None when nothing was sent or no report could be had.
    """

    known: tuple[Subscriber, ...] = ()
    created: tuple[Subscriber, ...] = ()
    differing: tuple[Subscriber, ...] = ()
    missing: tuple[NewPerson, ...] = ()
    report: ImportReport | None = None


@frozen
class Importer:
    """Imports new people into one group at a time. ``patience`` is the seconds waited for one to end."""

    client: ServiceClient
    look_up: LookUp
    interrupt: Interrupt
    patience: float = PATIENCE
    waits: WaitBoard = field(factory=NoWaits)
    _accepted_path: dict[str, str] = Factory(dict)

    async def run(
        self, group_id: str, people: Sequence[NewPerson], before_try: BeforeTry | None = None
    ) -> ImportResult:
        """Look who is there, import the others, follow the import, and read every one of them back.

        Raises:
            ValueError: more than a thousand people, an address twice, or what is no address.
            RequestRefused: MailerLite refuses the import; nothing was done.
            WriteUnknown: the import was sent, and what became of it could not be read.
        """
        _checked(people)
        before = await self._find(people)
        known = tuple(found for person in people if (found := before[person.email_key]) is not None)
        new = [person for person in people if before[person.email_key] is None]
        if not new:
            return ImportResult(known=known)
        number, report = await self._send(group_id, new, before_try)
        try:
            report = await self._follow(number, report)
            after = await self._find(new)
        except (ProviderError, Stopped) as error:
            problem = error
        else:
            return _result(group_id, new, after, known, report)
        raise WriteUnknown(
            f"MailerLite took an import of {len(new)} people in, and what became of it could not be read. "
            f"{problem.message}",
            tried="import subscribers",
            where=self.client.where,
            advice="They are looked up before anything else is sent.",
        )

    async def _send(
        self, group_id: str, people: Sequence[NewPerson], before_try: BeforeTry | None
    ) -> tuple[str, ImportReport | None]:
        """The import's number, and its first report where the answer holds one."""
        rows = [{"email": person.email.strip(), "fields": dict(person.fields)} for person in people]
        tried = f"import {len(people)} subscribers"
        known = self._accepted_path.get("path")
        paths = (known,) if known else _PATHS
        for path in paths:
            try:
                body = await self.client.request_json(
                    "POST",
                    path.format(group_id),
                    json={"subscribers": rows},
                    write=True,
                    repeatable=False,
                    before_try=before_try,
                    tried=tried,
                )
            except RequestRefused as refused:
                # A path that does not exist did nothing; which of the two an account has is nowhere written.
                if refused.status not in {404, 405} or path == paths[-1]:
                    raise
            else:
                self._accepted_path["path"] = path
                return self._number(body, tried)
        raise AssertionError("one of the paths answers or raises")

    def _number(self, body: Mapping[str, object], tried: str) -> tuple[str, ImportReport | None]:
        data = body.get("data")
        inner: Mapping[str, object] = data if isinstance(data, Mapping) else {}
        if "id" in inner:
            try:
                report = structure(inner, ImportReport)
            except FaultError as error:
                raise self.client.fault(str(error), path=f"data.{error.path}", tried=tried, write=True) from None
            return report.id, report
        address = body.get("import_progress_url", inner.get("import_progress_url"))
        found = _PROGRESS.search(address) if isinstance(address, str) else None
        if found is None:
            raise self.client.fault("an import without a number", path="import_progress_url", tried=tried, write=True)
        # Only the number is used: the key is sent to nobody but the address in the settings.
        return found[1], None

    async def _follow(self, number: str, report: ImportReport | None) -> ImportReport | None:
        """The report once it is done; the last one, or none, when patience ends or MailerLite does not know it."""
        waited, wait = 0.0, _FIRST_POLL
        while report is None or not report.done:
            if waited >= self.patience:
                return report
            async with waiting(self.waits, Wait(WaitReason.IMPORT, self.client.name), wait):
                await self.interrupt.sleep(wait)
            waited += wait
            wait = min(wait * 2.0, _LONGEST_POLL)
            try:
                report = await self.report(number)
            except RequestRefused as refused:
                if refused.status != 404:
                    raise
                return report
        return report

    async def report(self, number: str) -> ImportReport:
        """MailerLite's report of one import.

        Raises:
            RequestRefused: it knows no such import (404).
        """
        tried = "follow an import"
        body = await self.client.request_json("GET", f"/subscribers/import/{number}", tried=tried)
        try:
            return structure(body.get("data"), ImportReport)
        except FaultError as error:
            raise self.client.fault(str(error), path=f"data.{error.path}".rstrip("."), tried=tried) from None

    async def _find(self, people: Sequence[NewPerson]) -> dict[str, Subscriber | None]:
        """Everybody by address; None for whom MailerLite does not know, which is proved."""
        found: dict[str, Subscriber | None] = {}
        async for settled in self.look_up.find([person.email.strip().lower() for person in people]):
            for one in settled:
                if one.problem:
                    raise IncompleteRead(
                        f"{one.who} can't be looked up: {one.problem}.",
                        tried="look up whom to import",
                        where=self.client.where,
                        advice="Try again; nobody is called unknown.",
                    )
                found[email_key(one.who)] = None if one.answer is None else one.answer.subscriber()
        return found


def _checked(people: Sequence[NewPerson]) -> None:
    if len(people) > MOST_ROWS:
        raise ValueError(f"an import holds at most {MOST_ROWS} people, not {len(people)}")
    if len({person.email_key for person in people}) != len(people):
        raise ValueError("an import holds each address once")
    if any("@" not in person.email for person in people):
        raise ValueError("an import holds e-mail addresses alone")


def _result(
    group_id: str,
    people: Sequence[NewPerson],
    after: Mapping[str, Subscriber | None],
    known: tuple[Subscriber, ...],
    report: ImportReport | None,
) -> ImportResult:
    created: list[Subscriber] = []
    differing: list[Subscriber] = []
    missing: list[NewPerson] = []
    for person in people:
        found = after[person.email_key]
        if found is None:
            missing.append(person)
        elif group_id in (found.group_ids or ()) and _shows(found, person):
            created.append(found)
        else:
            differing.append(found)
    return ImportResult(known, tuple(created), tuple(differing), tuple(missing), report)


def _shows(found: Subscriber, person: NewPerson) -> bool:
    return all(same_value(found.fields.get(key), value) for key, value in person.fields.items())
