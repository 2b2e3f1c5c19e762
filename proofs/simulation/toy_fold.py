"""A fold so small that a million schedules can be run. Its states show each event lost, doubled or out of order.

It obeys the rules that the session relies on: a record at or below a user's last one means a rewritten log, a decision
that was recorded is applied as recorded, poison and what was set aside is left out.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from schemas.dead_letters import RejectionReason
from schemas.errors import ContractViolation
from schemas.events import ControlData, ModelRef, Policy
from stream_app.core.blocks import Block
from stream_app.core.engine import Advance, InForce, Recorded
from stream_app.core.intake.events import Events
from stream_app.core.intake.outcome import DeadLetter, Intake
from stream_app.core.intake.sorting import set_aside

POISON: RejectionReason = "undecodable"
DIGEST = "toy"
_NO_EVENTS = Events()
_RING = 8
_POLICY = Policy(name="toy", version=1, enter=0.5, leave=0.5, critical=0.5, cooldown_s=0)


class ToyRecord(NamedTuple):
    """What a record of the log says. `kind` is event, poison or control; a control puts `number` in force."""

    kind: str
    user: str
    number: int


def encoded(said: ToyRecord) -> bytes:
    """The bytes of a record's value."""
    return f"{said.kind} {said.user} {said.number}".encode()


def decoded(value: bytes | None) -> ToyRecord:
    """What a record's value says."""
    kind, user, number = (value or b"").decode().split(" ")
    return ToyRecord(kind, user, int(number))


class ToyState(NamedTuple):
    """A user: `chain` hashes every applied event in order, `since` counts events since the last alert."""

    last_offset: int = -1
    chain: int = 0
    since: int = 0
    episode: int = 0
    ids: tuple[int, ...] = ()


class AlertSource(NamedTuple):
    """Where an alert comes from."""

    offset: int


class Decided(NamedTuple):
    """What the session and its log of decisions read of an alert, and who it is about."""

    src: AlertSource
    front: int
    user: str
    episode: int


class ToyAlert(NamedTuple):
    """Stands for an alert."""

    data: Decided


class ToyAdvance(NamedTuple):
    """Stands for what a run came to."""

    alerts: list[ToyAlert]


@dataclass
class ToyIntake(Intake):
    """A run of records whose events are in `said`, each with its offset."""

    said: list[tuple[int, ToyRecord]] = field(default_factory=list)


def control(number: int) -> ControlData:
    """A model: it alerts on every so many events of a user."""
    return ControlData(model=ModelRef(name="toy", version=f"{number}.0.0", sha256="0" * 64), policy=_POLICY)


CONTROLS = {number: control(number) for number in (3, 4, 5)}
IN_FORCE = {number: InForce(held, cast("Any", None), cast("Any", None), DIGEST) for number, held in CONTROLS.items()}
_NUMBER_OF = {held.model.version: number for number, held in CONTROLS.items()}


class ToyFold:
    """The fold of one version of the program: it `leans` to later alerts, and fails on the events with some ids."""

    state_digest = DIGEST

    def __init__(self, leans: int = 0, flaws: frozenset[int] = frozenset()) -> None:
        self._leans = leans
        self._flaws = flaws

    def put_in_force(self, held: ControlData) -> InForce:
        """The model of a control record."""
        return IN_FORCE[_NUMBER_OF[held.model.version]]

    def take_in(self, records: Block, barred: Collection[int]) -> Intake:
        """Sort out a run of records, up to the first control record that follows an event."""
        if int(records.offsets[0]) in barred:
            return set_aside(records[0], "before", "Poison")
        intake = ToyIntake(end_offset=int(records.offsets[-1]) + 1, events=_NO_EVENTS)
        for place, offset in enumerate(records.offsets.tolist()):
            said = decoded(records.value_at(place))
            if offset in barred or (said.kind == "control" and intake.said):
                intake.end_offset = offset
                break
            if said.kind == "control":
                intake.control = CONTROLS[said.number]
                intake.controls += 1
            elif said.kind == "poison":
                intake.dead.append(DeadLetter(records[place], POISON, "no event"))
            else:
                intake.said.append((offset, said))
        return intake

    def users(self, intake: Intake) -> list[str]:
        """The users of a run, in the order of their first events."""
        return list(dict.fromkeys(said.user for _, said in _events(intake)))

    def advance(
        self, intake: Intake, stored: Sequence[bytes | None], in_force: InForce | None, recorded: Recorded
    ) -> tuple[Advance, list[bytes]]:
        """Apply events; an alert after every so many events of a user, unless the decision is recorded."""
        users = self.users(intake)
        states = {user: cast("ToyState | None", state) or ToyState() for user, state in zip(users, stored, strict=True)}
        alerts: list[ToyAlert] = []
        every = _NUMBER_OF[in_force.control.model.version] + self._leans if in_force else 1 << 30
        for offset, said in _events(intake):
            if said.number in self._flaws:
                raise ZeroDivisionError("a flaw of this version")
            states[said.user] = self._applied(states[said.user], offset, said, every, recorded, alerts)
        return cast("Advance", ToyAdvance(alerts)), cast("list[bytes]", [states[user] for user in users])

    def _applied(
        self, state: ToyState, offset: int, said: ToyRecord, every: int, recorded: Recorded, alerts: list[ToyAlert]
    ) -> ToyState:
        if offset <= state.last_offset:
            raise ContractViolation("a record was read again", state="rewritten_log")
        if said.number in state.ids:
            return state._replace(last_offset=offset)
        since, episode = state.since + 1, state.episode
        fires = offset in recorded.alerts if offset <= recorded.front else since >= every
        if fires:
            since, episode = 0, episode + 1
            if offset > recorded.front:
                alerts.append(ToyAlert(Decided(AlertSource(offset), offset, said.user, episode)))
        chain = hash((state.chain, offset, said.number))
        return ToyState(offset, chain, since, episode, (*state.ids[1 - _RING :], said.number))


def _events(intake: Intake) -> list[tuple[int, ToyRecord]]:
    return intake.said if isinstance(intake, ToyIntake) else []
