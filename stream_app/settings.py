"""What differs between two installations: read from the environment (CHURN_*), `.env` and the local stack's file."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from stream_app.wrong_settings import wrong_usage

STACK_DIRECTORY = Path(".churn")
STACK_ENVIRONMENT = STACK_DIRECTORY / "stack.env"


class Settings(BaseSettings):
    """Every setting, its default and its meaning."""

    model_config = SettingsConfigDict(env_prefix="CHURN_", env_file=(STACK_ENVIRONMENT, ".env"), extra="ignore")

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
    redis_url: str | None = Field(None, description="redis://host:port/db of a running Redis; unset: the local stack's")
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
