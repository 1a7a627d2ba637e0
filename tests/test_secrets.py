"""The one wrapper of keys and tokens: it does not show itself, and knows what no key can be."""

from __future__ import annotations

import traceback

import pytest

from bema_tui.errors import ConfigurationError
from bema_tui.secrets import UNSET, Secret


def test_a_secret_hides_in_repr_and_text() -> None:
    secret = Secret("abc123")
    assert "abc123" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "abc123"


def test_one_that_is_not_set_is_false_and_says_so() -> None:
    assert not UNSET
    assert str(UNSET) == "[not set]"
    assert Secret("abc123")


def test_a_key_that_can_be_one_is_usable() -> None:
    secret = Secret("a/very+secret=key.0123")
    assert secret.usable("The key") is secret


@pytest.mark.parametrize("value", ["", "two words", "line\n", "schlüssel", "\x1b"])
def test_what_can_be_no_key_is_refused_by_its_setting_without_showing_it(value: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^The key ") as caught:
        Secret(value).usable("The key")
    assert not value or value not in str(caught.value)


def test_no_frame_of_the_refusal_holds_the_key() -> None:
    secret = Secret("two words")
    with pytest.raises(ConfigurationError) as caught:
        secret.usable("The key")
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
    ours = [frame for frame in frames if "/bema_tui/" in frame.filename]
    assert ours
    assert not [frame.name for frame in ours if "two words" in str(frame.locals)]
