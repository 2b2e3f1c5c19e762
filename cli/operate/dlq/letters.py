"""The dead letters of the deployment that the settings name, and the options that choose among them."""

from typing import Annotated, get_args

import typer

from cli.operate.dlq.letter_table import counted
from operations.redrive.redrive import Redrive
from schemas.dead_letters import RejectionReason
from schemas.redrives import LetterId
from stream_app.bootstrap.deployment import deployment_of, topic_log
from stream_app.core.features.plan import compile_workload
from stream_app.ports.dead_letters import Letter, read_letters
from stream_app.settings import Settings
from stream_app.workloads import workload_named

Id = Annotated[LetterId, typer.Argument(parser=LetterId.parse, metavar="ID", help="PARTITION/OFFSET, as listed.")]
ReasonOption = Annotated[
    str | None,
    typer.Option(
        metavar="REASON",
        help=f"Only letters that were rejected for this reason: {', '.join(get_args(RejectionReason))}.",
    ),
]


def deployed() -> Redrive:
    """This deployment's events and dead letters."""
    settings = Settings()
    deployment = deployment_of(settings)
    declared = compile_workload(workload_named(settings.workload)).declared
    return Redrive(deployment.kafka, deployment.topics, declared)


def read_all(redrive: Redrive, reason: str | None = None) -> list[Letter]:
    """All its dead letters, or those that were rejected for one reason, which may be one of another version.

    Raises BadParameter for a reason that neither this version nor any letter knows.
    """
    letters = list(read_letters(topic_log(redrive.kafka, redrive.topics.letters, whole=False)))
    known = [*get_args(RejectionReason), *counted(letters)]
    if reason not in (None, *known):
        raise typer.BadParameter(
            f"{reason!r} is no reason: choose one of {', '.join(dict.fromkeys(known))}", param_hint="--reason"
        )
    return [letter for letter in letters if reason in (None, letter.rejection.reason)]
