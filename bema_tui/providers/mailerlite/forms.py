"""How subscribers can be asked for at MailerLite, and which ways are seen to find somebody. Pure.

How a service decodes an e-mail in a path is nowhere written, and differs between a request and an item of a batch. So
"nobody has this e-mail" counts only from a form that finds somebody known. Domain rules, section 6.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final, Protocol

from attrs import define, field, frozen

from bema_tui.emails import email_key
from bema_tui.errors import BadAnswer
from bema_tui.model import Subscriber
from bema_tui.providers.mailerlite.batch import BatchAnswer, BatchItem, Spelling, fits_plain

_ORDINARY: Final = re.compile(r"[A-Za-z0-9._~@-]")
PLAINEST: Final[frozenset[str]] = frozenset()


class Form(StrEnum):
    """How an e-mail is asked for: in a batch or by a request of its own, percent-encoded or as it is."""

    BATCH_ENCODED = "batch, encoded"
    """In a batch, percent-encoded."""
    BATCH_PLAIN = "batch, plain"
    """In a batch, as it is."""
    SINGLE_ENCODED = "single, encoded"
    """By a request of its own, percent-encoded."""
    SINGLE_PLAIN = "single, plain"
    """By a request of its own, as it is."""
    BATCH_TWICE = "batch, encoded twice"
    """Looks nobody up: that it finds nobody says that a path is decoded once, so that the others mean themselves."""

    @property
    def batched(self) -> bool:
        """Whether it is an item of a batch."""
        return self not in SINGLY

    @property
    def spelling(self) -> Spelling:
        """How the e-mail is written."""
        match self:
            case Form.BATCH_PLAIN | Form.SINGLE_PLAIN:
                return Spelling.PLAIN
            case Form.BATCH_TWICE:
                return Spelling.TWICE
            case _:
                return Spelling.ENCODED

    @property
    def further(self) -> Form:
        """The form of a batch that encodes once more: it finds only where a path is decoded once more than needed."""
        return Form.BATCH_ENCODED if self.spelling is Spelling.PLAIN else Form.BATCH_TWICE

    def fits(self, email: str) -> bool:
        """Whether an e-mail can be written so."""
        return self.spelling is not Spelling.PLAIN or fits_plain(email)


IN_BATCHES: Final = (Form.BATCH_ENCODED, Form.BATCH_PLAIN)
SINGLY: Final = (Form.SINGLE_ENCODED, Form.SINGLE_PLAIN)


class Known(Protocol):
    """Somebody whom MailerLite has shown."""

    @property
    def id(self) -> str:
        """MailerLite's id."""
        ...

    @property
    def email(self) -> str:
        """The e-mail, as MailerLite showed it."""
        ...


@frozen
class LookUpQuery:
    """One look-up."""

    who: str
    """The id or e-mail that is asked for."""
    form: Form | None
    """The form of look-up; None is by id."""
    key: str = field(init=False, eq=False)
    """The e-mail that is asked for, for comparing; of no use where it is an id."""

    @key.default
    def _key(self) -> str:
        return email_key(self.who)

    def item(self) -> BatchItem:
        """As an item of a batch."""
        return BatchItem.read(self.who) if self.form is None else BatchItem.find(self.who, self.form.spelling)


@frozen
class LookUpResult:
    """What became of one look-up: an answer that shows somebody, a problem that leaves it open, or nobody."""

    who: str
    """The id or e-mail that was asked for."""
    answer: BatchAnswer | None = None
    """The answer that shows somebody."""
    problem: str = ""
    """Why it stays open, in words."""
    unproved: bool = False
    """Whether nobody was found, and that proves nothing."""

    @property
    def absent(self) -> bool:
        """Whether it is proved that nobody is there."""
        return self.answer is None and not self.problem


def looked(ask: LookUpQuery, answer: BatchAnswer) -> LookUpResult:
    """What an answer says by itself; that nobody is there, of an id alone."""
    if ask.form is None and answer.gone:
        return LookUpResult(ask.who)
    if not answer.ok:
        said = f"{answer.code}, {answer.message or 'no reason'}"
        return LookUpResult(ask.who, problem=f"MailerLite did not answer the look-up: {said}")
    try:
        shown = answer.subscriber()
    except BadAnswer as error:
        return LookUpResult(ask.who, problem=error.message.rstrip("."))
    same = shown.id == ask.who if ask.form is None else shown.email_key == ask.key
    return (
        LookUpResult(ask.who, answer)
        if same
        else LookUpResult(ask.who, problem=f"MailerLite answered with {shown.email}")
    )


def special_characters(email: str) -> frozenset[str]:
    """Returns the characters that a form could spell wrongly: all that a path can't hold as they are, except ``@``."""
    return frozenset(character for character in email.strip() if not _ORDINARY.fullmatch(character))


