"""The other MailerLite over HTTP: the key, the quota, and batches; on a port of its own, in this process."""

from __future__ import annotations

import json
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.stand_ins.mailerlite.account import NO_CONTENT, Account, Answer
from tests.stand_ins.mailerlite.choices import Choices

KEY = "another-key-of-no-special-shape"


class Quota:
    """Counts what requests cost, in one of three kinds of period."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._taken: list[tuple[float, int]] = []

    def take(self, units: int) -> int | None:
        """What remains after it, or None: it is more than there was."""
        now = time.time()
        begins = self._begins(now)
        self._taken = [(at, cost) for at, cost in self._taken if at >= begins]
        left = self._choices.quota - sum(cost for _, cost in self._taken)
        if left < 1:
            return None
        self._taken.append((now, units))
        return max(0, left - units)

    def rest(self) -> float:
        """Seconds until there is room again."""
        now = time.time()
        begins = self._begins(now)
        return max(0.0, (begins if begins <= now else now) + self._choices.period - now)

    def _begins(self, now: float) -> float:
        period = self._choices.period
        if self._choices.periods == "clock":
            return now - now % period
        first = self._taken[0][0] if self._taken else now
        if self._choices.periods == "sliding":
            return now - period
        return first if now < first + period else now


class StandInMailerLite:
    """A running MailerLite of some choices, seeded with a simulator's state."""

    def __init__(self, state: dict[str, Any], choices: Choices) -> None:
        self.choices = choices
        self.account = Account(state, choices)
        self.refused = 0
        """Requests that were answered 429."""
        self.requests: list[str] = []
        self.items: list[str] = []
        """The paths of all batches' items."""
        self.lose_answers = 0
        """So many of the next batches take effect, and are answered 502."""
        self.quota = Quota(choices)
        self._seed = state
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/api"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def state(self) -> dict[str, Any]:
        """As the simulator tells its own: what it was seeded with, with the present people, groups and fields."""
        return {**self._seed, **self.account.state()}

    def handle(self, method: str, target: str, key: str, content: bytes) -> tuple[int, dict[str, str], Any]:
        """Status, headers and body."""
        with self._lock:
            split = urlsplit(target)
            path = split.path.removeprefix("/api")
            self.requests.append(f"{method} {path}?{split.query}")
            if key != f"Bearer {KEY}":
                return 401, {}, {"message": "Unauthenticated."}
            body = json.loads(content) if content else None
            batch = (method, path) == ("POST", "/batch")
            items = body["requests"] if batch and body else []
            remaining = self.quota.take(self._cost(len(items)) if batch else 1)
            if remaining is None:
                self.refused += 1
                return 429, self._refusal(), {"message": "Too Many Attempts."}
            status, answer = self._answer(method, split, body, items if batch else None)
            return status, self._headers(remaining, batch=batch), answer

    def _answer(self, method: str, split: Any, body: Any, items: list[Any] | None) -> Answer:
        if items is None:
            path = split.path.removeprefix("/api")
            return self.account.answer(method, path, dict(parse_qsl(split.query)), body, self.choices.single_path)
        if not 0 < len(items) <= self.choices.most_items:
            return 422, {"message": f"The requests may not have more than {self.choices.most_items} items."}
        answers = [self._item(item) for item in items]
        if self.lose_answers and any(item["method"] != "GET" for item in items):
            self.lose_answers -= 1
            return 502, {"message": ""}
        good = sum(200 <= answer["code"] < 300 for answer in answers)
        return 200, {"total": len(items), "successful": good, "failed": len(items) - good, "responses": answers}

    def _item(self, item: dict[str, Any]) -> dict[str, Any]:
        self.items.append(item["path"])
        split = urlsplit(item["path"])
        path = "/" + split.path.removeprefix("api/")
        query, how = dict(parse_qsl(split.query)), self.choices.batch_path
        code, body = self.account.answer(item["method"], path, query, item.get("body"), how)
        if body is not NO_CONTENT:
            return {"code": code, "body": body}
        bodies: dict[str, dict[str, Any]] = {
            "null": {"body": None},
            "absent": {},
            "text": {"body": ""},
            "list": {"body": []},
        }
        return {"code": code, **bodies[self.choices.no_content]}

    def _cost(self, items: int) -> int:
        return {"items": 1 + items, "one": 1, "two": 2, "nothing": 0}[self.choices.batch_cost]

    def _headers(self, remaining: int, *, batch: bool) -> dict[str, str]:
        headers = {"x-account_id": "12345"} if self.choices.account_header else {}
        how = self.choices.quota_headers
        if how == "none" or (batch and not self.choices.batch_headers):
            return headers
        headers["X-RateLimit-Limit" if how == "mixed" else "x-ratelimit-limit"] = str(self.choices.quota)
        if how != "limit only":
            headers["X-RateLimit-Remaining" if how == "mixed" else "x-ratelimit-remaining"] = str(remaining)
        return headers

    def _refusal(self) -> dict[str, str]:
        rest = self.quota.rest()
        headers = {"X-RateLimit-Limit": str(self.choices.quota), "X-RateLimit-Remaining": "0"}
        if self.choices.reset_header:
            headers["X-RateLimit-Reset"] = str(int(time.time() + rest) + 1)
        said = {"rest": str(int(rest) + 1), "one": "1", "date": formatdate(time.time() + rest + 1, usegmt=True)}
        if self.choices.retry_after != "none":
            headers["Retry-After"] = said[self.choices.retry_after]
        return headers


def _handler_of(service: StandInMailerLite) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            key = self.headers.get("Authorization", "")
            status, headers, body = service.handle(self.command, self.path, key, content)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            sent = b"" if body is NO_CONTENT or body is None else json.dumps(body).encode()
            if sent:
                self.send_header("Content-Type", "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 (the names that http.server looks for)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler
