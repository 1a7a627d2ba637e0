"""Answers of somebody else in the place of a service: who wrote a refusal is told apart, and no page is an address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from bema_tui.errors import BadAnswer, ConnectionFailed, NotAuthorized, RequestRefused
from bema_tui.providers.mailerlite.client import MailerLite
from tests.providers.helpers import KEY, Script, edd, mailerlite, page, reply

ASK: list[Callable[[MailerLite], Awaitable[object]]] = [
    lambda service: service.find_subscriber("a@b.example"),
    lambda service: service.find_subscriber("a@example.org"),
    lambda service: service.remove_subscriber_from_group("1", "2"),
    lambda service: service.add_subscriber_to_group("1", "2"),
    lambda service: service.ensure_group("2026_X_Y_GOLD"),
]
FOREIGN = {
    "a proxy's page": (
        page("<title>Access denied</title><p>By policy 7.</p>", 403),
        "(403)",
        "Access denied: By policy 7",
    ),
    "a proxy's JSON": (reply({"error": "blocked", "policy": 7}, 403), "(403)", "blocked"),
    "another API": (reply({"code": "x", "message": "No.", "data": {"status": 403}}, 403), "(403)", "No"),
    "a proxy that wants a password": (reply({"message": "Log in", "realm": "x"}, 401), "(401)", "Log in"),
    "a web server": (page("<h1>Not Found</h1>", 404), "(404)", "Not Found"),
    "a JSON that is no absence": (reply({"status": 404, "error": "Not Found"}, 404), "(404)", "Not Found"),
    "no such way": (httpx.Response(405), "(405)", "does not say why"),
    "a header too long": (page("<title>400 Bad Request</title>", 400), "(400)", "400 Bad Request"),
    "words in plain text": (httpx.Response(403, text=f"error code: 1020 {KEY}"), "(403)", "error code: 1020 [hidden]"),
}


@pytest.mark.fault("A9")
@pytest.mark.parametrize("name", FOREIGN)
async def test_a_refusal_that_mailerlite_did_not_write_says_nothing_of_key_subscriber_or_group(name: str) -> None:
    answer, status, words = FOREIGN[name]
    for ask in ASK:
        with pytest.raises(BadAnswer) as caught:
            await ask(mailerlite(Script([answer])))
        assert caught.value.message.startswith(f"Something in front of MailerLite refuses the request {status}, and ")
        assert words in caught.value.message
        assert "Check the key" not in caught.value.advice
        assert KEY not in str(caught.value)


@pytest.mark.fault("A9")
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply({"message": "Unauthenticated."}, 401), NotAuthorized),
        (reply({"message": "Your plan has no API."}, 403), NotAuthorized),
        (reply({"other": 1}, 403, x_ratelimit_limit="120"), NotAuthorized),
        (reply({"errors": {"id": ["The selected id is invalid."]}}, 422), RequestRefused),
        (reply({"message": "x", "errors": {}, "code": 7}, 422), RequestRefused),
        (reply({"message": "The GET method is not supported for this route."}, 405), RequestRefused),
    ],
)
async def test_a_refusal_that_mailerlite_wrote_is_its_own(answer: httpx.Response, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        await mailerlite(Script([answer])).find_subscriber("a@b.example")


@pytest.mark.parametrize(
    "text", ["", "No query results for model [App\\Models\\Subscriber\\Subscriber].", "Resource not found."]
)
async def test_each_form_of_its_404_is_an_absence(text: str) -> None:
    service = mailerlite(Script([reply({"message": text}, 404)]))
    assert await service.find_subscriber("a@b.example") is None
    await service.remove_subscriber_from_group("1", "2")


def sent_to(location: str, status: int) -> httpx.Response:
    return httpx.Response(status, headers={"location": location})


LOGINS = [
    "https://shop.example/wp-login.php?redirect_to=x",
    "/wp-admin/",
    "https://login.hotel.example/captive?from=x",
    "https://sso.example.org/auth/realms/x",
    "https://x.example/users/sign_in",
    "https://x.example/Login.aspx",
]


@pytest.mark.fault("A9")
@pytest.mark.parametrize("location", LOGINS)
@pytest.mark.parametrize("status", [301, 302, 307])
async def test_a_login_is_no_address_to_set(location: str, status: int) -> None:
    for service in (edd(Script([sent_to(location, status)])), mailerlite(Script([sent_to(location, status)]))):
        with pytest.raises(BadAnswer, match="asks for a login") as caught:
            await service.validate_connection()
        assert "set the URL" not in caught.value.advice
        assert "ask " in caught.value.advice


@pytest.mark.parametrize(
    ("location", "status", "address"),
    [
        ("https://www.shop.example/store/", 302, "https://www.shop.example/store"),
        ("https://www.shop.example/store", 301, "https://www.shop.example/store"),
        ("https://shop.example/new/", 308, "https://shop.example/new"),
        ("https://shop.example/coming-soon/", 302, ""),
        ("https://shop.example/moved.html", 301, ""),
        ("https://shop.example/store/", 302, ""),
        ("", 302, ""),
    ],
)
async def test_only_what_can_be_the_shop_is_an_address_to_set(location: str, status: int, address: str) -> None:
    with pytest.raises(BadAnswer, match=rf"sends us elsewhere \({status}\)") as caught:
        await edd(Script([sent_to(location, status)])).validate_connection()
    asked = f"If that is right, set the URL to {address}." if address else "Check the shop's URL"
    assert caught.value.advice.startswith(asked)


async def test_the_address_to_set_is_the_one_without_the_path_of_the_request() -> None:
    moved = sent_to("https://mail.example/v2/api/groups?page=1", 308)
    with pytest.raises(BadAnswer, match=r"to https://mail\.example/v2/api/groups;") as caught:
        await mailerlite(Script([moved])).validate_connection()
    assert caught.value.advice == "If that is right, set the URL to https://mail.example/v2/api."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            page("<title>Maintenance</title><h1>Back in a minute.</h1>", 503),
            'it answered 503 ("Maintenance: Back in a minute"), 3 times',
        ),
        (reply({"code": "internal_server_error", "message": "<p>Critical error.</p>"}, 500), '500 ("Critical error")'),
        (reply({"message": f"Server Error {KEY}"}, 502), '502 ("Server Error [hidden]")'),
        (httpx.Response(504), "it answered 504, 3 times."),
    ],
)
async def test_what_a_service_in_trouble_says_is_told(answer: httpx.Response, words: str) -> None:
    for service in (edd(Script([answer])), mailerlite(Script([answer]))):
        with pytest.raises(ConnectionFailed) as caught:
            await service.validate_connection()
        assert words in caught.value.message


CHALLENGE = (
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Enable JavaScript and cookies.</body>"
)
BY_CLOUDFLARE = {"server": "cloudflare"}
CHALLENGES = {
    "by its header": httpx.Response(403, headers={"cf-mitigated": "challenge", **BY_CLOUDFLARE}, html="<p>Wait.</p>"),
    "by its page": httpx.Response(403, headers=BY_CLOUDFLARE, html=CHALLENGE),
    "an older one": httpx.Response(503, headers=BY_CLOUDFLARE, html=CHALLENGE),
    "with a time": httpx.Response(503, headers={"retry-after": "600", **BY_CLOUDFLARE}, html=CHALLENGE),
    "by its script": httpx.Response(403, headers=BY_CLOUDFLARE, html="<script>window._cf_chl_opt={}</script>"),
    "for too many": httpx.Response(429, headers={"retry-after": "600", "cf-mitigated": "challenge"}, html=CHALLENGE),
}


@pytest.mark.fault("A9")
@pytest.mark.parametrize("name", CHALLENGES)
async def test_a_test_for_browsers_is_said_to_be_one_at_once(name: str) -> None:
    """Whatever its status: to wait or to ask again would not help, and the shop itself has no trouble."""
    script = Script([CHALLENGES[name]])
    with pytest.raises(BadAnswer) as caught:
        await edd(script).validate_connection()
    told = f"Something in front of the shop (Cloudflare) asks for a browser ({CHALLENGES[name].status_code})"
    assert caught.value.message.startswith(told)
    assert "edd-api" in caught.value.advice
    assert "without a test for browsers" in caught.value.advice
    assert len(script.requests) == 1
    with pytest.raises(BadAnswer, match=r"Something in front of MailerLite \(Cloudflare\) asks for a browser"):
        await mailerlite(Script([CHALLENGES[name]])).add_subscriber_to_group("1", "2")


@pytest.mark.fault("A9")
async def test_another_vendors_test_for_browsers_is_no_answer_whatever_its_status() -> None:
    answer = httpx.Response(202, headers={"sg-captcha": "challenge"}, html="<meta http-equiv=refresh>")
    with pytest.raises(BadAnswer, match=r"the shop \(SiteGround\) asks for a browser \(202\)"):
        await edd(Script([answer])).validate_connection()


async def test_trouble_behind_cloudflare_is_trouble() -> None:
    watched = "<title>Maintenance</title><script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>"
    for headers in (BY_CLOUDFLARE, {"cf-mitigated": "block", **BY_CLOUDFLARE}):
        answer = httpx.Response(503, headers=headers, html=watched)
        with pytest.raises(ConnectionFailed, match="EDD has trouble: it answered 503"):
            await edd(Script([answer])).validate_connection()
