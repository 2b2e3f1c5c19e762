"""What differs between two installations: read from the environment (CHURN_*), `.env` and the local stack's file."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from stream_app.wrong_settings import wrong_usage

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]

STACK_DIRECTORY = Path(".churn")
STACK_ENVIRONMENT = STACK_DIRECTORY / "stack.env"


class Settings(BaseSettings):
    """Every setting, its default and its meaning. A setting that is set to nothing is not set."""

    model_config = SettingsConfigDict(
        env_prefix="CHURN_", env_file=(STACK_ENVIRONMENT, ".env"), extra="ignore", hide_input_in_errors=True
    )

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - whatever was set
        """Raises WrongUsage when one is outside its bounds."""
        try:
            super().__init__(**given)
        except ValidationError as error:
            raise wrong_usage(error, type(self).model_fields) from None

    app_id: str = Field(
        "churn",
        pattern=r"^[a-z][a-z0-9_-]{0,62}$",
        description="Names the deployment: consumer group, Redis keys, transactional ids",
    )
    workload: str = Field("music", description="The kind of customer base; a deployment serves exactly one")
    kafka_bootstrap: str | None = Field(None, description="host:port of a running broker; unset: the local stack's")
    redis_url: str | None = Field(
        None, repr=False, description="redis:// or rediss://host:port/db of a running Redis; unset: the local stack's"
    )
    kafka_security_protocol: SecurityProtocol = Field("PLAINTEXT", description="How brokers are spoken to")
    kafka_sasl_mechanism: str | None = Field(
        None, description="PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER; for the SASL protocols"
    )
    kafka_username: str | None = Field(None, description="Who logs in to Kafka, with PLAIN or SCRAM")
    kafka_password: SecretStr | None = Field(None, description="Their password")
    kafka_password_file: Path | None = Field(None, description="A file that holds it, in its place")
    kafka_token_url: str | None = Field(
        None, repr=False, description="Where OAUTHBEARER has its tokens from (client credentials)"
    )
    kafka_token_client_id: str | None = Field(None, description="Who asks for tokens")
    kafka_token_client_secret: SecretStr | None = Field(None, description="Their secret")
    kafka_token_client_secret_file: Path | None = Field(None, description="A file that holds it, in its place")
    kafka_token_scope: str | None = Field(None, description="What tokens are asked for; unset: the default of the URL")
    kafka_token_ca_file: Path | None = Field(
        None, description="Authorities (PEM) that the token URL is checked against; unset: those of the system"
    )
    kafka_ca_file: Path | None = Field(
        None, description="Authorities (PEM) that brokers are checked against; unset: those of the system"
    )
    kafka_certificate_file: Path | None = Field(None, description="Own certificate (PEM), for mutual TLS with Kafka")
    kafka_key_file: Path | None = Field(None, description="Its key (PEM)")
    kafka_key_password: SecretStr | None = Field(None, description="What the key is encrypted with, if it is")
    kafka_key_password_file: Path | None = Field(None, description="A file that holds it, in its place")
    redis_username: str | None = Field(None, description="Who logs in to Redis; unset: the one in the URL, or default")
    redis_password: SecretStr | None = Field(None, description="Their password; unset: the one in the URL, or none")
    redis_password_file: Path | None = Field(None, description="A file that holds it, in its place")
    redis_ca_file: Path | None = Field(
        None, description="Authorities (PEM) that a rediss:// server is checked against; unset: those of the system"
    )
    redis_certificate_file: Path | None = Field(None, description="Own certificate (PEM), for mutual TLS with Redis")
    redis_key_file: Path | None = Field(None, description="Its key (PEM)")
    redis_key_password: SecretStr | None = Field(None, description="What the key is encrypted with, if it is")
    redis_key_password_file: Path | None = Field(None, description="A file that holds it, in its place")
    topic_prefix: str = Field(
        "",
        pattern=r"^[a-zA-Z0-9._-]{0,100}$",
        description="Put in front of every topic name, to keep deployments apart",
    )
    partitions: int = Field(
        8, ge=1, le=10_000, description="Partitions of the topics that `churn up` creates; fixed for life"
    )
    models_directory: Path = Field(Path("models"), description="Where the model artefacts stand")
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="Form of the worker's log; auto: for people on a terminal, JSON lines elsewhere"
    )
    web_host: str = Field("127.0.0.1", description="Address of the worker's probes and metrics")
    web_port: int = Field(6066, ge=1, le=65535, description="Port of the worker's probes and metrics")
    session_timeout_s: float = Field(30.0, gt=0, description="Without a heartbeat for so long a worker is given up")
    stop_within_s: float = Field(
        30.0, gt=0, description="A worker that is told to stop ends within so long, with exit code 1 if work is left"
    )
    instance_id: str | None = Field(
        None, description="Names a worker that keeps its partitions over a restart (static membership); unset: dynamic"
    )
    rejected_share: float = Field(
        0.2, gt=0, le=1, description="A partition stops when more of its latest 1,000 records were rejected"
    )
    trace_file: Path | None = Field(None, description="Where to write a hash of every vector and score; unset: nowhere")
    public_data: Path | None = Field(None, description="Directory of the public data sets; unset: tests skipped")

    @field_validator("*", mode="before")
    @classmethod
    def _nothing_is_unset(cls, value: Any, of: ValidationInfo) -> Any:  # noqa: ANN401 - whatever was set
        """So that a process can be told that it has no such setting, whatever `.env` says."""
        optional = of.field_name is not None and cls.model_fields[of.field_name].default is None
        return None if optional and value == "" else value
