"""`churn bench foil`: a plain Faust agent under the same faults."""

from typing import Annotated

import typer

from cli.measure.bench.showing import say, show
from cli.options import AsJson
from proofs.foil import run as foils
from stream_app.settings import STACK_DIRECTORY


def foil(
    seconds: Annotated[float, typer.Option(min=5, help="How long events are sent and faults happen.")] = 60.0,
    seed: Annotated[int, typer.Option(help="Decides which faults happen when.")] = 1,
    rate: Annotated[float, typer.Option(min=100, help="Events a second.")] = 2_500.0,
    crashing: Annotated[
        bool, typer.Option(help="A failed agent ends its process and is replaced; Faust restarts it inside by default.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """What a plain Faust agent that keeps its state in Redis loses and doubles under the faults of `churn chaos`.

    The same load and, by the same seed, the same kills and pauses of workers, Redis and broker, on services of its own.
    Misrouted events, the rig's wipes, and what it does to single requests of the protocol, are spared.

    Example: churn bench foil --seconds 60 --seed 1 --json
    """
    jars = STACK_DIRECTORY / "kafka" / "libs"
    order = foils.FoilTrial(seconds=seconds, seed=seed, jars=jars, rate=rate, crashing=crashing)
    show(foils.run(order, say), as_json)
