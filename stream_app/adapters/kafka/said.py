"""Turns what the two client libraries raise into our own errors, by what Kafka said: see the table of answers."""

import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from aiokafka import errors as aio
from confluent_kafka import KafkaError, KafkaException

from schemas.errors import ChurnError, ContractViolation, Transient
from stream_app.adapters.kafka.answers import ANSWERS, No
from stream_app.deployment import KafkaConnection

_NO_TOPIC, _TOO_LARGE, _NO_MECHANISM, _NO_VERSION, _NOT_LET_IN, _NO_CODEC, _FENCED = 3, 10, 33, 35, 58, 76, 90

_BY_CLASS = {
    aio.AuthenticationFailedError: _NOT_LET_IN,
    aio.AuthenticationMethodNotSupported: _NO_MECHANISM,
    aio.IncompatibleBrokerVersion: _NO_VERSION,
    aio.ProducerFenced: _FENCED,
    aio.RecordTooLargeError: _TOO_LARGE,
    aio.UnrecognizedBrokerVersion: _NO_VERSION,
    aio.UnsupportedCodecError: _NO_CODEC,
}
"""What aiokafka notices by itself has no code, and is the same as if the broker had said it."""
_BY_LOCAL_CODE = {
    KafkaError._AUTHENTICATION: _NOT_LET_IN,
    KafkaError._FENCED: _FENCED,
    KafkaError._UNKNOWN_TOPIC: _NO_TOPIC,
    KafkaError._UNKNOWN_PARTITION: _NO_TOPIC,
    KafkaError._UNSUPPORTED_FEATURE: _NO_VERSION,
}
"""The same for librdkafka."""
_TLS = No(
    "let CHURN_KAFKA_SECURITY_PROTOCOL say whether the listener speaks TLS, and the certificate settings name an "
    "authority that both sides trust"
)
_HANDSHAKE = "SSL handshake failed"
_MECHANISM = "Unsupported SASL mechanism"


class _Known(aio.BrokerResponseError):  # type: ignore[misc]
    """An answer that aiokafka has no class for: without one it would forget which it was."""


for _code, (_name, _) in ANSWERS.items():
    aio.kafka_errors.setdefault(_code, type(_name, (_Known,), {"errno": _code, "message": _name}))


class Listening(Protocol):
    """A client of librdkafka that remembers what it hears."""

    heard: "Heard"

    def poll(self, timeout: float, /) -> object:
        """Serve what waits to be heard."""


class Heard:
    """What a client of librdkafka hears beside the answers to what it was asked: why it was not let in."""

    def __init__(self) -> None:
        self._said: deque[KafkaError] = deque(maxlen=8)

    def __call__(self, error: KafkaError) -> None:
        """Remember it."""
        self._said.append(error)

    def cause_of(self, error: BaseException) -> BaseException:
        """What was heard that explains an error, or the error itself."""
        told = (KafkaException(said) for said in self._said if said.code() != KafkaError._ALL_BROKERS_DOWN)
        silent = code_of(error) is None and not _is_tls(error)
        return next(told, error) if silent else error


@contextmanager
def answers(doing: str, kafka: KafkaConnection, client: Listening | None = None) -> Iterator[None]:
    """Raises what errors of librdkafka mean; `client` is whoever was asked."""
    try:
        yield
    except (KafkaException, TimeoutError) as error:
        if client is None:
            raise error_of(error, doing, kafka) from error
        client.poll(0)
        raise error_of(client.heard.cause_of(error), doing, kafka) from error


def error_of(error: BaseException, doing: str, kafka: KafkaConnection | None = None) -> ChurnError:
    """What an error of a client means: ContractViolation for a definite no, Transient for whatever may pass.

    `doing` is what was being done, as "publishing decisions".
    """
    at = "Kafka" if kafka is None else f"Kafka at {kafka}"
    for cause in _chain(error):
        if (code := code_of(cause)) is not None and code in ANSWERS:
            name, meaning = ANSWERS[code]
            if not isinstance(meaning, No):
                return Transient(f"{doing}: {at} says {name}: {meaning.about}", meaning.doubt)
            return _refused(f"{name}, {_words(cause)}", meaning, at, doing)
        if _is_tls(cause):
            return _refused(f"TLS, {_words(cause)}", _TLS, at, doing)
    return Transient(f"{doing}: {at} did not answer, see that it runs ({_words(error)})")


def refusal_of(error: BaseException, doing: str, kafka: KafkaConnection | None = None) -> ContractViolation | None:
    """The stop that an error means, None when it means none."""
    found = error_of(error, doing, kafka)
    return found if isinstance(found, ContractViolation) else None


def code_of(error: BaseException) -> int | None:
    """The code on the wire of what Kafka has said; None if it has said nothing."""
    match error:
        case KafkaException(args=(KafkaError() as inner, *_)):
            return _code_of_librdkafka(inner)
        case aio.KafkaError():
            code = getattr(error, "errno", None)
            return code if isinstance(code, int) else _BY_CLASS.get(type(error))
    return None


def _code_of_librdkafka(error: KafkaError) -> int | None:
    """Its codes below -1 are its own."""
    code = int(error.code())
    if code == KafkaError._AUTHENTICATION and _MECHANISM in error.str():
        return _NO_MECHANISM
    return code if code >= -1 else _BY_LOCAL_CODE.get(code)


def _refused(quoted: str, no: No, at: str, doing: str) -> ContractViolation:
    return ContractViolation(f"{doing}: {at} refuses it ({quoted}): {no.to_do}", no.stop)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what it was raised from, the outermost first."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__


def _is_tls(error: BaseException) -> bool:
    match error:
        case KafkaException(args=(KafkaError() as inner, *_)):
            return inner.code() == KafkaError._SSL or _HANDSHAKE in inner.str()
    return isinstance(error, ssl.SSLError)


def _words(error: BaseException) -> str:
    match error:
        case KafkaException(args=(KafkaError() as inner, *_)):
            return str(inner.str())
    return str(error) or type(error).__name__
