"""How a service is reached: which proxy the environment names for it, and whose certificates are believed.

The HTTP library reads the same variables, but builds a transport for every proxy that it finds, needed or not, and
fails over a mistake with whatever its parts raise. Here the one way to one URL is found, and a mistake is an error
that names its variable.
"""

from __future__ import annotations

import os
import re
import ssl
from functools import lru_cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final
from urllib.request import getproxies, proxy_bypass

import httpx
from attrs import frozen

from bema_tui.errors import ConfigurationError
from bema_tui.loopback import is_loopback
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.http.url import can_be_a_port

_SYSTEM: Final = "the system's proxy settings"
_SCHEMES: Final = ("http", "https", "socks5", "socks5h")


@frozen
class Route:
    """The way to one URL."""

    proxy: httpx.Proxy | None = None
    """What is asked in the place of the service; None when the service is asked itself."""
    variable: str = ""
    """The environment variable that names the proxy."""

    @property
    def name(self) -> str:
        """The proxy for a message: its URL without a user name or a password, and who named it."""
        return f"the proxy {str(self.proxy.url).rstrip('/')} (from {self.variable})" if self.proxy else ""


def open_client(url: httpx.URL, route: Route, policy: HttpPolicy) -> httpx.AsyncClient:
    """A client for requests to ``url`` and what lies below it; nothing is sent yet.

    Raises:
        ConfigurationError: what the environment says of proxies or certificates can't be used.
    """
    try:
        return httpx.AsyncClient(
            timeout=policy.timeout,
            limits=_limits(policy),
            follow_redirects=False,
            # Without encryption there is no certificate, and no list to load.
            verify=certificates() if url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            proxy=route.proxy,
            trust_env=False,
        )
    except ImportError:
        raise ConfigurationError(
            f"{route.variable} names a SOCKS proxy, for which a package is missing: socksio.",
            where=route.variable,
            advice=f'Install "httpx[socks]" beside bema-tui, name an HTTP proxy, or put {url.host} into NO_PROXY.',
        ) from None


def client_over(transport: httpx.AsyncBaseTransport, policy: HttpPolicy) -> httpx.AsyncClient:
    """A client over another way than the network."""
    return httpx.AsyncClient(
        timeout=policy.timeout,
        limits=_limits(policy),
        follow_redirects=False,
        transport=transport,
        trust_env=False,
    )


def route_to(url: httpx.URL) -> Route:
    """The way to ``url`` by the environment's HTTPS_PROXY, ALL_PROXY and NO_PROXY; this machine needs no proxy.

    Raises:
        ConfigurationError: the proxy that counts here has a URL that can't be one.
    """
    if is_loopback(url.host):
        return Route()
    named = getproxies()
    scheme = next((scheme for scheme in (url.scheme, "all") if named.get(scheme)), None)
    if scheme is None or _goes_past(url, named.get("no", "")):
        return Route()
    variable = _variable(f"{scheme}_proxy")
    if variable == _SYSTEM and proxy_bypass(url.host):
        return Route()
    return Route(_proxy(named[scheme], variable, url.host), variable)


def certificates() -> ssl.SSLContext:
    """Returns the authorities to trust: those of SSL_CERT_FILE, else of SSL_CERT_DIR, else the usual ones.

    Raises:
        ConfigurationError: a file or folder that the environment names can't be used.
    """
    return _context(*(os.environ.get(name, "") for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")))


@lru_cache(maxsize=4)
def _context(file: str, folder: str, keys: str) -> ssl.SSLContext:
    """Loading the list takes 20 ms and much memory, so that all clients of a process share it."""
    variable, path = ("SSL_CERT_FILE", file) if file else ("SSL_CERT_DIR", folder)
    if folder and not file and not any(Path(part).is_dir() for part in folder.split(os.pathsep)):
        raise _unusable(variable, path, "there is no such folder")
    try:
        if path:
            return ssl.create_default_context(cafile=file or None, capath=None if file else folder)
        return httpx.create_ssl_context(trust_env=False)
    except ssl.SSLError:
        raise _unusable(variable, path, "there is no certificate in PEM form in it") from None
    except OSError as error:
        reason = error.strerror or str(error)
        if keys and error.filename == keys:
            # Python itself opens it, to write the keys of connections there for a tracing tool.
            raise ConfigurationError(
                f"SSLKEYLOGFILE names a file that can't be written: {keys} ({reason}).",
                where="SSLKEYLOGFILE",
                advice="Unset SSLKEYLOGFILE: whoever reads that file can read every connection.",
            ) from None
        raise _unusable(variable, path, reason) from None


def _unusable(variable: str, path: str, reason: str) -> ConfigurationError:
    if not path:
        return ConfigurationError(
            f"The usual list of certificate authorities can't be read ({reason}).",
            advice="Install the Python package certifi again.",
        )
    return ConfigurationError(
        f"{variable} names certificates that can't be used: {path} ({reason}).",
        where=variable,
        advice=f"Name the authorities to trust, in PEM form, or unset {variable}: the usual ones are trusted then.",
    )


def _limits(policy: HttpPolicy) -> httpx.Limits:
    return httpx.Limits(
        max_connections=policy.connections,
        max_keepalive_connections=policy.connections,
        keepalive_expiry=policy.kept_seconds,
    )


def _variable(name: str) -> str:
    """The name as it stands in the environment, where the small one counts before the capitals."""
    return next((one for one in (name, name.upper()) if os.environ.get(one)), _SYSTEM)


def _proxy(text: str, variable: str, host: str) -> httpx.Proxy:
    text = text.strip()
    try:
        url = httpx.URL(text if "://" in text else f"http://{text}")
    except (httpx.InvalidURL, UnicodeError):
        url = httpx.URL("")
    # More than a host is most often a password with a # or a / in it: nothing of that may be shown, or asked.
    more = url.path not in {"", "/"} or url.query or url.fragment
    if more or url.scheme not in _SCHEMES or not url.host or not can_be_a_port(url.port):
        raise ConfigurationError(
            f"{variable} does not hold the URL of a proxy that can be used.",
            where=variable,
            advice=f"Write it like http://proxy.example:3128 (# / ? @ in a password as %23 %2F %3F %40), unset it, or "
            f"put {host} into NO_PROXY.",
        )
    return httpx.Proxy(url, ssl_context=certificates() if url.scheme == "https" else None)


def _goes_past(url: httpx.URL, names: str) -> bool:
    """Whether NO_PROXY names this URL: a host, a domain with all below it, a network, or ``*`` for everything."""
    for entry in filter(None, re.split(r"[\s,]+", names.lower())):
        name = entry.rpartition("://")[2].rstrip("/") if "://" in entry else entry
        if name == "*" or _names(name.removeprefix("*").lstrip("."), url):
            return True
    return False


def _names(name: str, url: httpx.URL) -> bool:
    host = url.host.lower()
    if name.count(":") == 1 or "]:" in name:
        name, _, port = name.rpartition(":")
        if port != str(url.port or (443 if url.scheme == "https" else 80)):
            return False
    name = name.strip("[]")
    try:
        return ip_address(host) in ip_network(name, strict=False)
    except ValueError:
        return bool(name) and (host == name or host.endswith(f".{name}"))
