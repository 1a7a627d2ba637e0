"""Bodies of answers: whole however they arrive, and never more of them in memory than the limit allows."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Iterable

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bema_tui.errors import BadAnswer, ConnectionFailed, WriteUnknown
from bema_tui.providers.http.bodies import BodyRefusedError, body_of
from bema_tui.providers.http.null_ports import NoMeter, Unlimited
from bema_tui.providers.http.policy import HttpPolicy
from bema_tui.providers.mailerlite.client import MailerLite
from bema_tui.secrets import Secret
from tests.providers.helpers import KEY, Time
from tests.providers.http.serving import Server, running

LIMIT = 1 << 20
MANY = 64 * LIMIT


class Parts(httpx.AsyncByteStream):
    """A body in given parts."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part


def body(content: bytes, size: int, limit: int, *codings: str) -> bytes:
    """What becomes of ``content`` that arrives in parts of ``size``."""
    headers = [("content-encoding", coding) for coding in codings]
    parts = [content[start : start + size] for start in range(0, len(content), size)]
    response = httpx.Response(200, headers=headers, stream=Parts(parts))
    return bytes(asyncio.run(body_of(response, limit)))


@given(st.binary(max_size=2000), st.integers(1, 50), st.booleans())
@example(b"\0" * 600_000, 7, True)
def test_every_body_comes_whole_in_whatever_parts(content: bytes, size: int, packed: bool) -> None:
    sent, codings = (gzip.compress(content), ("gzip",)) if packed else (content, ())
    assert body(sent, size, max(len(content), len(sent)), *codings) == content


@pytest.mark.fault("E4")
@given(st.integers(1, 5000), st.integers(0, 5000), st.integers(1, 50))
def test_the_limit_holds_to_the_byte(size: int, limit: int, part: int) -> None:
    content = bytes(size)
    if size <= limit:
        assert body(content, part, limit) == content
    else:
        with pytest.raises(BodyRefusedError, match=f"more than {limit} bytes"):
            body(content, part, limit)
        with pytest.raises(BodyRefusedError, match=f"more than {limit} bytes"):
            body(gzip.compress(content), part, limit, "gzip")


@pytest.mark.fault("E4")
@pytest.mark.parametrize(
    "codings",
    [("gzip, gzip",), ("gzip", "gzip"), ("deflate",), ("br",), ("zstd",), ("gzip, identity, GZIP",), ("x\x1b[31m",)],
)
def test_one_coding_at_most_and_only_the_one_that_was_asked_for(codings: tuple[str, ...]) -> None:
    with pytest.raises(BodyRefusedError, match="where only gzip was asked for") as caught:
        body(gzip.compress(gzip.compress(b"{}")), 100, LIMIT, *codings)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("codings", [("gzip",), ("GZIP",), ("x-gzip",), ("identity, gzip",), ("gzip", "")])
def test_names_of_the_one_coding(codings: tuple[str, ...]) -> None:
    assert body(gzip.compress(b"{}"), 5, LIMIT, *codings) == b"{}"


@pytest.mark.parametrize(
    "sent", [b"{}", gzip.compress(b"{}", mtime=0)[:-1], gzip.compress(b"x" * 99, mtime=0)[:20], zlib.compress(b"{}")]
)
def test_what_is_not_packed_as_it_says_is_garbled(sent: bytes) -> None:
    with pytest.raises(httpx.DecodingError):
        body(sent, 5, LIMIT, "gzip")


@pytest.mark.fault("E4")
@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip"])
async def test_a_small_packed_answer_can_not_fill_the_memory(coding: str) -> None:
    bomb = gzip.compress(bytes(MANY))
    assert len(bomb) < MANY / 900  # it arrives in one or two pieces
    sent = gzip.compress(bomb) if "," in coding else bomb
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: {coding}\r\n"
    server = Server(f"{head}Content-Length: {len(sent)}\r\n\r\n".encode() + sent)
    policy = HttpPolicy(max_body=LIMIT, timeout=30.0)
    async with (
        running(server) as port,
        MailerLite(
            f"http://127.0.0.1:{port}/api",
            Secret(KEY),
            gate=Unlimited(),
            interrupt=Time(),
            meter=NoMeter(),
            policy=policy,
        ) as service,
    ):
        tracemalloc.start()
        try:
            with pytest.raises(BadAnswer):
                await service.count_subscribers()
            with pytest.raises(WriteUnknown):
                await service.add_subscriber_to_group("1", "2")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 4 * LIMIT
    assert b"accept-encoding: gzip\r\n" in server.requests[0].lower()


@pytest.mark.fault("E4")
@pytest.mark.parametrize("head", ["X: " + "a" * 300_000, "\r\n".join(f"X-{n}: {'a' * 200}" for n in range(1500))])
async def test_a_head_without_end_is_left(head: str) -> None:
    server = Server(f"HTTP/1.1 200 OK\r\n{head}\r\nContent-Length: 2\r\n\r\n{{}}".encode())
    policy = HttpPolicy(tries=1, timeout=30.0)
    async with (
        running(server) as port,
        MailerLite(
            f"http://127.0.0.1:{port}/api",
            Secret(KEY),
            gate=Unlimited(),
            interrupt=Time(),
            meter=NoMeter(),
            policy=policy,
        ) as service,
    ):
        with pytest.raises(ConnectionFailed, match="the head of its answer has no end"):
            await service.count_subscribers()
