"""What people set about Kafka and Redis becomes one connection each, or a sentence that says what does not fit."""

from pathlib import Path
from typing import Any

import pytest

from schemas.errors import ContractViolation, WrongUsage
from stream_app.bootstrap.connections import MECHANISMS, kafka_of, redis_of
from stream_app.bootstrap.deployment import deployment_of
from stream_app.deployment import KafkaConnection, Login, RedisConnection, Tls, TokenClient, without_secrets
from stream_app.settings import Settings

SECRET = "hunter2-is-secret"
LOGIN = {
    "kafka_security_protocol": "SASL_SSL",
    "kafka_sasl_mechanism": "SCRAM-SHA-512",
    "kafka_username": "worker",
    "kafka_password": SECRET,
}
TOKENS = {
    "kafka_security_protocol": "SASL_SSL",
    "kafka_sasl_mechanism": "OAUTHBEARER",
    "kafka_token_url": "https://login.example/token",
    "kafka_token_client_id": "worker",
    "kafka_token_client_secret": SECRET,
}


def settings(**those: Any) -> Settings:  # noqa: ANN401 - whatever a person sets
    given: dict[str, Any] = {"kafka_bootstrap": "one:9092", "redis_url": "redis://two:6379/0", **those}
    return Settings(_env_file=None, **given)


def file(directory: Path, name: str, text: str = "") -> Path:
    (directory / name).write_text(text)
    return directory / name


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"CHURN_{name.upper()}", raising=False)


@pytest.mark.parametrize(("protocol", "tls"), [("SASL_SSL", Tls()), ("SASL_PLAINTEXT", None)])
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_user_logs_in_with_a_password(protocol: str, tls: Tls | None, mechanism: str) -> None:
    made = kafka_of(settings(**LOGIN | {"kafka_security_protocol": protocol, "kafka_sasl_mechanism": mechanism}))
    assert made == KafkaConnection("one:9092", tls, Login(mechanism, "worker", SECRET))
    assert made is not None
    assert made.protocol == protocol


def test_a_client_logs_in_with_tokens() -> None:
    made = kafka_of(settings(**TOKENS, kafka_token_scope="kafka"))
    assert made is not None
    assert made.login == TokenClient("https://login.example/token", "worker", SECRET, "kafka")


def test_secrets_stand_in_files_without_the_end_of_their_line(tmp_path: Path) -> None:
    secret = file(tmp_path, "secret", SECRET + "\n")
    by_password = {name: value for name, value in LOGIN.items() if name != "kafka_password"}
    made = kafka_of(settings(**by_password, kafka_password_file=secret))
    assert made is not None
    assert made.login == Login("SCRAM-SHA-512", "worker", SECRET)
    assert redis_of(settings(redis_username="app", redis_password_file=secret)) == RedisConnection(
        "redis://two:6379/0", "app", SECRET
    )


def test_files_of_tls_are_named_as_they_are_found_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ca.pem", "own.pem", "own.key"):
        file(tmp_path, name)
    made = redis_of(
        settings(
            redis_url="rediss://two:6379/0",
            redis_ca_file="ca.pem",
            redis_certificate_file="own.pem",
            redis_key_file="own.key",
            redis_key_password=SECRET,
        )
    )
    assert made is not None
    ca, own, key = (str(tmp_path / name) for name in ("ca.pem", "own.pem", "own.key"))
    assert made.tls == Tls(ca, own, key, SECRET)


