"""Tokens for OAUTHBEARER, by OAuth's client credentials (RFC 6749, 4.4): one function for both client libraries.

A token is kept until shortly before its end, so that not every connection asks for one of its own.
"""

import asyncio
import base64
import json
import ssl
import threading
import time
import urllib.error
import urllib.request
from functools import partial
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlencode, urlsplit

from aiokafka.abc import AbstractTokenProvider

from schemas.errors import ContractViolation, Transient
from stream_app.deployment import TokenClient, without_secrets

_ANSWER_WITHIN_S = 10.0
_MOST_BYTES = 1 << 20
_LIFETIME_S = 300.0
"""Of a token whose answer does not say how long it lives."""
_USED_FOR = 0.8
"""Of its lifetime: a connection that is being made still needs it."""


class Token(NamedTuple):
    """A token, and until when it holds, in seconds since 1970."""

    value: str
    until: float


class TokenSource:
    """Asks for tokens as one client. May be asked from any thread."""

    def __init__(self, client: TokenClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._kept: Token | None = None
        self._ask_anew_at = 0.0

    def token(self) -> Token:
        """One that holds for a while yet.

        Raises ContractViolation when the server says no, Transient when it does not answer.
        """
        with self._lock:
            if self._kept is None or time.time() >= self._ask_anew_at:
                now = time.time()
                self._kept = _asked(self._client)
                self._ask_anew_at = now + _USED_FOR * (self._kept.until - now)
            return self._kept


class AioTokens(AbstractTokenProvider):  # type: ignore[misc]
    """The same for aiokafka, without holding up the event loop."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source

    async def token(self) -> str:
        """Called for each connection."""
        return (await asyncio.to_thread(self._source.token)).value


def _asked(client: TokenClient) -> Token:
    name, opened = without_secrets(client.url), partial(urllib.request.urlopen, timeout=_ANSWER_WITHIN_S)
    try:
        with opened(_request(client), context=_trust(client)) as answer:
            return _read(answer.read(_MOST_BYTES), name)
    except urllib.error.HTTPError as refusal:
        with refusal:
            said = _error_of(refusal.read(_MOST_BYTES))
        sentence = f"the token server at {name} refused client {client.client_id} ({refusal.code} {said})"
        if refusal.code >= 500 or refusal.code == 429:
            raise Transient(f"{sentence}: try again later") from None
        raise ContractViolation(
            f"{sentence}: look at CHURN_KAFKA_TOKEN_CLIENT_ID, its secret and CHURN_KAFKA_TOKEN_SCOPE"
        ) from None
    except (OSError, HTTPException) as error:
        raise Transient(f"the token server at {name} does not answer: {_reason(error)}") from None


def _request(client: TokenClient) -> urllib.request.Request:
    form = {"grant_type": "client_credentials"} | ({"scope": client.scope} if client.scope else {})
    basic = base64.b64encode(f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Accept": "application/json"}
    if urlsplit(client.url).scheme not in ("http", "https"):
        raise ContractViolation(f"CHURN_KAFKA_TOKEN_URL={without_secrets(client.url)} is no https:// or http:// URL")
    return urllib.request.Request(client.url, urlencode(form).encode(), headers)  # noqa: S310 - the scheme is known


def _trust(client: TokenClient) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=client.ca_file)


def _read(body: bytes, name: str) -> Token:
    try:
        told: dict[str, Any] = json.loads(body)
        value, lifetime_s = told["access_token"], float(told.get("expires_in", _LIFETIME_S))
    except (ValueError, TypeError, KeyError):
        raise ContractViolation(f"the answer of {name} holds no access_token: is it the token endpoint?") from None
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise ContractViolation(f"the access_token of {name} is no text: is it the token endpoint?")
    return Token(value, time.time() + lifetime_s)


def _error_of(body: bytes) -> str:
    """OAuth's word for why, if the server says it."""
    try:
        said = json.loads(body)["error"]
    except (ValueError, TypeError, KeyError):
        return "without a reason"
    return "".join(one for one in str(said)[:100] if one.isprintable())


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", None) or error)
