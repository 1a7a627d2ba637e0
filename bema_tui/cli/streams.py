"""What a command prints on a stream whose encoding can't show it: our own signs in ASCII, foreign text by code."""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import Final

_SIGNS: Final = {
    "→": ">", "…": "...", "–": "-", "—": "-", "·": "-", "•": "-", "×": "x", "’": "'", "‘": "'", "“": '"', "”": '"',
    "‹": "<", "›": ">", "✓": "v", "✗": "x", "▲": "!", "●": "*", "○": "o",
}  # fmt: skip
_NEAREST: Final = "bema-nearest"


def prepare_streams() -> None:
    """Let stdout and stderr take every text; one that the caller closed takes it and shows nothing."""
    codecs.register_error(_NEAREST, _nearest)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8", errors=_NEAREST))  # noqa: SIM115 (to the end)
        elif isinstance(stream, io.TextIOWrapper):
            if isinstance(stream.buffer, io.RawIOBase):
                stream = _whole(stream)
                setattr(sys, name, stream)
                setattr(sys, f"__{name}__", stream)
            stream.reconfigure(errors=_NEAREST)


def _whole(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """The stream with a buffer: without one (``PYTHONUNBUFFERED``) Python loses what a signal keeps it from writing."""
    buffer = io.BufferedWriter(io.FileIO(stream.fileno(), "w", closefd=False))
    return io.TextIOWrapper(buffer, stream.encoding, stream.errors, line_buffering=True)


def _nearest(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_SIGNS.get(char) or _code(char) for char in error.object[error.start : error.end]), error.end


def _code(char: str) -> str:
    return char.encode("ascii", "backslashreplace").decode("ascii")
