"""Switches of account and shop that have no other test."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.simulator.client import Client


@pytest.mark.parametrize(("form", "plain", "encoded"), [("both", 200, 200), ("plain", 200, 404), ("encoded", 404, 200)])
def test_emails_in_the_paths_of_a_batch(client: Client, form: str, plain: int, encoded: int) -> None:
    client.control("set", {"batch_paths": form})
    email = client.subscriber("e-mail with a plus")["email"]
    number = client.subscriber("buyer in GOLD")["id"]
    paths = [f"subscribers/{email}", f"subscribers/{quote(email, safe='')}", f"subscribers/{number}"]
    responses = client.batch(*(("GET", path) for path in paths)).json()["responses"]
    assert [response["code"] for response in responses] == [plain, encoded, 200]
    assert [client.mail("GET", path).status_code for path in paths] == [200, 200, 200], "outside of a batch all do"


@pytest.mark.parametrize("way", ["switch", "fault"])
def test_the_maintenance_page_of_wordpress(client: Client, way: str) -> None:
    client.control("set", {"maintenance": True} if way == "switch" else {"faults": {"maintenance": 1.0}})
    page = client.shop("info")
    assert (page.status_code, page.headers["retry-after"]) == (503, "600")
    assert page.headers["content-type"].startswith("text/html")
    assert "Briefly unavailable for scheduled maintenance" in page.text
    assert client.mail("GET", "groups").status_code == 200


def test_text_around_the_json_of_the_shop(client: Client) -> None:
    client.control("set", {"text_before_json": "Notice: odd in x.php\n", "text_after_json": "<!-- cached -->"})
    response = client.shop("info")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.text.startswith("Notice: odd in x.php\n{")
    assert response.text.endswith("}<!-- cached -->")
    client.control("set", {"text_before_json": "\ufeff\ufeff", "text_after_json": None})
    assert client.sales_text().startswith("\ufeff\ufeff{")
    assert client.mail("GET", "groups").json()["data"]
