"""Answers that somebody else gave in the place of a service: a firewall, a login, a proxy's page, an old URL."""

from __future__ import annotations

import re
from typing import Final

import httpx

from bema_tui.errors import BadAnswer
from bema_tui.providers.http.call import Call, Service
from bema_tui.providers.http.excerpts import text_of
from bema_tui.providers.http.redaction import redact
from bema_tui.providers.http.responses import words_of
from bema_tui.providers.http.url import shown
from bema_tui.text import clean

_LOGIN: Final = re.compile(
    r"wp-login\.php|/wp-admin\b|/(log[-_]?in|sign[-_]?in|auth|sso|captive|captcha|account)\b", re.IGNORECASE
)
_PERMANENT: Final = frozenset({301, 308})
_NO_POST: Final = frozenset({403, 405, 406})
_CHALLENGERS: Final = {"cf-mitigated": "Cloudflare", "sg-captcha": "SiteGround"}
"""Headers whose word ``challenge`` says who keeps programs out."""
_CHALLENGES: Final = frozenset({403, 429, 503})
_CHALLENGE: Final = re.compile(
    r"<title[^<>]*>\s*(just a moment|one moment, please|checking your browser|ddos-guard)|\b_cf_chl_opt\b",
    re.IGNORECASE,
)
"""Pages that try out whether a browser asks. (Cloudflare puts a script of its own into pages of others, too.)"""
_NOT_FOUND: Final = frozenset({404, 410})


def safe(service: Service, text: str, limit: int = 500) -> str:
    """``text`` from outside, fit for a message or a log: without secrets, without controls, bounded."""
    return clean(redact(text, service.secrets), limit)


def challenged(response: httpx.Response) -> bool:
    """Whether the answer is a test for browsers, which no program passes, however often it asks."""
    if any(response.headers.get(name, "").strip().lower() == "challenge" for name in _CHALLENGERS):
        return True
    html = response.headers.get("content-type", "").lower().startswith("text/html")
    return html and response.status_code in _CHALLENGES and bool(_CHALLENGE.search(text_of(response.content)))


def _browser_wanted(service: Service, response: httpx.Response) -> str:
    """An answer that ``challenged``, as a sentence for the error."""
    by = [name for header, name in _CHALLENGERS.items() if header in response.headers]
    if not by and "cloudflare" in f"{response.headers.get('server', '')} {text_of(response.content)}".lower():
        by = ["Cloudflare"]
    said = safe(service, words_of(response), 300)
    return (
        f"Something in front of {service.place}{f' ({by[0]})' if by else ''} asks for a browser "
        f"({response.status_code}), and takes no program{f': {said}' if said else ''}."
    )


def refused_in_front(service: Service, call: Call, response: httpx.Response) -> BadAnswer:
    """The error for a refusal that the service did not write."""
    if challenged(response):
        return BadAnswer(
            _browser_wanted(service, response),
            tried=call.tried,
            where=shown(service.url),
            advice=service.browser_advice or service.front_advice or service.answer_advice,
        )
    said = safe(service, words_of(response), 300)
    advice = service.front_advice
    if call.method == "POST" and response.status_code in _NO_POST:
        advice = f"{advice} {service.post_advice}".strip()
    return BadAnswer(
        f"Something in front of {service.place} refuses the request ({response.status_code})"
        f"{f', and says {said}' if said else ', and does not say why'}.",
        tried=call.tried,
        where=shown(service.url),
        advice=advice if advice and response.status_code not in _NOT_FOUND else service.answer_advice,
    )


def sent_elsewhere(service: Service, call: Call, response: httpx.Response) -> BadAnswer:
    """The error for a redirect, which is never followed: to a login, to another URL, or to where it came from."""
    where = shown(service.url)
    target = _target(response)
    # It leads back to where it was asked: a check for bots, perhaps. That is no URL to set.
    elsewhere = target is not None and shown(target) != shown(response.request.url)
    to = f" to {safe(service, shown(target), 200)}" if target is not None and elsewhere else ""
    if target is not None and elsewhere and _LOGIN.search(target.path):
        return BadAnswer(
            f"Something in front of {service.place} asks for a login ({response.status_code}): it sends us{to}.",
            tried=call.tried,
            where=where,
            advice=service.front_advice or service.answer_advice,
        )
    moved = target is not None and elsewhere and _may_be_the_new_url(response, target)
    url = safe(service, shown(_base(target, call)), 200) if moved and target is not None else ""
    then = f" {service.moved_advice.replace('{url}', url)}" if service.moved_advice else ""
    return BadAnswer(
        f"{service.name} sends us elsewhere ({response.status_code}){to}; keys are not sent after it.",
        tried=call.tried,
        where=where,
        advice=f"If that is right, set the URL to {url}.{then}" if url else service.answer_advice,
    )


def _target(response: httpx.Response) -> httpx.URL | None:
    try:
        location = response.headers.get("location", "")
        return response.request.url.join(location) if location else None
    except (httpx.InvalidURL, ValueError):
        return None


def _may_be_the_new_url(response: httpx.Response, target: httpx.URL) -> bool:
    """The same path at another host, or a move for good; a page is no URL."""
    path, asked = target.path.rstrip("/"), response.request.url.path.rstrip("/")
    return path == asked or (response.status_code in _PERMANENT and "." not in path.rpartition("/")[2])


def _base(target: httpx.URL, call: Call) -> httpx.URL:
    """The base URL that leads there, without the path of this call."""
    return target.copy_with(path=target.path.removesuffix(call.path.rstrip("/")) or "/")
