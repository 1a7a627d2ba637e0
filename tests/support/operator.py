"""One operator's command line: commands in this process or in one of their own, and what they said."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
from click.testing import CliRunner

from bema_tui.cli.app import cli
from bema_tui.simulator import Endpoints
from tests.support.until import DEADLINE

ROOMY = 4 << 30
"""Bytes: a command in the tests' own process must not wait for the memory that the tests hold."""


_WAITS = re.compile(r"bema-tui: (run \d+ )?waits for ")


@attrs.frozen
class Said:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON on stdout; it must be exactly one document."""
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line in which the program says what is wrong and what to do; nothing else may stand on stderr, but
        what it waits for: a wait before the next try is long enough for that now and then."""
        lines = [told for told in self.err.strip().splitlines() if not _WAITS.match(told)]
        assert len(lines) == 1, self.err
        assert lines[0].startswith("bema-tui: "), self.err
        assert "Traceback" not in self.err + self.out
        assert "The program itself failed" not in self.err, self.err
        return lines[0]


class Desk:
    """The command line of one operator, with an environment, a database, a log and settings of its own."""

    def __init__(self, folder: Path, at: Endpoints) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.database = folder / "bema.sqlite3"
        self.log = folder / "bema.log"
        self.config = folder / "config.toml"
        # Nothing of this machine's own settings, proxies and certificates.
        foreign = ("BEMA_", "XDG_", "COV_", "SSL")
        own = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(foreign) and not name.lower().endswith("_proxy")
        }
        xdg = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        self.environment: dict[str, str] = {
            **own,
            **xdg,
            "HOME": str(folder),
            "PYTHONIOENCODING": "utf-8",
            "BEMA_DATABASE_URL": f"sqlite:///{self.database}",
            "BEMA_LOG_FILE": str(self.log),
            "BEMA_MAILERLITE_URL": at.mailerlite_url,
            "BEMA_MAILERLITE_KEY": at.mailerlite_key,
            "BEMA_MAILERLITE_QUOTA": "1000000",
            "BEMA_EDD_URL": at.edd_url,
            "BEMA_EDD_KEY": at.edd_key,
            "BEMA_EDD_TOKEN": at.edd_token,
            "BEMA_MEMORY_LIMIT": str(ROOMY),
        }
        self._started: list[subprocess.Popen[str]] = []

    def settings(self, text: str) -> None:
        """Write the settings file, and name it in the environment."""
        self.config.write_text(text)
        self.config.chmod(0o600)
        self.environment["BEMA_CONFIG"] = str(self.config)

    def run(self, *words: str, expect: int | None = None) -> Said:
        """A command in this process: real HTTP, a real database, no new interpreter to wait for."""
        absent = {name: None for name in os.environ if name not in self.environment}
        result = CliRunner().invoke(cli, words, env={**absent, **self.environment}, catch_exceptions=False)
        close_logs()
        said = Said(result.exit_code, result.stdout, result.stderr)
        assert expect is None or said.status == expect, (words, said)
        return said

    def start(self, *words: str, **popen: Any) -> subprocess.Popen[str]:
        """A command in a process of its own."""
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        command = [sys.executable, "-m", "bema_tui", *words]
        process = subprocess.Popen(command, env=self.environment, text=True, **{**pipes, **popen})
        self._started.append(process)
        return process

    def finish(self, process: subprocess.Popen[str]) -> Said:
        """Wait for a process's end."""
        out, err = process.communicate(timeout=DEADLINE)
        return Said(process.returncode, out or "", err or "")

    def process(self, *words: str, **popen: Any) -> Said:
        """Run a command in a process of its own to its end."""
        return self.finish(self.start(*words, **popen))

    def discover(self) -> str:
        """Take up the campaigns and answer the code of the first one."""
        found = self.run("campaigns", "discover", "--add", "--json", expect=0).document
        return str(found["campaigns"][0]["code"])

    def stored(self) -> bytes:
        """Every byte that the database consists of."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob(self.database.name + "*")))

    def close(self) -> None:
        """End what a failed test left running."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()


def close_logs() -> None:
    """Close the log files that commands in this process opened."""
    logger = logging.getLogger("bema_tui")
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True
    logger.setLevel(logging.NOTSET)
