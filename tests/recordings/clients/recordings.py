"""Answers of the real services, cut to a few rows and with other people's data replaced, to be played to the clients.

``edd.json`` follows answers of EDD 3.6.5; ``mailerlite.json`` follows recorded answers of MailerLite (``recorded``),
its documentation (``documentation``) and reports of its users (``reported``). The tests name each answer they play.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx

HERE: Final = Path(__file__).parent


def _load(name: str) -> Mapping[str, Mapping[str, Any]]:
    loaded: dict[str, dict[str, Any]] = json.loads((HERE / name).read_text(encoding="utf-8"))
    return loaded


EDD: Final = _load("edd.json")
MAILERLITE: Final = _load("mailerlite.json")


def answer(recordings: Mapping[str, Mapping[str, Any]], name: str) -> httpx.Response:
    """The recorded answer as it came over the line."""
    found = recordings[name]
    headers = {**found.get("headers", {}), **({"content-type": found["type"]} if found["type"] else {})}
    if found["status"] == httpx.codes.NO_CONTENT:
        return httpx.Response(204, headers=headers)
    text = found["text"] if "text" in found else json.dumps(found["body"])
    return httpx.Response(found["status"], content=text.encode(), headers=headers)


def edd(name: str) -> httpx.Response:
    """A recorded answer of the shop."""
    return answer(EDD, name)


def mailerlite(name: str) -> httpx.Response:
    """A recorded answer of MailerLite."""
    return answer(MAILERLITE, name)
