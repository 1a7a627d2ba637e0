"""What MailerLite is to the HTTP policy: where it is, what it writes itself, and what to do when it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import httpx

from bema_tui.providers.http.call import Service
from bema_tui.providers.http.url import base_url
from bema_tui.secrets import Secret

_DOUBTFUL: Final = frozenset({401, 403, 404, 405})
"""What web servers, firewalls and proxies refuse with as well; taken for MailerLite's, it would condemn a key or a
person."""
_OWN_KEYS: Final = frozenset({"message", "errors", "exception", "file", "line", "trace"})


def described(url: str, key: Secret) -> Service:
    """MailerLite at ``url`` (which ends in ``/api``), asked with ``key``.

    Raises:
        ConfigurationError: the URL or the key can't be used.
    """
    checked = base_url(url, setting="The MailerLite URL (BEMA_MAILERLITE_URL)")
    return Service(
        name="MailerLite",
        place="MailerLite",
        quota=True,
        url=checked,
        bearer=key.usable("The MailerLite key (BEMA_MAILERLITE_KEY)"),
        wrote=_wrote,
        rights_advice="Check the key; it stops working when the user who made it leaves the account.",
        front_advice=(
            "It is no fault of the key: a proxy, a firewall or the sign-in page of this network stands there. Sign in "
            "with a browser if the network wants that; else ask its administrator to let requests to "
            f"{checked.host} through."
        ),
        answer_advice="Check the MailerLite URL, and whether something in between answers instead.",
    )


def _wrote(response: httpx.Response, body: Mapping[str, object]) -> bool:
    """Its refusals have a ``message`` or ``errors``, and they count down the quota, except for a refused key."""
    if "x-ratelimit-limit" in response.headers:
        return True
    told = isinstance(body.get("message"), str) or "errors" in body
    return told and (response.status_code not in _DOUBTFUL or body.keys() <= _OWN_KEYS)
