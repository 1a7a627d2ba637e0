"""What a shop is to the HTTP policy: where it is, what it writes itself, and what to do when it does not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import httpx

from bema_tui.bounds import MAINTENANCE_SECONDS
from bema_tui.providers.http.call import FaultKind, Service
from bema_tui.providers.http.url import base_url, shown
from bema_tui.secrets import Secret

OLDEST: Final = "3.1.0.4"
"""The first EDD whose sales hold a date in UTC. Its version is told from a sale: most keys may not see it."""
ROLE_ADVICE: Final = (
    "Use the key and token of a WordPress user with the role shop_accountant (or shop_manager): "
    "the right it takes is view_shop_reports."
)
_POST_ADVICE: Final = (
    "If it refuses every POST and that can't be changed, set edd_credentials_in_url = true: the shop is asked by GET "
    "then, but its access logs hold key and token."
)
_API_PATH: Final = re.compile(r"/edd-api(/.*)?$")
_OWN_KEYS: Final = frozenset({"error", "request_speed"})
_FAULT_ADVICE: Final = {
    FaultKind.EMPTY: "An empty body can also mean text that is not valid UTF-8 in the shop's database.",
    FaultKind.ANOTHERS: (
        "A cache in front of the shop gives one answer to different questions: whoever runs it excludes requests that "
        "hold edd-api."
    ),
    FaultKind.NOT_UTF8: (
        "A text in the shop's database or theme is stored in another encoding: whoever runs the shop finds it by the "
        "newest orders and products, and saves it again."
    ),
    FaultKind.IN_FRONT: (
        "PHP shows its notices to everybody: whoever runs the shop's server sets display_errors = Off (WordPress: "
        "WP_DEBUG_DISPLAY false in wp-config.php), and mends what the notice names."
    ),
    FaultKind.MARKS_IN_FRONT: (
        "Files of the shop's theme or plugins (wp-config.php and functions.php, most often) were saved with a byte "
        "order mark: whoever runs the shop saves them as UTF-8 without BOM."
    ),
    FaultKind.BEHIND: (
        "A cache, an optimiser or a counter adds to every answer of the shop: whoever runs it excludes requests that "
        "hold edd-api from that."
    ),
}


def base_of_shop(url: str, *, setting: str = "The shop's URL (BEMA_EDD_URL)") -> httpx.URL:
    """The checked base URL of a shop; an ``/edd-api/…`` behind it is left off.

    Raises:
        ConfigurationError: it is no URL that can be used.
    """
    checked = base_url(url, setting=setting)
    # Many paste the API's URL: it is the same shop, and with plain permalinks only its front page answers.
    return checked.copy_with(path=_API_PATH.sub("", checked.path) or "/")


def described(url: httpx.URL, secrets: Mapping[str, Secret], *, in_url: bool) -> Service:
    """The shop at ``url``; its key and token travel in the form body, or ``in_url``."""
    return Service(
        name="EDD",
        place="the shop",
        maintenance_seconds=MAINTENANCE_SECONDS,
        url=url,
        form={} if in_url else secrets,
        query=secrets if in_url else {},
        wrote=_wrote,
        rights_advice=f"Check key and token. {ROLE_ADVICE}",
        front_advice=(
            "It is no fault of key and token: a firewall, a security plugin, a login or the web server stands there. "
            "Check the shop's URL (with its folder, if it has one); if it is right, ask whoever runs it to let "
            f"requests that hold edd-api through to {shown(url)}/."
        ),
        browser_advice=(
            "It is no fault of key and token, and does not pass by itself: ask whoever runs the shop to let requests "
            "that hold edd-api through without a test for browsers (in Cloudflare: a rule that skips it for this "
            "machine's address or that path, and neither Under Attack Mode nor Bot Fight Mode)."
        ),
        post_advice="" if in_url else _POST_ADVICE,
        moved_advice="If this database knows the shop, prove first that it is the same: bema-tui shop move {url}.",
        answer_advice=(
            "Check the shop's URL (with its folder, if it has one), that Easy Digital Downloads is active, "
            "that no cache, maintenance page or firewall answers instead, and that PHP shows no warnings."
        ),
        fault_advice=_FAULT_ADVICE,
        heavy_advice="PHP may be out of memory or time (its error log says so): try a smaller edd.page_size.",
    )


def _wrote(_: httpx.Response, body: Mapping[str, object]) -> bool:
    """EDD's refusals are an object with ``error`` and nothing else of their own."""
    return isinstance(body.get("error"), str) and body.keys() <= _OWN_KEYS