@define
class Evidence:
    """What is known of an account's look-ups: subscribers whom it showed, and the forms that found them or did not."""

    known: dict[str, Known] = field(factory=dict)
    """By id."""
    finds_ids: bool = False
    """Whether a look-up by id found somebody."""
    nobody: bool = False
    """Whether the account itself showed that it holds nobody."""
    _finds: defaultdict[Form, set[frozenset[str]]] = field(factory=lambda: defaultdict(set))
    _fails: set[Form] = field(factory=set)
    _there: set[str] = field(factory=set)

    def offer(self, subscribers: Iterable[Known]) -> None:
        """Name subscribers whom MailerLite has shown; they prove a form by being found."""
        self.known.update({one.id: one for one in subscribers if "@" in one.email})

    def learn(self, answers: Mapping[LookUpQuery, BatchAnswer]) -> None:
        """Heed what answers say about the forms they came by."""
        for ask, answer in answers.items():
            shown = _shown(ask, answer)
            if shown is not None:
                self._there.add(shown.email_key)
                if ask.form is None:
                    self.finds_ids = True
                else:
                    self._finds[ask.form].add(special_characters(ask.who))
                if shown.id in self.known:
                    self.known[shown.id] = shown  # the e-mail may be another by now
            elif ask.form is None and answer.gone:
                self.known.pop(ask.who, None)
        for ask, answer in answers.items():
            if ask.form is not None and answer.finds_nobody and ask.key in self._there:
                self._fails.add(ask.form)

    def proves(self, form: Form, special: frozenset[str]) -> bool:
        """Whether this form was seen to find an e-mail with all of these special characters."""
        return any(special <= seen for seen in self._finds[form])

    def best(self, special: frozenset[str], first: Form) -> Form | None:
        """The form to take for such e-mails: ``first`` if it is proved, else the next that is."""
        return next((form for form in (first, *IN_BATCHES, *SINGLY) if self.proves(form, special)), None)

    def witnesses(self, special: frozenset[str]) -> list[Known]:
        """Known subscribers with these characters in their e-mails, the plainest first."""
        fit = [one for one in self.known.values() if special <= special_characters(one.email)]
        return sorted(fit, key=lambda one: len(special_characters(one.email)))

    def is_absent(self, email: str, missed: Iterable[Form]) -> bool:
        """Whether it is proved that nobody has this e-mail, which these forms did not find."""
        special, missed = special_characters(email), set(missed)
        if self.nobody or any(self.proves(form, special) for form in missed):
            return True
        if self.witnesses(special):
            return False
        # Nobody known has such characters. What is decoded as often as it was encoded means itself; both spellings must
        # miss, for a service may decode some characters and not others.
        exact = any(self.proves(form, PLAINEST) and form.further in self._fails for form in missed if form.batched)
        return exact and missed.issuperset(IN_BATCHES)

    def asks(self, emails: Sequence[str], ids: Sequence[str], form: Form) -> list[LookUpQuery]:
        """Ids, then what proves the forms, then the e-mails; in both spellings where nobody known can prove one."""
        asks = [LookUpQuery(number, None) for number in ids]
        if self.nobody or not emails:
            return asks
        proofs, unprovable = self._proofs({special_characters(email) for email in emails}, form)
        asks += proofs
        for email in emails:
            special = special_characters(email)
            forms = [self.best(special, form) or form]
            if special in unprovable:
                forms += [other for other in IN_BATCHES if other not in forms and other.fits(email)]
            asks += [LookUpQuery(email, one) for one in forms if one.fits(email)] or [
                LookUpQuery(email, Form.BATCH_ENCODED)
            ]
        return asks

    def _proofs(self, specials: set[frozenset[str]], form: Form) -> tuple[list[LookUpQuery], set[frozenset[str]]]:
        """What to ask for beside such e-mails, and those kinds of them that nobody known can prove."""
        proofs: dict[LookUpQuery, None] = {}
        unprovable: set[frozenset[str]] = set()
        for special in sorted(specials, key=lambda characters: (-len(characters), sorted(characters))):
            if self.best(special, form) or any(special <= special_characters(ask.who) for ask in proofs):
                continue
            witness = next(iter(self.witnesses(special)), None)
            if witness is not None and form.fits(witness.email):
                proofs[LookUpQuery(witness.email, form)] = None
            elif special and form.batched:
                unprovable.add(special)
        if unprovable and form.further not in self._fails:
            for witness in self.witnesses(PLAINEST)[:1]:
                proofs |= {
                    LookUpQuery(witness.email, one): None for one in (form, form.further) if one.fits(witness.email)
                }
        return list(proofs), unprovable


def _shown(ask: LookUpQuery, answer: BatchAnswer) -> Subscriber | None:
    """The very subscriber who was asked for, if the answer shows them."""
    found = looked(ask, answer).answer
    return None if found is None else found.subscriber()
