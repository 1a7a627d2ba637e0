"""Puts a shop on a port of this machine."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from tests.stand_ins.edd.shop import Asked, Shop


class Server:
    """Serves a shop on a port of 127.0.0.1 until it is closed."""

    def __init__(self, shop: Shop) -> None:
        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                formed = "x-www-form-urlencoded" in self.headers.get("Content-Type", "")
                query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
                form = dict(parse_qsl(body, keep_blank_values=True)) if formed else {}
                answer = shop.take(Asked(self.command, self.path, dict(self.headers), body, query, form))
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.kind)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = do_PATCH = handle_any  # noqa: N815

            def log_request(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}{shop.folder}"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(60)
