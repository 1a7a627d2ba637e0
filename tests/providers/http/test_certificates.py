"""Certificates over real sockets: which are trusted, and what an operator reads of one that is not."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from bema_tui.errors import ConnectionFailed
from bema_tui.providers.edd.client import EasyDigitalDownloads
from bema_tui.providers.http.breaker import Breaker, BreakerState
from bema_tui.providers.http.null_ports import NoMeter
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.secrets import Secret
from tests.providers.helpers import KEY, TOKEN, Time
from tests.providers.http.serving import Server, answer, mailerlite, running

FOLDER = Path(__file__).parent / "certificates"
AUTHORITY = FOLDER / "authority.pem"


@pytest.fixture(autouse=True)
def usual(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)


def tls(certificate: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FOLDER / certificate, FOLDER / "server.key")
    return context


UNTRUSTED: dict[str, tuple[str, bool, str, str]] = {
    "signed by itself": ("self_signed.pem", False, "it is signed by itself", "set SSL_CERT_FILE to that file"),
    "an unknown authority": ("valid.pem", False, "by an authority that this machine does not know", "SSL_CERT_FILE"),
    "expired": ("expired.pem", True, "it has expired", "Ask whoever runs localhost to renew it"),
    "not valid yet": ("early.pem", True, "it is not valid yet", "Set the clock if it is wrong"),
    "another name": ("elsewhere.pem", True, "another name than localhost", "Check the URL in the settings"),
}


@pytest.mark.fault("A14")
@pytest.mark.parametrize("kind", UNTRUSTED)
async def test_a_certificate_that_is_not_trusted_is_named_and_not_tried_again(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, known, why, what_to_do = UNTRUSTED[kind]
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
    server, time, breaker = Server(answer(b"{}")), Time(), Breaker(failures=1)
    async with (
        running(server, tls(certificate)) as port,
        EasyDigitalDownloads(
            f"https://localhost:{port}", Secret(KEY), Secret(TOKEN), interrupt=time, meter=NoMeter(), breaker=breaker
        ) as shop,
    ):
        with pytest.raises(ConnectionFailed, match="its certificate is not trusted") as caught:
            await shop.has_right()
    error = caught.value
    assert why in error.message
    assert what_to_do in error.advice
    assert not error.retryable
    assert "times" not in error.message
    assert not any(word in str(error).lower() for word in ("verif", "insecure", "ignore"))
    # Nothing was sent, nothing was waited for, and the next call says the same in place of "left in peace".
    assert (server.requests, time.slept) == ([], [])
    assert breaker.state is BreakerState.CLOSED


@pytest.mark.fault("A14")
async def test_an_authority_that_ssl_cert_file_names_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
    server = Server(answer(b'{"total": 7}'))
    async with running(server, tls("valid.pem")) as port:
        async with mailerlite(f"https://localhost:{port}/api", HttpPolicy()) as service:
            assert await service.count_subscribers() == 7
        async with mailerlite(f"https://127.0.0.1:{port}/api", HttpPolicy()) as service:
            assert await service.count_subscribers() == 7


@pytest.mark.fault("A14")
async def test_a_list_that_lacks_the_authority_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(FOLDER / "self_signed.pem"))
    async with (
        running(Server(answer(b"{}")), tls("valid.pem")) as port,
        mailerlite(f"https://localhost:{port}/api", HttpPolicy()) as service,
    ):
        with pytest.raises(ConnectionFailed, match="does not know") as caught:
            await service.count_subscribers()
    assert f"Only the authorities in SSL_CERT_FILE ({FOLDER / 'self_signed.pem'})" in caught.value.advice


@pytest.mark.fault("A14", "A6")
async def test_the_certificate_of_a_proxy_may_be_the_one_that_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(Server(answer(b"{}")), tls("valid.pem")) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"https://localhost:{port}")
        async with mailerlite("https://mail.example/api", HttpPolicy()) as service:
            with pytest.raises(ConnectionFailed, match="does not know; or it is the certificate of the proxy https"):
                await service.count_subscribers()


async def test_an_address_without_encryption_behind_https_is_told() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(5)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with (
        await asyncio.start_server(plain, "127.0.0.1", 0) as listening,
        mailerlite(f"https://localhost:{listening.sockets[0].getsockname()[1]}/api", HttpPolicy(tries=1)) as service,
    ):
        with pytest.raises(ConnectionFailed, match="no encryption is spoken at this port"):
            await service.count_subscribers()
