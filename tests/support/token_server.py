"""A token endpoint for client credentials. Its tokens are unsigned JWTs, as a test's broker takes them."""

import base64
import json
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl

from stack.ports import HOST
from stream_app.deployment import TokenClient

SECRET = "s3cret-of-the-client"


class TokenServer:
    """Gives tokens to whoever knows the secret; `asked` and `given`: forms that came, tokens that went."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.lifetime_s, self.status = 300.0, 200
        self.body: bytes | None = None
        self.asked: list[dict[str, str]] = []
        self.given: list[str] = []
        self._http = ThreadingHTTPServer((HOST, 0), self._handler())
        if context is not None:
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._scheme = "http" if context is None else "https"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"{self._scheme}://{HOST}:{self._http.server_port}/token"

    def client(self, name: str, scope: str | None = None, ca_file: str | None = None) -> TokenClient:
        return TokenClient(self.url, name, SECRET, scope, ca_file)

    def __enter__(self) -> "TokenServer":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def answer(self, authorization: str, form: dict[str, str]) -> tuple[int, bytes]:
        """Status and body."""
        self.asked.append(form)
        user, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if secret != SECRET:
            return 401, b'{"error": "invalid_client"}'
        if self.status != 200 or self.body is not None:
            return self.status, self.body or b""
        self.given.append(self._token(user))
        return 200, json.dumps({"access_token": self.given[-1], "expires_in": self.lifetime_s}).encode()

    def _token(self, user: str) -> str:
        now = time.time()
        claims = {"sub": user, "iat": now, "exp": now + max(self.lifetime_s, 60), "jti": str(len(self.given))}
        return f"{_part({'alg': 'none'})}.{_part(claims)}."

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                status, body = server.answer(self.headers["Authorization"], form)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _part(of: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(of).encode()).rstrip(b"=").decode()
