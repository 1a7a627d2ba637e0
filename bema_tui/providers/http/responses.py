"""Reading an answer's body with suspicion: what is not a JSON object is said in words, never raised from a parser."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final, NoReturn

import httpx

from bema_tui.providers.http.call import Fault, FaultKind
from bema_tui.providers.http.excerpts import first_words, page_excerpt, text_of
from bema_tui.providers.http.failures import moment

_BOM: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
_MOST_PARTS: Final = 3_000_000
"""Values in one answer. Each takes up to 120 bytes of memory when it is read, however short it is written; the largest
honest answer, 1,000 people with all their groups, has a tenth of them."""
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_LOG_LINE: Final = re.compile(r"\[[^]\[{}\"]+\]")
"""A date in brackets, and no list that breaks off."""
_MOST_STARTS: Final = 8
"""Braces in front of the JSON that are tried as its beginning."""


def object_of(response: httpx.Response) -> tuple[dict[str, object], Fault | None]:
    """The JSON object of an answer and nothing, or an empty one and what is wrong with it."""
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if not response.content.strip():
        return {}, Fault(FaultKind.EMPTY, f"an empty body with status {response.status_code}")
    answer, fault = decoded(response.content)
    if kind != "application/json" and (fault is None or fault.kind is FaultKind.OTHER):
        return {}, _not_json(response, kind, it_is=fault is None)
    if fault is None and not isinstance(answer, dict):
        fault = Fault(FaultKind.OTHER, "JSON that is not an object")
    return (answer, None) if fault is None and isinstance(answer, dict) else ({}, fault)


def decoded(content: bytes) -> tuple[object, Fault | None]:
    """The JSON value in ``content`` and nothing, or None and what is wrong with it."""
    if len(content) > _MOST_PARTS and sum(content.count(mark) for mark in (b",", b"{", b"[")) > _MOST_PARTS:
        return None, Fault(FaultKind.OTHER, f"an answer of more than {_MOST_PARTS:,} values")
    try:
        # One byte order mark does no harm: many editors leave one at the top of a PHP file.
        text = content.decode().strip().removeprefix(_BOM).strip()
    except UnicodeDecodeError as error:
        broke_off = error.end == len(content) and error.reason == "unexpected end of data"
        return None, _DAMAGED if broke_off else Fault(FaultKind.NOT_UTF8, "text that is not UTF-8")
    try:
        return _decoder.decode(text), None
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError) or not text.startswith(("{", "[")):
            return None, _what_is_around(text)
        return None, Fault(FaultKind.OTHER, "JSON with a value that can't be used")


def server_time(response: httpx.Response) -> datetime | None:
    """The server's clock by the header ``Date``, UTC; None without a usable one."""
    return moment(response.headers.get("date", ""))


def message_of(body: object) -> str:
    """The words of a refusal's JSON body; empty when it has none."""
    if not isinstance(body, Mapping):
        return ""
    said = next((text for key in ("message", "error") if isinstance(text := body.get(key), str) and text), "")
    errors = body.get("errors")
    if isinstance(errors, Mapping):
        named = [f"{field}: {_first(texts)}" for field, texts in list(errors.items())[:3]]
        extra = [text for text in named if text.split(": ", 1)[1] not in said]
        said = "; ".join([said.rstrip("."), *extra] if said else extra)
    return said


def words_of(response: httpx.Response) -> str:
    """What an answer that is no success says, whoever wrote it: its JSON's message, its page's title, its text."""
    answer, fault = object_of(response)
    said = message_of(answer)
    if said or fault is None:
        return first_words(said, 300)
    text = text_of(response.content)
    return page_excerpt(text) if "<" in text else first_words(text)


def _not_json(response: httpx.Response, kind: str, *, it_is: bool) -> Fault:
    if it_is:
        return Fault(FaultKind.OTHER, f"JSON that is labelled as {kind or 'nothing'}")
    if kind == "text/html":
        said = page_excerpt(text_of(response.content))
        return Fault(FaultKind.OTHER, f"a web page instead of JSON{said and f', {said}'}")
    said = first_words(text_of(response.content))
    return Fault(FaultKind.OTHER, f"{kind or 'no content type'} instead of JSON{said and f', {said}'}")


def _what_is_around(text: str) -> Fault:
    """Why ``text`` is no JSON: something in front of it, something behind it, or it is cut off."""
    if text.startswith(_BOM):
        return Fault(FaultKind.MARKS_IN_FRONT, "more than one byte order mark (BOM) in front of the JSON")
    if text.startswith(("{", "[")):
        end = _end_of_value(text, 0)
        if end:
            return Fault(FaultKind.BEHIND, f"text behind the JSON, {first_words(text[end:])}")
        if not _LOG_LINE.match(text):
            return _DAMAGED
    start = -1
    for _ in range(_MOST_STARTS):
        start = text.find("{", start + 1)
        end = _end_of_value(text, start) if start >= 0 else 0
        if end and not _COMMENT.sub("", text[end:]).strip():
            return Fault(FaultKind.IN_FRONT, f"text in front of the JSON, {first_words(text[:start])}")
    return Fault(FaultKind.OTHER, f"text instead of JSON, {first_words(text)}")


def _end_of_value(text: str, start: int) -> int:
    """Where the JSON value that begins at ``start`` ends; 0 when there is none."""
    try:
        return _decoder.raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return 0


def _first(texts: object) -> str:
    if isinstance(texts, list) and texts:
        texts = texts[0]
    return texts if isinstance(texts, str) else "not accepted"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


_DAMAGED: Final = Fault(FaultKind.DAMAGED, "JSON that is cut off or damaged")
_decoder: Final = json.JSONDecoder(parse_constant=_refuse)
