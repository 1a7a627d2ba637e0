"""What is no JSON object is told apart: cut off, with text around it, in another encoding, or something else."""

from __future__ import annotations

import json
import tracemalloc

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bema_tui.providers.http.call import FaultKind
from bema_tui.providers.http.excerpts import page_excerpt
from bema_tui.providers.http.responses import decoded, object_of

BODY = json.dumps({"sales": [{"ID": "1", "key": "k", "products": [{"id": 7}]}], "request_speed": 0.1}, indent=4)
BOM = "\ufeff"
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="{}[]<>&\ufeff"), max_size=200)


def fault_of(text: str | bytes, kind: str = "application/json") -> FaultKind | None:
    content = text.encode() if isinstance(text, str) else text
    answer, fault = object_of(httpx.Response(200, content=content, headers={"content-type": kind}))
    assert (fault is None) == bool(answer)
    return fault.kind if fault else None


@pytest.mark.fault("A13")
@given(TEXTS, TEXTS)
def test_text_around_the_json_is_never_called_damage(front: str, behind: str) -> None:
    expected = FaultKind.IN_FRONT if front.strip() else FaultKind.BEHIND if behind.strip() else None
    assert fault_of(front + BODY) == (FaultKind.IN_FRONT if front.strip() else None)
    assert fault_of(BODY + behind) == (FaultKind.BEHIND if behind.strip() else None)
    assert fault_of(front + BODY + f"<!-- {behind} -->") == (expected or FaultKind.BEHIND)


@pytest.mark.fault("A13")
@given(st.integers(1, len(BODY) - 1))
def test_what_breaks_off_is_damaged_wherever_it_does(end: int) -> None:
    assert fault_of(BODY[:end]) is FaultKind.DAMAGED
    assert fault_of(f"[{BODY}, {BODY[:end]}") is FaultKind.DAMAGED


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (BODY, None),
        (BOM + BODY, None),
        ("\r\n" + BOM + "\n" + BODY, None),
        (BOM + BOM + BODY, FaultKind.MARKS_IN_FRONT),
        (BOM + "\n" + BOM + BODY, FaultKind.MARKS_IN_FRONT),
        (BODY + BOM, FaultKind.BEHIND),
        (BODY + BODY, FaultKind.BEHIND),
        ("Notice: {x} " + BODY, FaultKind.IN_FRONT),
        ("{x} " + BODY, FaultKind.DAMAGED),  # it begins as JSON does
        ("Fatal error in function() { of a.php", FaultKind.OTHER),
        ("true", FaultKind.OTHER),
        ('{"a": NaN}', FaultKind.OTHER),
        ('{"a": ' + "9" * 10_000 + "}", FaultKind.OTHER),
        ("[" * 100_000, FaultKind.OTHER),
        (b'{"a": "\xff"}', FaultKind.NOT_UTF8),
        ('{"a": "ä"}'.encode()[:8], FaultKind.DAMAGED),
        (BODY.encode("utf-16"), FaultKind.NOT_UTF8),
        (" \n", FaultKind.EMPTY),
    ],
)
def test_each_kind_of_what_is_no_json_object(content: str | bytes, kind: FaultKind | None) -> None:
    assert fault_of(content) is kind


def test_a_web_page_with_json_in_it_is_a_web_page() -> None:
    text = f"<!doctype html><html><head><title>Shop</title><script>{BODY}</script></head><body>Hello.</body></html>"
    _, fault = object_of(httpx.Response(200, html=text))
    assert fault is not None
    assert fault.words == 'a web page instead of JSON, "Shop: Hello"'


@pytest.mark.fault("E4")
def test_no_answer_is_read_that_holds_more_values_than_any_honest_one() -> None:
    _, fault = decoded(b"[" + b"0," * 3_100_000 + b"0]")
    assert fault is not None
    assert "3,000,000 values" in fault.words
    assert decoded(b'["' + b"x" * 3_100_000 + b'"]')[1] is None


@pytest.mark.fault("E4")
@pytest.mark.parametrize("small", [b"[]", b"{}", b'{"":0}', b'{"":{"":{}}}', b'"ab"', b"1.5", b"9999999999"])
def test_what_is_counted_bounds_the_memory_that_an_answer_takes(small: bytes) -> None:
    """However short a value is written: it takes at most 120 bytes for each mark that is counted."""
    content = b"[" + b",".join([small] * 20_000) + b"]"
    parts = sum(content.count(mark) for mark in (b",", b"{", b"["))
    tracemalloc.start()
    try:
        answer, _ = decoded(content)
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer
    assert used < 125 * parts


@given(st.text(max_size=500))
def test_an_excerpt_is_short_clean_and_never_fails(text: str) -> None:
    told = page_excerpt(text, 60)
    assert told == "" or (told[0] == told[-1] == '"' and len(told) <= 62)
    assert told.isprintable() or not any(ord(char) < 32 for char in told)


@pytest.mark.parametrize("mark", ["<", "<!--", "<title>", "<script>", "<script", "</", "&#", "<style><", "{"])
def test_a_page_that_never_closes_what_it_opens_has_an_excerpt_too(mark: str) -> None:
    assert len(page_excerpt(mark * 200_000, 60)) <= 62
    assert decoded((mark * 200_000).encode())[1] is not None
