"""Reading an answer's body with suspicion: what is not a JSON object is said in words, never raised from a parser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import NoReturn

import httpx

from bema_tui.providers.http_failures import moment

DAMAGED = "JSON that is cut off or damaged"
"""What is wrong with an answer that calls itself JSON and does not parse: it was lost on its way."""


def object_of(response: httpx.Response) -> tuple[dict[str, object], str]:
    """The JSON object of an answer and nothing, or an empty one and what is wrong with it."""
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if not response.content.strip():
        return {}, f"an empty body with status {response.status_code}"
    if kind != "application/json":
        return {}, f"{'a web page' if kind == 'text/html' else kind or 'no content type'} instead of JSON"
    if response.content.lstrip().startswith(b"<"):
        return {}, "text in front of the JSON (a warning of PHP?)"
    answer, fault = decoded(response.content)
    if fault:
        return {}, fault
    if not isinstance(answer, dict):
        return {}, "JSON that is not an object"
    return answer, ""


def decoded(content: bytes) -> tuple[object, str]:
    """The JSON value in ``content`` and nothing, or None and what is wrong with it."""
    try:
        return json.loads(content, parse_constant=_refuse), ""
    except (ValueError, RecursionError):
        return None, DAMAGED


def server_time(response: httpx.Response) -> datetime | None:
    """The server's clock by the header ``Date``, UTC; None without a usable one."""
    return moment(response.headers.get("date", ""))


def refusal_detail(response: httpx.Response) -> str:
    """What a refusal says, from MailerLite's ``message`` and ``errors`` or EDD's ``error``; may be empty."""
    answer, _ = object_of(response)
    return message_of(answer)


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


def _first(texts: object) -> str:
    if isinstance(texts, list) and texts:
        texts = texts[0]
    return texts if isinstance(texts, str) else "not accepted"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
