"""No key and no token in the database, the log (also at debug level), the screen or an error."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.operator import Operator, Said
from tests.support.proxy import Asked, Given, PassOn, Proxy
from tests.support.simulated import Simulated

NAMES = ("BEMA_MAILERLITE_KEY", "BEMA_EDD_KEY", "BEMA_EDD_TOKEN")
WRONG = {
    "BEMA_MAILERLITE_KEY": "wrong+mailerlite/key=0123456789",
    "BEMA_EDD_KEY": "wrongshopkey0123456789",
    "BEMA_EDD_TOKEN": "wrongshoptoken0123456789",
}


class Ears:
    """Hears everything that an operator's commands say, and looks for secrets in it and in what they leave behind."""

    def __init__(self, operator: Operator, *more: str) -> None:
        self._operator = operator
        self.secrets = {operator.environment[name] for name in NAMES} | set(WRONG.values()) | set(more)
        self._heard: dict[str, bytes] = {}

    def run(self, *words: str) -> Said:
        said = self._operator.run(*words, "--log-level", "debug")
        self._heard[f"{len(self._heard)} {' '.join(words)}"] = (said.out + said.err).encode()
        return said

    def everything(self) -> dict[str, bytes]:
        files = {str(path): path.read_bytes() for path in self._files()}
        return {**self._heard, **files}

    def _files(self) -> Iterable[Path]:
        return [path for path in self._operator.folder.rglob("*") if path.is_file()]

    def check(self) -> None:
        """Look for each secret, plain and as a URL spells it, and for its beginning."""
        for place, said in self.everything().items():
            for secret in self.secrets:
                for spelling in {secret, quote(secret, safe=""), secret[:16]}:
                    assert spelling.encode() not in said, f"a secret stands in {place}"


def test_a_whole_sync_tells_no_secret(simulated: Simulated, operator: Operator) -> None:
    ears = Ears(operator)
    code = ears.run("campaigns", "discover", "--add", "--json").document["campaigns"][0]["code"]
    for words in (
        ("plan", code),
        ("sync", code, "--yes"),
        ("sync", code, "--yes", "--json"),
        ("runs",),
        ("runs", "1", "--json"),
        ("changes", "2", "--json"),
        ("findings", "--json"),
        ("locks",),
        ("stats", "--json"),
    ):
        ears.run(*words)
    everything = ears.everything()
    assert b"MailerLite: POST /batch" in everything[str(operator.log)]  # the log did listen
    assert any(path.endswith(operator.database.name) for path in everything)
    ears.check()
    asked = str(simulated.requests())
    assert not any(secret in asked for secret in ears.secrets)  # nor in any address that a server's log would keep


@pytest.mark.parametrize("name", NAMES)
def test_a_refused_key_is_not_told(name: str, simulated: Simulated, operator: Operator) -> None:
    ears = Ears(operator)
    code = operator.discover()
    operator.environment[name] = WRONG[name]
    assert ears.run("sync", code, "--yes", "--json").status == 1
    assert ears.run("sync", code, "--yes").status == 1
    assert ears.run("campaigns", "discover", "--json").status == 1
    ears.run("runs", "1")
    ears.run("runs", "1", "--json")
    ears.check()


def test_a_service_that_repeats_the_key_is_not_believed(
    simulated: Simulated, operator: Operator, mailerlite_proxy: Proxy
) -> None:
    """An error page, an error message, a redirect and a group's name that carry the key back to us."""
    key = operator.environment["BEMA_MAILERLITE_KEY"]
    ears = Ears(operator)
    code = operator.discover()
    kind = {"content-type": "application/json"}
    answers = (
        Given(401, b"", kind).but({"message": f"The key {key} is unknown."}),
        Given(422, b"", kind).but({"message": f"Not with {key}.", "errors": {key: [f"{key}!"]}}),
        Given(302, b"", {"location": f"https://login.example/?key={key}"}),
        Given(500, f"<html>Authorization: Bearer {key}</html>".encode(), {"content-type": "text/html"}),
        Given(200, f"{{'{key}'".encode(), kind),
    )
    for answer in answers:

        async def repeat(asked: Asked, pass_on: PassOn, answer: Given = answer) -> Given:
            return answer

        mailerlite_proxy.meddle = repeat
        said = ears.run("sync", code, "--yes", "--json")
        assert said.status == 1, said
        ears.run("runs", str(said.document["run"]))
    ears.check()


def test_the_database_and_the_log_are_for_their_owner_alone(operator: Operator) -> None:
    operator.discover()
    files = [*operator.folder.glob(operator.database.name + "*"), operator.log]
    assert len(files) >= 2
    assert {path: oct(path.stat().st_mode & 0o077) for path in files} == dict.fromkeys(files, "0o0")
