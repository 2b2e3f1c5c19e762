"""Faust, which makes its clients itself, is let in as aiokafka's own are."""

from pathlib import Path

import pytest
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from schemas.errors import ContractViolation
from stream_app.adapters.kafka.connection import aiokafka_access
from stream_app.bootstrap.faust_broker import faust_arguments
from stream_app.deployment import KafkaConnection, Login, Tls, TokenClient
from tests.support.certificates import Authority

LOGINS = [None, Login("PLAIN", "u", "p"), Login("SCRAM-SHA-256", "u", "p"), TokenClient("https://x", "u", "p")]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    own = authority.sign("own")
    return Tls(str(authority.certificate), str(own.certificate), str(own.key))


@pytest.mark.parametrize("secured", [False, True])
@pytest.mark.parametrize("login", LOGINS)
def test_it_is_told_the_same_protocol_and_the_same_login(
    login: Login | TokenClient | None, secured: bool, tls: Tls
) -> None:
    kafka = KafkaConnection("one:9092", tls if secured else None, login)
    told = {
        name: value
        for name, value in credentials_to_aiokafka_auth(faust_arguments(kafka)["broker_credentials"]).items()
        if value is not None
    }
    own = aiokafka_access(kafka)
    assert told.keys() == own.keys()
    for name, value in own.items():
        assert type(told[name]) is type(value)
        assert told[name] == value or not isinstance(value, str)
    assert told["security_protocol"] == kafka.protocol
    if secured:
        assert told["ssl_context"].check_hostname


def test_files_of_tls_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(ContractViolation, match=r"TLS cannot be used with .*ca\.pem"):
        faust_arguments(KafkaConnection("one:9092", Tls(str(tmp_path / "ca.pem"))))
