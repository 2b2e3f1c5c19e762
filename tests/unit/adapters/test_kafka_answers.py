"""Each answer of Kafka is a definite no, with a stop, what was said and what to do, or something that may pass."""

import ssl

import pytest
from aiokafka import errors as aio
from confluent_kafka import KafkaError, KafkaException

from schemas.errors import MENDED_ELSEWHERE, ContractViolation, Transient
from stream_app.adapters.kafka.answers import ANSWERS, No
from stream_app.adapters.kafka.said import Heard, code_of, error_of
from stream_app.deployment import KafkaConnection

KAFKA = KafkaConnection("broker:9092")
DEFINITE = {
    "MESSAGE_TOO_LARGE",
    "INVALID_TIMESTAMP",
    "INVALID_SESSION_TIMEOUT",
    "TOPIC_AUTHORIZATION_FAILED",
    "GROUP_AUTHORIZATION_FAILED",
    "CLUSTER_AUTHORIZATION_FAILED",
    "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
    "UNSUPPORTED_SASL_MECHANISM",
    "SASL_AUTHENTICATION_FAILED",
    "UNKNOWN_TOPIC_OR_PARTITION",
    "INVALID_TRANSACTION_TIMEOUT",
    "FENCED_INSTANCE_ID",
    "INVALID_RECORD",
}
RETRIABLE = {code for code, kind in aio.kafka_errors.items() if kind.retriable} - {3}
"""As aiokafka has it, which also counts an unknown topic among them: it asks for ten seconds before it says so."""


@pytest.mark.parametrize("code", ANSWERS)
@pytest.mark.parametrize("library", ["aiokafka", "librdkafka"])
def test_every_answer_is_a_named_stop_that_quotes_it_or_a_doubt_that_names_it(code: int, library: str) -> None:
    name, meaning = ANSWERS[code]
    raised = aio.for_code(code)() if library == "aiokafka" else KafkaException(KafkaError(code))
    assert code_of(raised) == code
    error = error_of(raised, "publishing", KAFKA)
    assert str(error).startswith("publishing: Kafka at broker:9092 ")
    assert name in str(error)
    assert "did not answer" not in str(error)
    if isinstance(meaning, No):
        assert isinstance(error, ContractViolation)
        assert error.state in MENDED_ELSEWHERE
        assert meaning.to_do in str(error)
    else:
        assert isinstance(error, Transient)
        assert error.cause == meaning.doubt


def test_every_answer_that_either_library_knows_has_its_row() -> None:
    theirs = {getattr(KafkaError, name) for name in dir(KafkaError) if name.isupper() and not name.startswith("_")}
    never = set(range(116, 120)) | set(range(121, 129)) | set(range(130, 134))
    """About telemetry, share groups, streams groups and controllers: nothing here asks for those."""
    assert {code for code in theirs if isinstance(code, int)} - {0} - never == set(ANSWERS)
    assert aio.kafka_errors.keys() - {0} <= set(ANSWERS)


def test_what_a_client_may_try_again_is_never_a_definite_no() -> None:
    assert not [ANSWERS[code][0] for code in RETRIABLE if isinstance(ANSWERS[code][1], No)]


def test_what_only_a_person_can_change_is_a_definite_no() -> None:
    assert {name for name, meaning in ANSWERS.values() if isinstance(meaning, No)} >= DEFINITE


def test_an_answer_of_a_newer_broker_is_a_doubt_that_quotes_it() -> None:
    error = error_of(KafkaException(KafkaError(999)), "publishing", KAFKA)
    assert isinstance(error, Transient)
    assert "999" in str(error)


@pytest.mark.parametrize("silence", [TimeoutError(), OSError(111, "refused"), aio.KafkaConnectionError("no broker")])
def test_silence_is_called_silence(silence: Exception) -> None:
    error = error_of(silence, "publishing", KAFKA)
    assert isinstance(error, Transient)
    assert "did not answer, see that it runs" in str(error)


def test_the_answer_that_an_error_was_raised_from_is_told_apart() -> None:
    try:
        try:
            raise aio.TopicAuthorizationFailedError("alerts")
        except aio.KafkaError as inner:
            raise aio.KafkaError("Unexpected error during batch delivery") from inner
    except aio.KafkaError as error:
        found = error_of(error, "publishing", KAFKA)
    assert isinstance(found, ContractViolation)
    assert "TOPIC_AUTHORIZATION_FAILED" in str(found)


@pytest.mark.parametrize(
    ("heard", "named"),
    [
        (KafkaError(KafkaError._AUTHENTICATION, "Invalid username or password"), "SASL_AUTHENTICATION_FAILED"),
        (KafkaError(KafkaError._AUTHENTICATION, "Unsupported SASL mechanism: PLAIN"), "UNSUPPORTED_SASL_MECHANISM"),
        (KafkaError(KafkaError._SSL, "certificate verify failed"), "TLS, certificate verify failed"),
        (KafkaError(KafkaError._TRANSPORT, "SSL handshake failed: Disconnected"), "TLS, SSL handshake failed"),
    ],
)
def test_why_librdkafka_was_not_let_in_is_what_it_heard_beside_the_answer(heard: KafkaError, named: str) -> None:
    ears = Heard()
    ears(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    ears(heard)
    told = ears.cause_of(KafkaException(KafkaError(KafkaError._TRANSPORT, "Failed to get metadata")))
    error = error_of(told, "asking", KAFKA)
    assert isinstance(error, ContractViolation)
    assert error.state == "refused_by_kafka"
    assert named in str(error)


def test_a_certificate_that_is_not_trusted_is_a_definite_no() -> None:
    assert isinstance(error_of(ssl.SSLError(1, "certificate verify failed"), "asking", KAFKA), ContractViolation)
