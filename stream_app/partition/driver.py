"""Joins a session and its ports: carries out each effect and hands the reply back."""

from typing import Any

from stream_app.partition.effects import (
    Check,
    Claim,
    Commit,
    Effect,
    InspectLog,
    LoadStates,
    OpenDecisionLog,
    PublishAlerts,
    PublishDeadLetters,
    ReadAlerts,
    ReadDecisions,
    Receive,
    Report,
    Seek,
)
from stream_app.partition.ports import Ports
from stream_app.partition.session import Session


class Stopping(Exception):
    """Raised by a feed that was asked to stop: the batch before is committed, nothing is in flight."""


async def drive(session: Session, ports: Ports) -> None:
    """Run a session until its feed stops. Whatever else the ports or the session raise ends it and passes through."""
    protocol = session.run()
    try:
        effect = next(protocol)
        while True:
            effect = protocol.send(await carry_out(effect, session, ports))
    except Stopping:
        return
    finally:
        protocol.close()
        try:
            await ports.decisions.close()
        finally:
            await ports.states.close()


async def carry_out(effect: Effect[Any], session: Session, ports: Ports) -> Any:  # noqa: ANN401 - see Effect[Reply]
    """The port's reply to one effect. Raises whatever the port raises."""
    match effect:
        case Receive():
            return await ports.feed.receive()
        case LoadStates():
            return await ports.states.load(effect.users)
        case PublishDeadLetters():
            return await ports.decisions.publish_dead_letters(effect.letters, effect.front, session.token.hex())
        case PublishAlerts():
            return await ports.decisions.publish_alerts(effect.alerts)
        case Commit():
            return await ports.states.commit(effect)
        case Report():
            return ports.watcher.committed(session.partition, effect)
        case Check():
            return await ports.states.check(effect.token, effect.position)
        case Seek():
            return await ports.feed.seek(effect.position)
        case Claim():
            return await ports.states.claim(effect)
        case OpenDecisionLog():
            return await ports.decisions.open()
        case ReadDecisions():
            return await ports.decisions.read_back(effect.position, effect.rejected_from)
        case ReadAlerts():
            return await ports.decisions.read_alerts(effect.before)
        case InspectLog():
            return await ports.log.inspect(effect.offset)
    raise TypeError(f"no port carries out {effect!r}")
