"""What the environment says of proxies and certificates: heeded where it concerns a service, and named where wrong."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping

import httpx
import pytest

from bema_tui.errors import ConfigurationError, ConnectionFailed
from bema_tui.providers.http.connection import route_to
from bema_tui.providers.http.null_ports import NoMeter, Unlimited
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.http.url import base_url
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.secrets import Secret
from tests.providers.helpers import KEY, Time
from tests.providers.http.serving import serving
from tests.support.ports import free_port

SERVICE = "https://mail.example/api"
PASSWORD = "geheim-1234"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own settings of proxies and certificates are no part of a test."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("SSL"):
            monkeypatch.delenv(name)


def given(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def service(url: str = SERVICE) -> MailerLite:
    policy = HttpPolicy(timeout=30.0, tries=2)
    return MailerLite(url, Secret(KEY), gate=Unlimited(), interrupt=Time(), meter=NoMeter(), policy=policy)


MISTAKES: dict[str, tuple[dict[str, str], str]] = {
    "a SOCKS proxy without its package": ({"ALL_PROXY": "socks5://127.0.0.1:9"}, "ALL_PROXY"),
    "a proxy of an unknown kind": ({"ALL_PROXY": "socks://127.0.0.1:9"}, "ALL_PROXY"),
    "a port in words": ({"HTTPS_PROXY": "http://proxy.example:port"}, "HTTPS_PROXY"),
    "a port that is none": ({"https_proxy": "proxy.example:99999"}, "https_proxy"),
    "no host": ({"HTTPS_PROXY": "http://"}, "HTTPS_PROXY"),
    "an open bracket": ({"HTTPS_PROXY": "http://[::1"}, "HTTPS_PROXY"),
    "a password that ends the address": ({"HTTPS_PROXY": f"http://me:12#{PASSWORD}@proxy:3128"}, "HTTPS_PROXY"),
    "a password with a slash": ({"HTTPS_PROXY": f"http://me:12/{PASSWORD}@proxy:3128"}, "HTTPS_PROXY"),
    "a control character": ({"HTTPS_PROXY": "http://proxy\x1b.example:3128"}, "HTTPS_PROXY"),
    "a file that is not there": ({"SSL_CERT_FILE": "/missing.pem"}, "SSL_CERT_FILE"),
    "a folder for a file": ({"SSL_CERT_FILE": "/"}, "SSL_CERT_FILE"),
    "a file without certificates": ({"SSL_CERT_FILE": __file__}, "SSL_CERT_FILE"),
    "a folder that is not there": ({"SSL_CERT_DIR": "/missing:/nowhere"}, "SSL_CERT_DIR"),
    "keys that can't be written": ({"SSLKEYLOGFILE": "/missing/keys"}, "SSLKEYLOGFILE"),
    "a proxy with encryption and no list": (
        {"HTTPS_PROXY": "https://proxy.example", "SSL_CERT_FILE": "/missing.pem"},
        "SSL_CERT_FILE",
    ),
}


@pytest.mark.fault("A6")
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_environment_names_its_variable(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment, variable = MISTAKES[mistake]
    given(monkeypatch, environment)
    with pytest.raises(ConfigurationError) as caught:
        service()
    assert caught.value.message.startswith(f"{variable} ")
    assert caught.value.where == variable
    assert caught.value.advice
    assert PASSWORD not in str(caught.value)
    assert "12" not in str(caught.value).replace("3128", "")  # nor the part of a password before its #


@pytest.mark.fault("A6")
@pytest.mark.parametrize(
    "environment",
    [
        {"NO_PROXY": "[::1]"},
        {"NO_PROXY": "[::1],http://x:y,,*.[", "HTTPS_PROXY": "http://proxy.example"},
        {"ALL_PROXY": "socks5://127.0.0.1:9", "HTTPS_PROXY": "http://proxy.example:3128"},
        {"HTTP_PROXY": "nonsense://"},
        {"HTTPS_PROXY": ""},
        {"HTTPS_PROXY": " http://proxy.example:3128\t"},
        {"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""},
    ],
)
def test_what_does_not_concern_a_service_does_no_harm(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, environment)
    service()


@pytest.mark.fault("A6")
def test_a_service_on_this_machine_needs_no_proxy_and_without_encryption_no_certificate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given(monkeypatch, {"ALL_PROXY": "socks5://127.0.0.1:9", "HTTP_PROXY": "::", "SSL_CERT_FILE": "/missing"})
    service("http://127.0.0.1:8080/api")
    service("http://[::1]:8080/api")
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        service("https://localhost:8443/api")


@pytest.mark.parametrize(
    ("names", "past"),
    [
        ("mail.example", True),
        ("example", True),
        (".example", True),
        ("*.example", True),
        ("MAIL.Example:443", True),
        ("mail.example:8443", False),
        ("ail.example", False),
        ("localhost, 10.0.0.0/8 mail.example", True),
        ("https://mail.example/", True),
        ("*", True),
        ("", False),
        ("[::1]", False),
        (".", False),
    ],
)
def test_who_needs_no_proxy(names: str, past: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, {"HTTPS_PROXY": f"http://me:{PASSWORD}@proxy.example:3128", "NO_PROXY": names})
    route = route_to(httpx.URL(SERVICE))
    assert route.name == ("" if past else "the proxy http://proxy.example:3128 (from HTTPS_PROXY)")


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("https://10.1.2.3/", "10.0.0.0/8"),
        ("https://10.1.2.3:8443/", "10.1.2.3:8443"),
        ("https://[fd00::7]/", "[fd00::7]"),
        ("https://[fd00::7]/", "fd00::/8"),
        ("https://[fd00::7]:8443/", "[fd00::7]:8443"),
    ],
)
def test_numbers_and_networks_need_no_proxy(url: str, names: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, {"ALL_PROXY": "http://proxy.example", "NO_PROXY": names})
    assert route_to(httpx.URL(url)).proxy is None
    monkeypatch.setenv("NO_PROXY", "192.168.0.0/16")
    assert route_to(httpx.URL(url)).proxy is not None


@pytest.mark.fault("A6")
@pytest.mark.parametrize("port", [0, 65536, 99999])
def test_a_port_that_none_can_be_is_a_mistake_in_the_address(port: int) -> None:
    with pytest.raises(ConfigurationError, match=f"The shop's URL names port {port}") as caught:
        base_url(f"https://shop.example:{port}/", setting="The shop's URL")
    assert "65535" in caught.value.advice


# A proxy that is there, or is not. Services of other machines are asked for; no name of them is ever looked up.


async def asked_by_way_of(proxy: str, monkeypatch: pytest.MonkeyPatch) -> tuple[ConnectionFailed, Time]:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    time = Time()
    policy = HttpPolicy(timeout=30.0, tries=2)
    async with MailerLite(
        SERVICE, Secret(KEY), gate=Unlimited(), interrupt=time, meter=NoMeter(), policy=policy
    ) as mailerlite:
        with pytest.raises(ConnectionFailed) as caught:
            await mailerlite.add_subscriber_to_group("1", "2")
    assert PASSWORD not in str(caught.value)
    assert "HTTPS_PROXY" in caught.value.message
    return caught.value, time


@pytest.mark.fault("A6")
async def test_a_proxy_that_is_down_is_named_and_not_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    error, _ = await asked_by_way_of(f"http://me:{PASSWORD}@127.0.0.1:{port}", monkeypatch)
    proxy = f"the proxy http://127.0.0.1:{port} (from HTTPS_PROXY)"
    assert error.message == (
        f"MailerLite can't be reached at {SERVICE}: {proxy} does not answer: connection refused, 2 times."
    )
    assert error.advice == "Check HTTPS_PROXY, and whether the proxy is up; or go past it with NO_PROXY=mail.example."


@pytest.mark.fault("A6")
@pytest.mark.parametrize(
    ("answer", "words", "advice", "tries"),
    [
        ("407 Proxy Authentication Required", "refuses (407)", "name:password@", 1),
        ("403 Forbidden", "refuses (403)", "NO_PROXY=mail.example", 1),
        ("502 Bad Gateway", "refuses (502)", "NO_PROXY=mail.example", 2),
    ],
)
async def test_what_a_proxy_refuses_is_no_refusal_of_the_service(
    answer: str, words: str, advice: str, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(b"")
        writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()

    async with serving(refuse) as url:
        proxy = url.removesuffix("/api").replace("//", f"//me:{PASSWORD}@")
        error, time = await asked_by_way_of(proxy, monkeypatch)
    assert words in error.message
    assert advice in error.advice
    assert error.retryable == (tries > 1)
    assert (len(asked), len(time.slept)) == (tries, tries - 1)


@pytest.mark.fault("A6")
async def test_a_proxy_that_keeps_quiet_is_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def keep_quiet(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    monkeypatch.setenv("HTTPS_PROXY", "")
    async with serving(keep_quiet) as url:
        monkeypatch.setenv("HTTPS_PROXY", url.removesuffix("/api"))
        policy = HttpPolicy(timeout=0.1, tries=1)
        async with MailerLite(
            SERVICE, Secret(KEY), gate=Unlimited(), interrupt=Time(), meter=NoMeter(), policy=policy
        ) as mailerlite:
            with pytest.raises(ConnectionFailed, match=r"no answer within 0\.1 seconds, by way of the proxy"):
                await mailerlite.count_subscribers()
