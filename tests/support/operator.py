"""One operator's command line: commands in this process or in one of their own, and what they said."""

from __future__ import annotations

import json
import logging
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
from click.testing import CliRunner

from bema_tui.cli.app import cli
from bema_tui.simulator import Endpoints
from tests.support.forks import forks
from tests.support.terminal import Terminal
from tests.support.until import DEADLINE, until

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


class Operator:
    """The command line of one operator, with an environment, a database, a log and settings of its own."""

    def __init__(self, folder: Path, at: Endpoints, **environment: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.database = folder / "bema.sqlite3"
        self.log = folder / "bema.log"
        self.config = folder / "config.toml"
        xdg = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        self.environment: dict[str, str] = {
            **_own_environment(),
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
            **environment,
        }
        self._started: list[subprocess.Popen[str]] = []
        self._terminals: list[Terminal] = []

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
        """A command in a process of its own, from the start of the interpreter on."""
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        command = [sys.executable, "-m", "bema_tui", *words]
        process = subprocess.Popen(command, env=self.environment, text=True, **{**pipes, **popen})
        self._started.append(process)
        return process

    def fork(self, *words: str) -> subprocess.Popen[str]:
        """A command in a process of its own that has everything imported, with ``--json``."""
        process = forks().start([*words, "--json"], self.environment)
        self._started.append(process)
        return process

    def terminal(self, *words: str) -> Terminal:
        """A command on a terminal of its own: stdin, stdout and stderr are one."""
        terminal = Terminal("bema_tui", *words, surroundings=self.environment)
        self._terminals.append(terminal)
        return terminal

    def finish(self, process: subprocess.Popen[str]) -> Said:
        """Wait for a process's end."""
        out, err = process.communicate(timeout=DEADLINE)
        return Said(process.returncode, out or "", err or "")

    def process(self, *words: str, **popen: Any) -> Said:
        """Run a command in a process of its own to its end."""
        return self.finish(self.start(*words, **popen))

    def forked(self, *words: str, expect: int | set[int] = 0) -> Any:
        """The JSON document of a forked command, once it ended with the exit status that is expected."""
        said = self.finish(self.fork(*words))
        allowed = {expect} if isinstance(expect, int) else expect
        assert said.status in allowed, (words, said)
        return said.document

    def discover(self) -> str:
        """Take up the campaigns and answer the code of the first one."""
        found = self.run("campaigns", "discover", "--add", "--json", expect=0).document
        return str(found["campaigns"][0]["code"])

    def told_about(self, subject: str) -> dict[str, str]:
        """The messages of the open findings about somebody or something, by their rules."""
        rows = self.run("findings", "--state", "open", "--json", expect=0).document
        return {row["rule"]: row["message"] for row in rows if row["subject"] == subject}

    def stored(self) -> bytes:
        """Every byte that the database consists of."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob(self.database.name + "*")))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database file holds, read without the program."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(query).fetchall()

    def change_database(self, statement: str, *values: object) -> None:
        """Change what the database file holds without the program."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute(statement, values)

    def put_lock(self, key: str, name: str, beat: str, *, token: int = 1, run: int | None = None) -> None:
        """A lock of a process on another machine, with its last sign of life; it replaces the campaign's own."""
        self.change_database(
            "INSERT OR REPLACE INTO locks (key, token, id, held, user, host, pid, boot_id, process_started, "
            "pid_namespace, operation, run, since, last_beat, note) VALUES "
            "(?, ?, ?, 1, 'jon', 'tour-laptop', 7, 'b', 1.0, '', 'plan', ?, ?, ?, '')",
            *(key, token, name, run, beat, beat),
        )

    def run_number(self) -> int:
        """The newest run's number."""
        return int(self.rows("SELECT max(id) FROM runs")[0][0])

    def held_locks(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT id, key, pid FROM locks WHERE held")

    def states(self) -> dict[str, int]:
        """How many ledger rows are in which state."""
        return dict(self.rows("SELECT state, count(*) FROM ledger GROUP BY state"))

    def wait_seen(self, verb: str) -> None:
        """Wait until the run at work has seen all that somebody asked of it with this verb."""
        asked = f"SELECT count(*), count(seen_at) FROM control_requests WHERE verb = '{verb}'"
        until(f"{verb} is seen", lambda: (counts := self.rows(asked)[0])[0] == counts[1] > 0)

    def close(self) -> None:
        """End what a failed test left running."""
        for terminal in self._terminals:
            terminal.close()
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()


def _own_environment() -> dict[str, str]:
    """This process's environment without this machine's own settings, proxies and certificates."""
    foreign = ("BEMA_", "XDG_", "COV_", "SSL")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(foreign) and not name.lower().endswith("_proxy")
    }


def close_logs() -> None:
    """Close the log files that commands in this process opened."""
    logger = logging.getLogger("bema_tui")
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True
    logger.setLevel(logging.NOTSET)
