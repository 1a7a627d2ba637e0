"""Why a service's certificate is not trusted, in plain words, and what to do; checking it is never switched off."""

from __future__ import annotations

import os
import ssl
from typing import Final

from bema_tui.clock import utc_now

# OpenSSL's numbers (X509_V_ERR_…), which Python has no names for.
_NOT_YET_VALID: Final = 9
_EXPIRED: Final = 10
_SIGNED_BY_ITSELF: Final = 18
_UNKNOWN_AUTHORITY: Final = frozenset({2, _SIGNED_BY_ITSELF, 19, 20, 21})
_OTHER_NAME: Final = frozenset({62, 64})


def untrusted_words(error: ssl.SSLCertVerificationError, host: str) -> tuple[str, str]:
    """What is wrong with the certificate of ``host``, as a clause, and what the operator can do about it."""
    code: int = getattr(error, "verify_code", 0)
    clock = f"this machine's clock says {utc_now():%d %B %Y, %H:%M} UTC"
    if code == _EXPIRED:
        why, advice = "it has expired", f"Ask whoever runs {host} to renew it ({clock})."
    elif code == _NOT_YET_VALID:
        why, advice = "it is not valid yet", f"Set the clock if it is wrong ({clock}); else ask whoever runs {host}."
    elif code in _OTHER_NAME:
        why = f"it is made out to another name than {host}"
        advice = f"Check the URL in the settings; if it is right, ask whoever runs {host} for a certificate for it."
    elif code in _UNKNOWN_AUTHORITY:
        signed = "by itself" if code == _SIGNED_BY_ITSELF else "by an authority that this machine does not know"
        why, advice = f"it is signed {signed}", _how_to_trust(host)
    else:
        reason: str = getattr(error, "verify_message", "") or "no reason is given"
        why, advice = reason, f"Ask whoever runs {host}."
    return f"its certificate is not trusted: {why}", f"{advice} Until then no key is sent there."


def _how_to_trust(host: str) -> str:
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file or folder:
        name, value = ("SSL_CERT_FILE", file) if file else ("SSL_CERT_DIR", folder)
        return (
            f"Only the authorities in {name} ({value}) are trusted now: add the one of {host} there if you know it, "
            f"or unset {name} to trust the usual ones."
        )
    return (
        "If your company signs by itself, or looks into encrypted traffic, get its authority's certificate from your "
        "administrator, put it into one PEM file together with the usual ones, and set SSL_CERT_FILE to that file. "
        f"If not, ask whoever runs {host}: its server may send an incomplete chain, or somebody else may answer for it."
    )
