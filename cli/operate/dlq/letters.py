"""The dead letters of the deployment that the settings name, and the options that choose among them."""

from typing import Annotated

import typer

from operations.redrive.redrive import Redrive
from schemas.dead_letters import Reason
from schemas.redrives import LetterId
from stream_app.bootstrap.deployment import deployment_of, topic_log
from stream_app.ports.dead_letters import Letter, read_letters
from stream_app.settings import Settings

Id = Annotated[LetterId, typer.Argument(parser=LetterId.parse, metavar="ID", help="PARTITION/OFFSET, as listed.")]
ReasonOption = Annotated[Reason | None, typer.Option(help="Only letters that were rejected for this reason.")]


def deployed() -> Redrive:
    """This deployment's events and dead letters."""
    deployment = deployment_of(Settings())
    return Redrive(deployment.kafka, deployment.topics)


def read_all(redrive: Redrive, reason: Reason | None = None) -> list[Letter]:
    """All its dead letters, or those that were rejected for one reason."""
    log = topic_log(redrive.kafka, redrive.topics.letters, whole=False)
    return [letter for letter in read_letters(log) if reason in (None, letter.rejection.reason)]
