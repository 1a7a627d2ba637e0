"""Takes in an answer's body within a limit that holds while it is unpacked: a few packed bytes can mean gigabytes."""

from __future__ import annotations

import zlib
from typing import Final

import httpx

from bema_tui.text import clean

ACCEPTED: Final = "gzip"
"""What answers may be packed as: the one coding whose unpacking the standard library can hold to a limit."""
_GZIP: Final = zlib.MAX_WBITS | 16
_PLAIN: Final = ("", "identity")
_STEP: Final = 256 * 1024  # bytes unpacked at a time


class BodyRefusedError(Exception):
    """An answer that is not taken in; its text says why, as a clause. It never leaves this package."""


async def body_of(response: httpx.Response, limit: int) -> bytearray:
    """The whole body, unpacked. No more than ``limit`` bytes are ever unpacked, nor received.

    Raises:
        BodyRefusedError: the body is larger than that, or packed in a way that was not asked for.
        httpx.DecodingError: it is not packed as it says, or breaks off.
    """
    # Each coding multiplies by a thousand what the one before it did: one is enough for any honest service.
    codings = [
        name for part in response.headers.get_list("content-encoding", split_commas=True) if (name := _name(part))
    ]
    if codings not in ([], ["gzip"]):
        raise BodyRefusedError(f"an answer packed as {clean(', '.join(codings), 60)}, where only gzip was asked for")
    body = bytearray()
    received = 0
    unpack = zlib.decompressobj(_GZIP) if codings else None
    async for part in response.aiter_raw():
        received += len(part)
        if unpack is None:
            body += part
        elif not unpack.eof:
            _unpack(unpack, part, body, limit)
        if max(received, len(body)) > limit:
            raise BodyRefusedError(f"an answer of more than {limit} bytes")
    if unpack is not None and received and not unpack.eof:
        raise httpx.DecodingError("the packed answer breaks off")
    return body


def _name(coding: str) -> str:
    name = coding.strip().lower()
    return "" if name in _PLAIN else name.removeprefix("x-")


def _unpack(unpack: zlib._Decompress, part: bytes, body: bytearray, limit: int) -> None:
    """Unpack ``part`` behind ``body``, step by step, until a byte more than the limit."""
    try:
        while part and len(body) <= limit:
            body += unpack.decompress(part, min(_STEP, limit + 1 - len(body)))
            part = unpack.unconsumed_tail
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from None
