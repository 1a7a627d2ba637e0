"""Which hosts are this machine: in clear only to these, and a console on nothing else is no live one."""

from __future__ import annotations

import pytest
from attrs import evolve

from bema_tui.loopback import is_loopback
from bema_tui.operations.workspace import mode_of
from bema_tui.settings import Settings


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.2", "::1", "[::1]"])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)
    assert _mode(f"http://{host if ':' not in host else '[::1]'}:8080/api", "http://localhost:1") == "SIMULATOR"


@pytest.mark.parametrize("host", ["", "shop.example", "127.0.0.1.evil.example", "10.0.0.1", "0.0.0.0"])
def test_another_machine(host: str) -> None:
    assert not is_loopback(host)
    assert _mode(f"https://{host}/api", "http://localhost:1") == "LIVE"


def _mode(mailerlite: str, shop: str) -> str:
    plain = Settings()
    return mode_of(evolve(plain, mailerlite=evolve(plain.mailerlite, url=mailerlite), edd=evolve(plain.edd, url=shop)))
