"""A service's base URL is checked once, so that no key ever travels in clear over a network."""

from __future__ import annotations

import re
from typing import Final

import httpx

from bema_tui.errors import ConfigurationError
from bema_tui.loopback import is_loopback

_HOST: Final = re.compile(rb"[A-Za-z0-9._:-]+")


def can_be_a_port(port: int | None) -> bool:
    """Whether a service can listen there; None is the usual port."""
    return port is None or 0 < port < 65536


def base_url(url: str, *, setting: str) -> httpx.URL:
    """The normalised base URL: scheme, host in lower case, port if unusual, path without its last slash.

    Raises:
        ConfigurationError: not a complete URL; a port that none can be; not https on another machine; holds a password,
            a query or a fragment.
    """
    try:
        parsed = httpx.URL(url.strip())
    except (httpx.InvalidURL, UnicodeError):
        parsed = httpx.URL("")
    if parsed.scheme not in {"http", "https"} or not _HOST.fullmatch(parsed.raw_host):
        raise ConfigurationError(
            f"{setting} is not a complete URL.", where=setting, advice="Give it whole, such as https://shop.example."
        )
    if not can_be_a_port(parsed.port):
        raise ConfigurationError(
            f"{setting} names port {parsed.port}, which no service can have.",
            where=setting,
            advice="Ports go from 1 to 65535; without one it is the usual port.",
        )
    if parsed.userinfo or parsed.query or parsed.fragment:
        raise ConfigurationError(
            f"{setting} holds more than a URL.",
            where=setting,
            advice="Give scheme, host and path alone: no user name, no password, no question mark.",
        )
    if parsed.scheme == "http" and not is_loopback(parsed.host):
        raise ConfigurationError(
            f"{setting} is not encrypted: {parsed.host} over http.",
            where=setting,
            advice="Use https. Plain http is for this machine only.",
        )
    return parsed.copy_with(path=parsed.path.rstrip("/") or "/", query=None)


def shown(url: httpx.URL) -> str:
    """``url`` for a person: without query, fragment, user name or password."""
    bare = httpx.URL(url).copy_with(query=None, fragment=None, userinfo=b"")
    return str(bare).rstrip("/")
