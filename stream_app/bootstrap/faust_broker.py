"""What Faust's app is told of the brokers, whose clients it makes itself."""

from typing import Any

from faust.auth import OAuthCredentials, SASLCredentials, SSLCredentials
from faust.types.auth import CredentialsT

from stream_app.adapters.kafka.connection import aiokafka_access
from stream_app.deployment import KafkaConnection


def faust_arguments(kafka: KafkaConnection) -> dict[str, Any]:
    """Where they are and how they let it in. Raises ContractViolation when the files of TLS cannot be used."""
    return {"broker": [f"kafka://{server}" for server in kafka.servers], "broker_credentials": _credentials(kafka)}


def _credentials(kafka: KafkaConnection) -> CredentialsT | None:
    access = aiokafka_access(kafka)
    context, tokens = access.get("ssl_context"), access.get("sasl_oauth_token_provider")
    if tokens is not None:
        return OAuthCredentials(oauth_cb=tokens, ssl_context=context)
    if kafka.login is not None:
        return SASLCredentials(
            username=access["sasl_plain_username"],
            password=access["sasl_plain_password"],
            ssl_context=context,
            mechanism=access["sasl_mechanism"],
        )
    return SSLCredentials(context) if context is not None else None
