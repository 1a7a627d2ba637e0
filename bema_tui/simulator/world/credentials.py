"""The keys of both simulated systems."""

from __future__ import annotations

import hashlib
import random

import attrs


@attrs.frozen
class Credentials:
    """The keys of both systems, drawn from the seed."""

    mailerlite_key: str
    """The key of MailerLite's API."""
    edd_key: str
    """The public key of the shop's API."""
    edd_secret: str
    """What the shop makes its tokens with; no client knows it."""

    @classmethod
    def drawn(cls, seed: int) -> Credentials:
        rng = random.Random(f"keys {seed}")  # noqa: S311 - a simulation must be repeatable
        return cls(f"sim_{rng.getrandbits(512):0128x}", f"{rng.getrandbits(128):032x}", f"{rng.getrandbits(128):032x}")

    def edd_token(self, key: str | None = None) -> str:
        """Returns the token that belongs to a key: md5 of secret and key, as EDD makes it."""
        text = self.edd_secret + (self.edd_key if key is None else key)
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
