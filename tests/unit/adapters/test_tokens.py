"""Tokens by client credentials, from a token endpoint of the test's own."""

import asyncio
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.errors import ContractViolation, Transient
from stream_app.adapters.kafka.tokens import AioTokens, TokenSource
from stream_app.deployment import TokenClient
from tests.support.certificates import Authority
from tests.support.token_server import SECRET, TokenServer


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with TokenServer() as it:
        yield it


def test_a_token_is_asked_for_by_name_secret_and_scope_and_kept(server: TokenServer) -> None:
    source = TokenSource(server.client("worker", scope="kafka read"))
    token = source.token()
    assert token.value == server.given[0]
    assert token.until == pytest.approx(time.time() + server.lifetime_s, abs=30)
    assert asyncio.run(AioTokens(source).token()) == token.value
    assert server.asked == [{"grant_type": "client_credentials", "scope": "kafka read"}]


def test_a_token_is_asked_for_anew_before_its_end(server: TokenServer) -> None:
    server.lifetime_s = 0.0
    source = TokenSource(server.client("worker"))
    assert source.token().value != source.token().value


def test_a_refusal_says_who_was_refused_and_never_the_secret(server: TokenServer) -> None:
    wrong = TokenClient(server.url, "worker", "wrong-secret")
    with pytest.raises(ContractViolation, match=r"refused client worker \(401 invalid_client\)") as refusal:
        TokenSource(wrong).token()
    assert "wrong-secret" not in str(refusal.value)


def test_a_server_in_trouble_is_asked_again_later(server: TokenServer) -> None:
    server.status = 503
    with pytest.raises(Transient, match="503"):
        TokenSource(server.client("worker")).token()


def test_a_server_that_does_not_answer_is_named_without_its_secrets() -> None:
    nowhere = TokenClient(f"http://user:{SECRET}@127.0.0.1:1/token", "worker", SECRET)
    with pytest.raises(Transient, match=r"http://127\.0\.0\.1:1/token does not answer") as refusal:
        TokenSource(nowhere).token()
    assert SECRET not in str(refusal.value)


def test_an_answer_that_holds_no_token_is_refused(server: TokenServer) -> None:
    server.body = b"<html>"
    with pytest.raises(ContractViolation, match="holds no access_token"):
        TokenSource(server.client("worker")).token()


def test_only_web_addresses_are_asked() -> None:
    with pytest.raises(ContractViolation, match="CHURN_KAFKA_TOKEN_URL=file:///etc/passwd is no https://"):
        TokenSource(TokenClient("file:///etc/passwd", "worker", SECRET)).token()


def test_the_server_is_checked_against_the_named_authority(tmp_path: Path) -> None:
    authority, other = Authority(tmp_path), Authority(tmp_path / "other")
    own = authority.sign("tokens")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.key)
    with TokenServer(context) as server:
        assert TokenSource(server.client("worker", ca_file=str(authority.certificate))).token().value
        with pytest.raises(Transient, match="certificate verify failed"):
            TokenSource(server.client("worker", ca_file=str(other.certificate))).token()
