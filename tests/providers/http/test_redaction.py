"""Secrets are struck out of every text, and addresses that would give them away are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bema_tui.errors import ConfigurationError
from bema_tui.providers.http.redaction import redact
from bema_tui.providers.http.url import base_url, shown
from bema_tui.secrets import Secret
from bema_tui.text import clean

KEYS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=4)


@example("wrong+key/0123=", "at", quote)
@given(KEYS, st.text(max_size=20), st.sampled_from([str, quote, quote_plus]))
def test_no_spelling_of_a_secret_survives(key: str, around: str, spelling: Callable[[str], str]) -> None:
    text = redact(f"{around} {spelling(key)} {around}", [Secret(key)])
    left = text.replace("[hidden]", "\n")
    assert key not in left
    assert spelling(key) not in left


def test_a_secret_that_begins_with_another_is_hidden_whole() -> None:
    secrets = [Secret(key) for key in ("abcd", "abcdefgh", "cdef")]
    assert redact("token abcdefgh, key abcd", secrets) == "token [hidden], key [hidden]"


@given(KEYS.filter(lambda key: len(key) >= 8), st.integers(8, 300), st.sampled_from([str, quote, json.dumps]))
def test_what_was_cut_shows_no_beginning_of_a_secret(key: str, end: int, spelling: Callable[[str], str]) -> None:
    secret = [Secret(key)]
    spelled = spelling(key)[1:-1] if spelling is json.dumps else spelling(key)
    whole = f"said {spelled}"
    cut = clean(whole, min(end, len(whole)))
    assert spelled[:8] not in redact(cut, secret).replace("[hidden]", "\n")


def test_a_slash_that_json_escapes_hides_no_secret() -> None:
    assert redact(r"abcd\/efgh", [Secret("abcd/efgh")]) == "[hidden]"


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("https://Shop.Example/Store//", "https://shop.example/Store"),
        (" https://shop.example ", "https://shop.example"),
        ("http://127.0.0.1:8088/", "http://127.0.0.1:8088"),
        ("http://localhost:1/api/", "http://localhost:1/api"),
        ("http://[::1]:8/api", "http://[::1]:8/api"),
    ],
)
def test_an_address_is_normalised(given_url: str, expected: str) -> None:
    assert shown(base_url(given_url, setting="The URL")) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example",
        "http://127.0.0.1.evil.example",
        "ftp://shop.example",
        "shop.example",
        "",
        "https://user:password@shop.example",
        "https://shop.example/?key=password",
        "https://shop.example/#password",
        "https://[bad",
    ],
)
def test_an_address_that_would_give_a_key_away_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        base_url(url, setting="The URL")
    assert "password" not in str(caught.value).replace("no password", "")
