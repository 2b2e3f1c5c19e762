"""Connections from the settings, with every secret read.

What does not go together is refused here, in the names that people set.
"""

from pathlib import Path

from pydantic import SecretStr

from schemas.errors import ContractViolation
from stream_app.deployment import KafkaConnection, Login, RedisConnection, Tls, TokenClient
from stream_app.settings import Settings

_WITH_PASSWORD = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
MECHANISMS = (*_WITH_PASSWORD, TokenClient.mechanism)
_OF_TLS = ("ca_file", "certificate_file", "key_file", "key_password", "key_password_file")
_OF_LOGIN = ("sasl_mechanism", "username", "password", "password_file")
_OF_TOKENS = tuple(f"token_{name}" for name in ("url", "client_id", "client_secret", "client_secret_file"))


def kafka_of(settings: Settings) -> KafkaConnection | None:
    """How the settings say that brokers are reached; None when they name none. Raises ContractViolation."""
    if not settings.kafka_bootstrap:
        return None
    protocol = settings.kafka_security_protocol
    tls, login = protocol.endswith("SSL"), protocol.startswith("SASL_")
    if not tls:
        _refuse(settings, "kafka", _OF_TLS, f"CHURN_KAFKA_SECURITY_PROTOCOL={protocol} has no TLS: set SSL or SASL_SSL")
    if not login:
        cure = f"CHURN_KAFKA_SECURITY_PROTOCOL={protocol} logs nobody in: set SASL_SSL or SASL_PLAINTEXT"
        _refuse(settings, "kafka", (*_OF_LOGIN, *_OF_TOKENS), cure)
    return KafkaConnection(
        settings.kafka_bootstrap, _tls(settings, "kafka") if tls else None, _login(settings) if login else None
    )


def redis_of(settings: Settings) -> RedisConnection | None:
    """How the settings say that Redis is reached; None when they name none. Raises ContractViolation."""
    url = settings.redis_url
    if not url:
        return None
    if not url.startswith("rediss://"):
        _refuse(settings, "redis", _OF_TLS, "CHURN_REDIS_URL does not begin with rediss://, so there is no TLS")
    if "@" in url:
        _refuse(settings, "redis", ("username", "password", "password_file"), "CHURN_REDIS_URL names a user already")
    return RedisConnection(url, settings.redis_username, _secret(settings, "redis_password"), _tls(settings, "redis"))


def _login(settings: Settings) -> Login | TokenClient:
    mechanism = settings.kafka_sasl_mechanism
    if mechanism not in MECHANISMS:
        said = (
            f"CHURN_KAFKA_SASL_MECHANISM={mechanism} is not known here"
            if mechanism
            else (f"CHURN_KAFKA_SECURITY_PROTOCOL={settings.kafka_security_protocol} needs CHURN_KAFKA_SASL_MECHANISM")
        )
        raise ContractViolation(f"{said}: set one of {', '.join(MECHANISMS)}")
    if mechanism in _WITH_PASSWORD:
        _refuse(settings, "kafka", _OF_TOKENS, f"CHURN_KAFKA_SASL_MECHANISM={mechanism} uses no tokens")
        username = _needed(settings.kafka_username, "kafka_username", mechanism)
        password = _needed(_secret(settings, "kafka_password"), "kafka_password", mechanism)
        return Login(mechanism, username, password)
    _refuse(settings, "kafka", _OF_LOGIN[1:], f"CHURN_KAFKA_SASL_MECHANISM={mechanism} has tokens in their place")
    return TokenClient(
        _needed(settings.kafka_token_url, "kafka_token_url", mechanism),
        _needed(settings.kafka_token_client_id, "kafka_token_client_id", mechanism),
        _needed(_secret(settings, "kafka_token_client_secret"), "kafka_token_client_secret", mechanism),
        settings.kafka_token_scope,
        _file(settings, "kafka_token_ca_file"),
    )


def _tls(settings: Settings, service: str) -> Tls:
    certificate, key = (_file(settings, f"{service}_{name}") for name in ("certificate_file", "key_file"))
    if (certificate is None) != (key is None):
        missing, there = ("KEY", "CERTIFICATE") if key is None else ("CERTIFICATE", "KEY")
        name = f"CHURN_{service.upper()}"
        raise ContractViolation(f"{name}_{there}_FILE is of no use without {name}_{missing}_FILE: set both")
    return Tls(_file(settings, f"{service}_ca_file"), certificate, key, _secret(settings, f"{service}_key_password"))


def _secret(settings: Settings, name: str) -> str | None:
    """A secret from where it stands: in the setting of this name, or in the file that the one with _file names."""
    given: SecretStr | None = getattr(settings, name)
    file: Path | None = getattr(settings, f"{name}_file")
    if file is None:
        return given.get_secret_value() if given is not None else None
    if given is not None:
        raise ContractViolation(f"both CHURN_{name.upper()} and CHURN_{name.upper()}_FILE are set: keep one of them")
    try:
        return file.read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ContractViolation(
            f"CHURN_{name.upper()}_FILE names {file}, which cannot be read: {_said(error)}"
        ) from None


def _file(settings: Settings, name: str) -> str | None:
    file: Path | None = getattr(settings, name)
    if file is None:
        return None
    try:
        file.open("rb").close()
    except OSError as error:
        raise ContractViolation(f"CHURN_{name.upper()} names {file}, which cannot be read: {_said(error)}") from None
    return str(file.absolute())


def _said(error: OSError | UnicodeDecodeError) -> str:
    """Not the bytes of a file that is no text: they may be the secret."""
    return error.strerror or "no reason given" if isinstance(error, OSError) else "it is not text in UTF-8"


def _needed(value: str | None, name: str, mechanism: str) -> str:
    if not value:
        raise ContractViolation(f"CHURN_KAFKA_SASL_MECHANISM={mechanism} needs CHURN_{name.upper()}: set it")
    return value


def _refuse(settings: Settings, service: str, names: tuple[str, ...], because: str) -> None:
    """What would be left out in silence is refused: who sets it takes the connection to be safer than it is."""
    for name in names:
        if getattr(settings, f"{service}_{name}") is not None:
            raise ContractViolation(f"CHURN_{service.upper()}_{name.upper()} is set, but {because}")