@pytest.mark.parametrize(
    ("those", "sentence"),
    [
        ({"kafka_username": "worker"}, "CHURN_KAFKA_USERNAME is set, but .*PLAINTEXT logs nobody in: set SASL_SSL"),
        ({"kafka_ca_file": "/ca.pem"}, "CHURN_KAFKA_CA_FILE is set, but .*PLAINTEXT has no TLS: set SSL or SASL_SSL"),
        ({"kafka_security_protocol": "SASL_SSL"}, f"needs CHURN_KAFKA_SASL_MECHANISM: set one of {MECHANISMS[0]}"),
        (LOGIN | {"kafka_sasl_mechanism": "GSSAPI"}, f"=GSSAPI is not known here: set one of {', '.join(MECHANISMS)}"),
        (LOGIN | {"kafka_username": None}, "SCRAM-SHA-512 needs CHURN_KAFKA_USERNAME: set it"),
        (LOGIN | {"kafka_password": None}, "SCRAM-SHA-512 needs CHURN_KAFKA_PASSWORD: set it"),
        (LOGIN | {"kafka_token_url": "https://x"}, "CHURN_KAFKA_TOKEN_URL is set, but .* uses no tokens"),
        (TOKENS | {"kafka_username": "worker"}, "CHURN_KAFKA_USERNAME is set, but .* has tokens in their place"),
        (TOKENS | {"kafka_token_url": None}, "OAUTHBEARER needs CHURN_KAFKA_TOKEN_URL: set it"),
        (LOGIN | {"kafka_password_file": "/secret"}, "both CHURN_KAFKA_PASSWORD and CHURN_KAFKA_PASSWORD_FILE are set"),
        (
            {"redis_password_file": "/no/such"},
            "CHURN_REDIS_PASSWORD_FILE names /no/such, which cannot be read: No",
        ),
        (LOGIN | {"kafka_ca_file": "/no/such"}, "CHURN_KAFKA_CA_FILE names /no/such, which cannot be read: No such"),
        ({"redis_ca_file": "/ca.pem"}, "CHURN_REDIS_CA_FILE is set, but CHURN_REDIS_URL does not begin with rediss://"),
        (
            {"redis_url": "redis://a:b@two", "redis_password": SECRET},
            "CHURN_REDIS_PASSWORD is set, but .* names a",
        ),
    ],
)
def test_what_does_not_go_together_is_refused_in_a_sentence(those: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ContractViolation, match=sentence) as refusal:
        deployment_of(settings(**those))
    assert SECRET not in str(refusal.value)


def test_a_certificate_without_its_key_is_of_no_use(tmp_path: Path) -> None:
    own = file(tmp_path, "own.pem")
    with pytest.raises(ContractViolation, match="CHURN_KAFKA_CERTIFICATE_FILE is of no use without CHURN_KAFKA_KEY_"):
        kafka_of(settings(kafka_security_protocol="SSL", kafka_certificate_file=own))


def test_a_secret_that_is_no_text_is_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(ContractViolation, match=r"CHURN_REDIS_PASSWORD_FILE names .*: it is not text in UTF-8"):
        redis_of(settings(redis_password_file=tmp_path / "secret"))


@pytest.mark.parametrize("login", [LOGIN, TOKENS, {}])
def test_a_process_that_is_started_comes_in_the_same_way_whatever_it_inherits(
    login: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = deployment_of(settings(**login, redis_username="app", redis_password=SECRET))
    other = LOGIN if login is TOKENS else TOKENS
    for name, value in {**other, "kafka_password_file": str(tmp_path / "none")}.items():
        monkeypatch.setenv(f"CHURN_{name.upper()}", value)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    assert deployment_of(Settings(_env_file=None)) == made


def test_every_setting_of_a_connection_is_told_to_processes() -> None:
    told = deployment_of(settings()).environment
    assert {name for name in Settings.model_fields if name.startswith(("kafka_", "redis_"))} <= {
        name.removeprefix("CHURN_").lower() for name in told
    }


@pytest.mark.parametrize("those", [LOGIN, TOKENS, {"redis_url": f"rediss://app:{SECRET}@two:6379/0?password={SECRET}"}])
def test_no_secret_is_in_what_is_written_of_settings_and_connections(those: dict[str, Any]) -> None:
    made = settings(**those)
    deployment = deployment_of(made)
    texts = [repr(made), str(made), repr(deployment), str(deployment.kafka), str(deployment.redis), f"{deployment}"]
    assert not [text for text in texts if SECRET in text]


def test_no_secret_is_in_the_refusal_of_a_setting() -> None:
    with pytest.raises(WrongUsage) as refusal:
        settings(**LOGIN | {"kafka_password": [SECRET]})
    assert SECRET not in str(refusal.value)


def test_a_url_is_told_without_what_may_be_secret() -> None:
    assert without_secrets(f"rediss://app:{SECRET}@two:6379/0?ssl_password={SECRET}#x") == "rediss://two:6379/0"
    assert without_secrets("two:6379") == "two:6379"
