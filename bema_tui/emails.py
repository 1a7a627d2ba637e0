"""Which e-mail addresses are one and the same: the form that everything compares, stores and joins by."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final, Protocol

# Python also takes the separators U+001C to U+001F for white space; they are controls, and none can be in an e-mail.
_SEPARATORS: Final = "\x1c\x1d\x1e\x1f"
_NEVER_INSIDE: Final = frozenset({"Cc", "Cs"})  # controls, halves of surrogate pairs


def email_key(email: str) -> str:
    """The form of an e-mail in which equal ones are equal. Domain rules, section 4.

    Without white space and invisible format characters, NFC, lower-case, the domain in its ASCII form; plus tags, dots
    and everything else stay. A domain that IDNA refuses stays as it is, lower-cased. Applied twice, it changes nothing
    more; it takes any text.
    """
    return email.lower() if _plain(email) else _key(email)


class HasEmail(Protocol):
    """A record with an e-mail."""

    @property
    def email(self) -> str:
        """The e-mail, in any spelling."""
        ...


def key_of(record: HasEmail) -> str:
    """Return the ``email_key`` of a record's e-mail: for records that are made of what somebody typed.

    Such a record carries it from there on; one that the store gives back carries the stored one.
    """
    return email_key(record.email)


def domain_key(domain: str) -> str:
    """The same form of a domain alone, with or without an ``@`` in front."""
    return email_key(f"@{domain.strip().removeprefix('@')}")[1:]


def spellings(email: str) -> tuple[str, ...]:
    """The forms under which a mailing service may keep an e-mail, in small letters as MailerLite does.

    As typed, then where they differ its key, and its key with the domain in letters.
    """
    key = email_key(email)
    local, at, domain = key.rpartition("@")
    return tuple(dict.fromkeys((trimmed(email).lower(), key, f"{local}{at}{_in_letters(domain)}")))


def could_be_email(email: str) -> bool:
    """Whether this can be somebody's e-mail at all: an ``@``, and no control inside once white space is gone."""
    if _plain(email):
        return "@" in email
    seen = without_invisible(email)
    return "@" in seen and not any(unicodedata.category(char) in _NEVER_INSIDE for char in seen)


def can_be_blocked(email: str) -> bool:
    """Whether an entry of a block list can be somebody's e-mail; a star stands for nothing."""
    local, _, domain = email_key(email).rpartition("@")
    return local not in ("", "*") and could_be_email(email) and domain_can_be_blocked(domain)


def domain_can_be_blocked(domain: str) -> bool:
    """Whether an entry of a block list can be the domain of somebody's e-mail; subdomains are other domains."""
    key = domain_key(domain)
    return bool(key.strip(".")) and key == key.strip(".") and not any(char in key for char in "@*/:")


def without_invisible(text: str) -> str:
    """``text`` without white space and Unicode's format characters (Cf), such as zero-width and soft ones."""
    return "".join(char for char in text if not _invisible(char))


def trimmed(text: str) -> str:
    """``text`` as somebody typed it, without what is invisible at either end."""
    start, end = 0, len(text)
    while start < end and _invisible(text[start]):
        start += 1
    while end > start and _invisible(text[end - 1]):
        end -= 1
    return text[start:end]


def _plain(email: str) -> bool:
    """Whether nothing of it is special, as of nearly all e-mails: they need not be looked at letter by letter."""
    return email.isascii() and email.isprintable() and " " not in email


def _invisible(char: str) -> bool:
    return unicodedata.category(char) == "Cf" or (char.isspace() and char not in _SEPARATORS)


@lru_cache(maxsize=4096)
def _key(email: str) -> str:
    seen = unicodedata.normalize("NFC", without_invisible(email))
    local, at, domain = seen.rpartition("@")
    return f"{_lower(local)}{at}{_ascii_domain(domain) if at else _lower(domain)}"


def _lower(text: str) -> str:
    # Lower-casing can take a composed letter apart (İ), or leave one to be composed (H with a line below).
    lowered = unicodedata.normalize("NFC", text.lower())
    return lowered if lowered == text else _lower(lowered)


def _in_letters(domain: str) -> str:
    if "xn--" not in domain:
        return domain
    import idna

    try:
        return idna.decode(domain)
    except UnicodeError:
        return domain


def _ascii_domain(domain: str) -> str:
    """The domain as the DNS knows it, by UTS 46, which folds widths and capitals itself."""
    lowered = _lower(domain)
    if lowered.isascii():
        return lowered
    import idna  # its tables take a moment to load, and most shops never need them

    for form in (domain, lowered):
        try:
            return idna.encode(form, uts46=True).decode("ascii").lower()
        except UnicodeError:
            continue
    return lowered
