"""Looks subscribers up at MailerLite by id or e-mail; a form of request that may not find proves nobody absent."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

from attrs import define, field

from bema_tui.errors import IncompleteRead
from bema_tui.model import SubscriberPage
from bema_tui.providers.mailerlite.batch import (
    MOST_ITEMS,
    BatchAnswer,
    BatchItem,
    Spelling,
    email_in_path,
    fits_plain,
)
from bema_tui.providers.mailerlite.forms import (
    IN_BATCHES,
    PLAINEST,
    SINGLY,
    Evidence,
    Form,
    Known,
    LookUpQuery,
    LookUpResult,
    looked,
    special_characters,
)

_TRIALS: Final = 3
"""How many subscribers a form is tried on before it counts as finding nobody."""
_ITEMS_A_TRIAL: Final = 4


@define
class LookUp:
    """Finds subscribers at one account, and learns by it which forms find."""

    batch: Callable[[Sequence[BatchItem]], Awaitable[Sequence[BatchAnswer]]]
    """Sends items that read."""
    single: Callable[[str, Spelling], Awaitable[BatchAnswer]]
    """Asks for one e-mail by a request of its own."""
    first_page: Callable[[], Awaitable[SubscriberPage]]
    """Reads the newest subscribers of the account."""
    form: Form = Form.BATCH_ENCODED
    """The form that is tried first."""
    kinds: set[frozenset[str]] = field(factory=set)
    """The special characters for which subscribers were offered."""
    _evidence: Evidence = field(factory=Evidence)
    _tried: set[frozenset[str]] = field(factory=set)
    _paged: bool = False
    _turn: int = -1

    def offer(self, subscribers: Iterable[Known], characters: frozenset[str] = PLAINEST) -> None:
        """Name subscribers whom MailerLite has shown: all who are known with these special characters in their e-mails.

        They prove a form by being found.
        """
        self._evidence.offer(subscribers)
        self.kinds.add(characters)

    @property
    def proved(self) -> bool:
        """Whether the present form was seen to find somebody."""
        return self._evidence.proves(self.form, PLAINEST)

    def somebody_but(self, items: Sequence[BatchItem]) -> BatchItem | None:
        """A read of somebody known whom none of these items is about, if there is anybody; of another each time."""
        about = {item.path.split("/")[2] for item in items}
        known = list(self._evidence.known.values())
        for _ in known:
            self._turn += 1
            other = known[self._turn % len(known)]
            if not about & {other.id, *(email_in_path(other.email, how) for how in _spellings(other.email))}:
                return BatchItem.read(other.id)
        return None

    def requests(self, emails: Sequence[str], ids: Sequence[str] = ()) -> int:
        """How many requests ``find`` takes, if the present form finds."""
        page = bool(emails) and not self._evidence.known
        return page + math.ceil(len(self._evidence.asks(emails, ids, self.form)) / MOST_ITEMS)

    def fit(self, wanted: Sequence[Sequence[str]]) -> int:
        """How many of these one batch looks up, beside what proves it, if the present form finds; at least one.

        Each of ``wanted`` holds e-mails that are looked up together.
        """
        for count in range(len(wanted), 1, -1):
            emails = list(dict.fromkeys(email for one in wanted[:count] for email in one))
            if len(self._evidence.asks(emails, (), self.form)) <= MOST_ITEMS:
                return count
        return 1

    async def find(
        self, emails: Sequence[str] = (), ids: Sequence[str] = ()
    ) -> AsyncIterator[tuple[LookUpResult, ...]]:
        """Look subscribers up, up to fifty in a request; the results of each request come at once, and each comes once.

        Raises:
            IncompleteRead: no form of look-up finds anybody, not even those whom MailerLite has just shown.
            ValueError: something is neither an id nor an e-mail.
        """
        self._paged = self._evidence.nobody = False  # an account without anybody may hold somebody by now
        if emails and not self._evidence.known:
            await self._read_first_page()
        waiting = dict.fromkeys([*ids, *emails])
        queue = self._evidence.asks(list(dict.fromkeys(emails)), list(dict.fromkeys(ids)), self.form)
        missed: dict[str, set[Form]] = {}
        while queue:
            chunk, queue, form = queue[:MOST_ITEMS], queue[MOST_ITEMS:], self.form
            results: dict[str, LookUpResult] = {}
            for ask, answer in zip(chunk, await self._send(chunk), strict=True):
                if ask.who not in waiting or (ask.who in results and results[ask.who].answer is not None):
                    continue
                if ask.form is not None and answer.finds_nobody:
                    missed.setdefault(ask.who, set()).add(ask.form)
                else:
                    results[ask.who] = looked(ask, answer)
            await self._prove_ids([who for who, one in results.items() if one.absent])
            unfinished = queue[0].who if queue else None  # may be asked for in a second form, still to come
            rest = {who: forms for who, forms in missed.items() if who not in results and who != unfinished}
            results |= {one.who: one for one in await self._without(rest)}
            for who in results:
                waiting.pop(who)
                missed.pop(who, None)
            yield tuple(results.values())
            if self.form is not form:
                emails_left = [who for who in waiting if "@" in who]
                ids_left = [who for who in waiting if "@" not in who]
                queue = self._evidence.asks(emails_left, ids_left, self.form)
        if waiting:  # the account holds nobody, so no e-mail was asked for
            yield tuple(LookUpResult(who) for who in waiting)

    async def _send(self, asks: Sequence[LookUpQuery]) -> list[BatchAnswer]:
        """Returns the answers in their order; the evidence learns what they say about the forms."""
        batched = [ask for ask in asks if ask.form is None or ask.form.batched]
        answers = dict(zip(batched, await self.batch([ask.item() for ask in batched]), strict=True)) if batched else {}
        for ask in asks:
            if ask.form is not None and not ask.form.batched:
                answers[ask] = await self.single(ask.who, ask.form.spelling)
        self._evidence.learn(answers)
        return [answers[ask] for ask in asks]

    async def _without(self, missed: Mapping[str, set[Form]]) -> list[LookUpResult]:
        """Returns the results of e-mails that were not found; tries other forms if the one taken is not proved."""
        evidence = self._evidence
        unproved = {email: forms for email, forms in missed.items() if not evidence.is_absent(email, forms)}
        results = [LookUpResult(email) for email in missed if email not in unproved]
        if not unproved:
            return results
        await self._try_forms({special_characters(email) for email in unproved})
        self.form = evidence.best(PLAINEST, self.form) or self.form
        again: list[LookUpQuery] = []
        for email, forms in unproved.items():
            special = special_characters(email)
            best = evidence.best(special, self.form)
            others = IN_BATCHES if best is None and not evidence.witnesses(special) else (best,)
            again += [LookUpQuery(email, form) for form in others if form and form not in forms and form.fits(email)]
        found: dict[str, LookUpResult] = {}
        for start in range(0, len(again), MOST_ITEMS):
            chunk = again[start : start + MOST_ITEMS]
            for ask, answer in zip(chunk, await self._send(chunk), strict=True):
                if ask.form is not None and answer.finds_nobody:
                    unproved[ask.who].add(ask.form)
                else:
                    found[ask.who] = looked(ask, answer)
        for email, forms in unproved.items():
            absent = evidence.is_absent(email, forms)
            results.append(
                found.get(email) or (LookUpResult(email) if absent else LookUpResult(email, None, _UNPROVED, True))
            )
        return results

    # Proving the forms

    async def _try_forms(self, specials: set[frozenset[str]]) -> None:
        """Ask for known subscribers in every form.

        Raises:
            IncompleteRead: nobody of them is found in any form.
        """
        wanted = (specials | {PLAINEST}) - self._tried
        self._tried |= wanted
        if wanted and not await self._try_batches(wanted):
            await self._read_first_page()  # those who were known are gone by now
            await self._try_batches(wanted)
        for special in wanted:
            if not self._evidence.nobody and self._evidence.best(special, self.form) is None:
                await self._try_singles(special)
        if not self._evidence.nobody and self._evidence.best(PLAINEST, self.form) is None:
            shown = self._evidence.witnesses(PLAINEST)
            known = f": not even {shown[0].email}, whom it has shown" if shown else ""
            raise IncompleteRead(
                f"MailerLite finds nobody by e-mail address, in no form of look-up{known}.",
                tried="look people up by e-mail",
                where="MailerLite",
                advice="Nobody is called unknown, and nothing was written. Start again later; if it stays so, "
                "MailerLite's look-ups have changed, and this program needs an update.",
            )

    async def _try_batches(self, specials: Iterable[frozenset[str]]) -> bool:
        """Ask for some known subscribers in all of a batch's forms; whether anybody of them is there."""
        subscribers = {one.id: one for special in specials for one in self._evidence.witnesses(special)[:_TRIALS]}
        forms = (*IN_BATCHES, Form.BATCH_TWICE)
        of_each = [
            [LookUpQuery(one.id, None), *(LookUpQuery(one.email, form) for form in forms if form.fits(one.email))]
            for one in subscribers.values()
        ]
        step = MOST_ITEMS // _ITEMS_A_TRIAL
        for start in range(0, len(of_each), step):
            await self._send([ask for asks in of_each[start : start + step] for ask in asks])
        return any(number in self._evidence.known for number in subscribers)

    async def _try_singles(self, special: frozenset[str]) -> None:
        for subscriber in self._evidence.witnesses(special)[:_TRIALS]:
            for form in SINGLY:
                if form.fits(subscriber.email):
                    await self._send([LookUpQuery(subscriber.email, form)])
                    if self._evidence.proves(form, special):
                        return

    async def _prove_ids(self, gone: Sequence[str]) -> None:
        """Make sure that look-ups by id find somebody, where they are to say that others are gone.

        Raises:
            IncompleteRead: they find nobody.
        """
        evidence = self._evidence
        for read_page in (False, True):
            if not gone or evidence.finds_ids or evidence.nobody:
                return
            if read_page:
                await self._read_first_page()
            others = [one for one in evidence.known.values() if one.id not in gone][:_TRIALS]
            if others:
                await self._send([LookUpQuery(one.id, None) for one in others])
        if not evidence.finds_ids and not evidence.nobody:
            raise IncompleteRead(
                f"MailerLite finds nobody by id: not {gone[0]}, nor anybody else whom it has shown.",
                tried="look people up by id",
                where="MailerLite",
                advice="Nobody is called gone, and nothing more was written. Start again later.",
            )

    async def _read_first_page(self) -> None:
        """Make the newest subscribers of the account known; that there are none proves that nobody is there."""
        if not self._paged:
            self._paged = True
            page = await self.first_page()
            self._evidence.nobody = not page.subscribers and not page.broken
            self._evidence.known.clear()
            self.offer(page.subscribers)


def _spellings(email: str) -> tuple[Spelling, ...]:
    return (Spelling.PLAIN, Spelling.ENCODED) if fits_plain(email) else (Spelling.ENCODED,)


_UNPROVED: Final = (
    "MailerLite did not find this e-mail, and does not find known ones with the same special characters either"
)
