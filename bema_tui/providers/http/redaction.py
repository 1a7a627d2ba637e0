"""Strikes keys and tokens out of every text that came from outside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import quote

from bema_tui.secrets import HIDDEN, Secret

_TELLS: Final = 8  # characters of a secret that are too many to show


def redact(text: str, secrets: Iterable[Secret]) -> str:
    """``text`` without any of ``secrets``: plain, or as a URL or JSON spells them (a slash is escaped there, or not).

    What was cut may end within a secret: its beginning is struck out as well, from eight characters on.
    """
    spellings = {spelling for secret in secrets if secret for spelling in _spellings(secret.reveal())}
    for spelling in sorted(spellings, key=len, reverse=True):
        text = text.replace(spelling, HIDDEN)
    for spelling in sorted(spellings, key=len, reverse=True):
        text = _without_beginnings(text, spelling)
    return text


def hide_in(answer: dict[str, object], content: bytes, secrets: Iterable[Secret]) -> dict[str, object]:
    """``answer``, which was read from ``content``, with each whole secret struck out of its texts.

    What is a record may end in a message as well as what is a refusal. A short secret may be a word of its own there,
    and stays.
    """
    long = [secret for secret in secrets if len(secret.reveal()) >= _TELLS]
    spellings = [spelling for secret in long for spelling in _spellings(secret.reveal())]
    if not any(spelling.encode() in content for spelling in spellings):
        return answer
    return {redact(name, long): _hidden(value, long) for name, value in answer.items()}


def _hidden(value: object, secrets: Sequence[Secret]) -> object:
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, dict):
        return {redact(name, secrets): _hidden(inner, secrets) for name, inner in value.items()}
    if isinstance(value, list):
        return [_hidden(inner, secrets) for inner in value]
    return value


def _spellings(value: str) -> Iterator[str]:
    yield value
    yield quote(value)
    yield quote(value, safe="")
    in_json = json.dumps(value)[1:-1]
    yield in_json
    yield in_json.replace("/", "\\/")


def _without_beginnings(text: str, secret: str) -> str:
    start = secret[:_TELLS]
    found = text.find(start) if len(secret) > _TELLS else -1
    while found >= 0:
        end = found + len(start)
        while end < len(text) and end - found < len(secret) and text[end] == secret[end - found]:
            end += 1
        text = text[:found] + HIDDEN + text[end:]
        found = text.find(start, found + len(HIDDEN))
    return text
