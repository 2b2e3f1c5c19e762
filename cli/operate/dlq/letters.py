"""The dead letters of the deployment that the settings name, and the options that choose among them."""

from typing import Annotated

import typer

from operations.redrive.redrive import Redrive
from schemas.dead_letters import Reason
from schemas.redrives import LetterId
from schemas.topics import CUSTOMER_EVENTS, DEAD_LETTERS
from stream_app import bootstrap
from stream_app.adapters.kafka.dead_letter_topic import Letter, read_letters
from stream_app.adapters.kafka.topic_log import TopicLog
from stream_app.settings import Settings

Id = Annotated[LetterId, typer.Argument(parser=LetterId.parse, metavar="ID", help="PARTITION/OFFSET, as listed.")]
ReasonOption = Annotated[Reason | None, typer.Option(help="Only letters that were rejected for this reason.")]


def deployed() -> Redrive:
    """This deployment's events and dead letters."""
    settings = Settings()
    prefix, kafka = settings.topic_prefix, ",".join(bootstrap.brokers(settings))
    return Redrive(kafka, prefix + CUSTOMER_EVENTS.name, prefix + DEAD_LETTERS.name)


def read_all(between: Redrive, reason: Reason | None = None) -> list[Letter]:
    """All its dead letters, or those that were rejected for one reason."""
    log = TopicLog(between.bootstrap, between.letters, whole=False)
    return [letter for letter in read_letters(log) if reason in (None, letter.rejection.reason)]
